/** `drover cluster show`, `drover cluster era raise`: is anything decided, and the word that etcd was restored. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { clusterPage, eraQuestion } from '../logic/cluster-text.ts';
import { exitCodes } from '../logic/exit-code.ts';
import { parseCount } from '../logic/sizes.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import { printOne, tell } from '../shell/print.ts';
import { examples, withYes } from './options.ts';

const path = '/v1/cluster';

export function addClusterShow(cluster: Command): void {
  const command = cluster
    .command('show')
    .summary('is anything decided, and if not, why')
    .description(
      'Shows who leads, whether anything is decided, and if not, why and what helps; how often ' +
        'etcd was restored (its era); and records of etcd that cannot be read.',
    );
  examples(command, ['drover cluster show']);
  act(command, async (session) => {
    const body = await session.client.get(path);
    printOne(session, body, { name: 'cluster', page: clusterPage(body, Date.now()) });
    return exitCodes.done;
  });
}

interface RaiseFlags {
  readonly to?: number;
  readonly yes?: boolean;
}

export function addClusterEra(cluster: Command): void {
  const era = cluster.command('era').description('which of its lives etcd is in');
  const raise = withYes(
    era
      .command('raise')
      .option('--to <number>', 'this one, if you noted a higher one down', (text) =>
        parseCount(text, { what: 'era', least: 1, most: 500_000 }),
      ),
  )
    .summary('etcd was restored: believe the hosts')
    .description(
      'Says that etcd was restored from a backup (admin). Every host is then asked what it runs, ' +
        'and the records are made true by that; what was under way in the backup ends as failed. ' +
        'No VM is stopped or started by it. See docs/restore-etcd.md.',
    );
  examples(raise, ['drover cluster era raise', 'drover cluster era raise --to 3 --yes']);
  act<RaiseFlags>(raise, async (session, { options }) => {
    const known = await session.client.get(path);
    const to = options.to ?? known.nextEra;
    const { question, notes } = eraQuestion(known, to);
    tell(session, notes);
    if (!(await confirm(session, question, options.yes))) return exitCodes.cancelled;
    const wish: api.EraRaise = { era: to };
    const body = await session.client.post(`${path}/era`, { body: wish });
    printOne(session, body, {
      name: 'cluster',
      page: [
        `The era is ${body.era}: note it down somewhere else.`,
        'Every host is asked what it runs; see how far that is with: drover cluster show',
      ],
    });
    return exitCodes.done;
  });
}
