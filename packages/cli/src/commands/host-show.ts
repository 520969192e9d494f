/** `drover host show` */
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { hostPage } from '../logic/host-view.ts';
import { act } from '../shell/act.ts';
import { printOne } from '../shell/print.ts';
import { examples } from './options.ts';

export function addHostShow(hosts: Command): void {
  const command = hosts
    .command('show <host>')
    .summary('one host, all there is to know')
    .description('One host: state and why, versions, capacity, pools, VMs.');
  examples(command, ['drover host show h2', 'drover host show h2 -o json']);
  act(command, async (session, { args: [name = ''] }) => {
    const host = await session.client.get('/v1/hosts/{host}', { path: { host: name } });
    // Which VMs it carries is in another list; only people are shown it.
    const { items } =
      session.output === 'data' || session.output === 'name'
        ? { items: [] }
        : await session.client.list('/v1/vms');
    printOne(session, host, { name: host.id, page: hostPage(host, items) });
    return exitCodes.done;
  });
}
