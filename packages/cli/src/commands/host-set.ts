/** `drover host set`: the labels that people give a host. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { pairs } from '../logic/host-view.ts';
import { UsageError } from '../logic/usage-error.ts';
import { parseLabels } from '../logic/vm-flags.ts';
import { act } from '../shell/act.ts';
import { printOne } from '../shell/print.ts';
import { collect, examples } from './options.ts';

interface SetFlags {
  readonly label: readonly string[] | false;
}

export function addHostSet(hosts: Command): void {
  const command = hosts
    .command('set <host>')
    .summary('set its labels: rules, racks and zones go by them')
    .description(
      'Sets the labels that people give a host, all of them; those of its own configuration stay. ' +
        'The labels “rack” and “zone” say where it stands.',
    )
    .option('-l, --label <key=value>', 'repeatable', collect, [])
    .option('--no-label', 'take all labels away that people gave it');
  examples(command, ['drover host set h1 -l zone=a -l rack=a3', 'drover host set h1 --no-label']);
  act<SetFlags>(command, async (session, { args: [name = ''], options }) => {
    const given = options.label === false ? [] : options.label;
    if (options.label !== false && given.length === 0) {
      throw new UsageError('give --label KEY=VALUE, or --no-label');
    }
    const body: api.HostChange = { labels: parseLabels(given) };
    const host = await session.client.patch('/v1/hosts/{host}', { path: { host: name }, body });
    const labels = pairs(host.labels);
    const page = [
      oneLine(`${host.id} has ${labels === '' ? 'no labels' : `the labels ${labels}`}`),
    ];
    printOne(session, host, { name: host.id, page });
    return exitCodes.done;
  });
}
