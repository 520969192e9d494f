/** `drover pool list|show|create` */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { parseAlarm, parsePoolFlags, type PoolFlags, parseThin } from '../logic/pool-flags.ts';
import { poolColumns, poolPage } from '../logic/pool-view.ts';
import { act } from '../shell/act.ts';
import { printOne } from '../shell/print.ts';
import { listOrWatch } from '../shell/watch-list.ts';
import { collect, examples, withWatch } from './options.ts';

export function addPoolList(pools: Command): void {
  const command = withWatch(pools.command('list').alias('ls'))
    .summary('all pools')
    .description(
      'All pools with their room, what is promised of it, and how hosts find them. ' +
        '“drover pool show” has that for each host.',
    );
  examples(command, ['drover pool list']);
  act<{ watch?: boolean }>(command, (session, { options }) =>
    listOrWatch(session, options.watch === true, (nowMs) => ({
      columns: poolColumns(nowMs),
      nameOf: (pool: api.PoolBody) => pool.name,
      ifNone: 'There is no pool yet. Declare one with “drover pool create”.',
      read: (signal) => session.client.list('/v1/pools', { signal }),
    })),
  );
}

export function addPoolShow(pools: Command): void {
  const command = pools
    .command('show <pool>')
    .summary('one pool, on every host')
    .description(
      'One pool: how each host finds it and what is mounted there, room, how fast it fills up, what ' +
        'protects its disks, and what the last “drover pool doctor” found.',
    );
  examples(command, ['drover pool show vms', 'drover pool show vms -o json']);
  act(command, async (session, { args: [name = ''] }) => {
    const pool = await session.client.get('/v1/pools/{pool}', { path: { pool: name } });
    const { doctor } = pool;
    const asked = doctor === undefined ? '' : new Date(doctor.atMs).toISOString();
    const page = poolPage(pool, asked, session.terminal.paint);
    printOne(session, pool, { name: pool.name, page });
    return exitCodes.done;
  });
}

export function addPoolCreate(pools: Command): void {
  const command = pools
    .command('create <name>')
    .summary('declare storage (admin)')
    .description(
      'Declares storage. “shared”: a directory that hosts share at the same path already. “nfs”: ' +
        'mounted by the hosts. “nfs-direct”: QEMU’s own client, without locks. “local”: each host ' +
        'has a directory of its own; VMs on it do not move live.',
    )
    .requiredOption('--type <type>', 'shared, nfs, nfs-direct or local')
    .option('--path <path>', 'where it is, or is mounted, on each host')
    .option('--server <name>', 'NFS server')
    .option('--export <path>', 'what the server exports')
    .option('--nfs-version <version>', '4.1 or 4.2 (default 4.2)')
    .option('--mount-option <option>', 'such as nconnect=4; several times', collect, [])
    .option('--thin-limit <percent>', 'of the capacity that may be promised (400)', parseThin)
    .option('--alarm <percent>', 'of the capacity in use: tell people (85)', parseAlarm);
  examples(command, [
    'drover pool create vms --type shared --path /srv/vms',
    'drover pool create vms --type nfs --server nfs1 --export /vms \\\n      --path /srv/vms --mount-option nconnect=4',
    'drover pool create scratch --type local --path /var/lib/scratch',
  ]);
  act<PoolFlags>(command, async (session, { args: [name = ''], options }) => {
    const body = parsePoolFlags(name, options);
    const pool = await session.client.post('/v1/pools', { body });
    const page = [`pool ${oneLine(pool.name)} is declared; the hosts take it up within seconds`];
    printOne(session, pool, { name: pool.name, page });
    return exitCodes.done;
  });
}
