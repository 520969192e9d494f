/** `drover pool list|create` */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { parsePoolFlags, poolColumns, type PoolFlags } from '../logic/pool-view.ts';
import { act } from '../shell/act.ts';
import { type Items, printOne } from '../shell/print.ts';
import { listOrWatch } from '../shell/watch-list.ts';
import { examples, withWatch } from './options.ts';

export function addPoolList(pools: Command): void {
  const command = withWatch(pools.command('list').alias('ls'))
    .summary('all pools')
    .description('All pools. Whether a host reaches one is in “drover host show”.');
  examples(command, ['drover pool list']);
  act<{ watch?: boolean }>(command, (session, { options }) =>
    listOrWatch(session, options.watch === true, (nowMs) => ({
      columns: poolColumns(nowMs),
      nameOf: (pool: api.PoolBody) => pool.name,
      ifNone: 'There is no pool yet. Declare one with “drover pool create”.',
      read: (signal) => session.client.get<Items<api.PoolBody>>('/v1/pools', signal),
    })),
  );
}

export function addPoolCreate(pools: Command): void {
  const command = pools
    .command('create <name>')
    .summary('declare shared storage (admin)')
    .description(
      'Declares storage that hosts share. “shared”: a directory that is at the same path on ' +
        'every host already. “nfs”: mounted by the hosts. “nfs-direct”: QEMU’s own client.',
    )
    .requiredOption('--type <type>', 'shared, nfs or nfs-direct')
    .option('--path <path>', 'where it is, or is mounted, on each host')
    .option('--server <name>', 'NFS server')
    .option('--export <path>', 'what the server exports')
    .option('--nfs-version <version>', '4.1 or 4.2 (default 4.2)');
  examples(command, [
    'drover pool create vms --type shared --path /srv/vms',
    'drover pool create vms --type nfs --server nfs1 --export /vms \\\n      --path /srv/vms',
  ]);
  act<PoolFlags>(command, async (session, { args: [name = ''], options }) => {
    const body = parsePoolFlags(name, options);
    const pool = await session.client.post<api.PoolBody>('/v1/pools', body);
    const page = [`pool ${oneLine(pool.name)} is declared; the hosts take it up within seconds`];
    printOne(session, pool, { name: pool.name, page });
    return exitCodes.done;
  });
}
