/** `drover status`: the cluster on one screen. */
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { type Overview, statusText } from '../logic/status-text.ts';
import { act } from '../shell/act.ts';
import { printData } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import { examples } from './options.ts';

const recent = '50';

export function addStatus(program: Command): void {
  const command = program
    .command('status')
    .summary('the cluster on one screen')
    .description('The cluster on one screen: what needs attention, hosts, VMs, what is under way.');
  examples(command, ['drover status', 'watch -n 2 drover status']);
  act(command, async (session) => {
    const overview = await read(session);
    if (session.output === 'data') printData(session, overview);
    else if (session.output === 'name')
      session.terminal.out(overview.hosts.map(({ id }) => oneLine(id)));
    else session.terminal.out(statusText(overview, session.terminal.paint));
    return exitCodes.done;
  });
}

async function read({ client }: Session): Promise<Overview> {
  const [cluster, hosts, vms, migrations, operations, pools, headroom] = await Promise.all([
    client.get('/v1/cluster'),
    client.list('/v1/hosts'),
    client.list('/v1/vms'),
    client.list('/v1/migrations'),
    client.get('/v1/operations', { query: { limit: recent } }),
    client.list('/v1/pools'),
    // Only the leader knows it, and the rest is told without one.
    client.get('/v1/cluster/headroom').catch(() => undefined),
  ]);
  return {
    cluster,
    hosts: hosts.items,
    vms: vms.items,
    migrations: migrations.items,
    operations: operations.items,
    pools: pools.items,
    ...(headroom === undefined ? {} : { headroom }),
  };
}
