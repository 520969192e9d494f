/** `drover pool set|delete`: limits of a pool, and its end. */
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { limitsOf, parseAlarm, type PoolFlags, parseThin } from '../logic/pool-flags.ts';
import { limitsText } from '../logic/pool-view.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import { printOne } from '../shell/print.ts';
import { examples, withYes } from './options.ts';

export function addPoolSet(pools: Command): void {
  const command = pools
    .command('set <pool>')
    .summary('change its limits (admin)')
    .description(
      'Changes how much of a pool may be promised to thin disks, and from which use on people are ' +
        'told. What it is cannot be changed: declare another one.',
    )
    .option('--thin-limit <percent>', 'of the capacity that may be promised', parseThin)
    .option('--alarm <percent>', 'of the capacity in use: tell people', parseAlarm);
  examples(command, ['drover pool set vms --alarm 90', 'drover pool set vms --thin-limit 200']);
  act<Pick<PoolFlags, 'thinLimit' | 'alarm'>>(
    command,
    async (session, { args: [name = ''], options }) => {
      const change = limitsOf(options);
      if (Object.keys(change).length === 0) throw new UsageError('give --thin-limit or --alarm');
      const pool = await session.client.patch('/v1/pools/{pool}', {
        path: { pool: name },
        body: change,
      });
      const page = [`pool ${oneLine(pool.name)}: ${limitsText(pool)}`];
      printOne(session, pool, { name: pool.name, page });
      return exitCodes.done;
    },
  );
}

export function addPoolDelete(pools: Command): void {
  const command = withYes(pools.command('delete <pool>').alias('rm'))
    .summary('declare it no longer; no file goes (admin)')
    .description(
      'Takes a declaration back. Nothing may lie in the pool. Hosts stop and undefine the libvirt ' +
        'pool that Drover has defined there; one that was there before stays. No file is deleted.',
    );
  examples(command, ['drover pool delete scratch', 'drover pool delete scratch --yes']);
  act<{ yes?: boolean }>(command, async (session, { args: [name = ''], options }) => {
    const question = `Declare pool ${oneLine(name)} no longer? No file in it is deleted.`;
    if (!(await confirm(session, question, options.yes))) return exitCodes.cancelled;
    const pool = await session.client.delete('/v1/pools/{pool}', { path: { pool: name } });
    const page = [`pool ${oneLine(pool.name)} is declared no longer; hosts let go of it`];
    printOne(session, pool, { name: pool.name, page });
    return exitCodes.done;
  });
}
