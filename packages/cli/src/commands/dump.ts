/** `drover dump`: the cluster as text, as the leader sees it. */
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { act } from '../shell/act.ts';
import { examples } from './options.ts';

const waitMs = 60_000;

export function addDump(program: Command): void {
  const command = program
    .command('dump')
    .summary('the cluster as JSON, for a report or a plan elsewhere')
    .description(
      'Prints hosts, VMs, pools and what is under way as the leading scheduler sees them, as canonical JSON, one ' +
        'line for each: two dumps can be compared, and a dump belongs into the report of a fault. There are names ' +
        'and labels in it, and no secrets.',
    );
  examples(command, ['drover dump > cluster.json']);
  act(command, async ({ client, terminal }) => {
    const signal = AbortSignal.timeout(waitMs);
    const response = await client.open('get', '/v1/dump', { signal });
    const text = await response.text();
    terminal.raw(text.trimEnd().split('\n'));
    return exitCodes.done;
  });
}
