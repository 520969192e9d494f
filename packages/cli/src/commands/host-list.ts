/** `drover host list` */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { hostColumns } from '../logic/host-view.ts';
import { act } from '../shell/act.ts';
import { listOrWatch } from '../shell/watch-list.ts';
import { examples, withWatch } from './options.ts';

export function addHostList(hosts: Command): void {
  const command = withWatch(hosts.command('list').alias('ls'))
    .summary('all hosts')
    .description('All hosts, with what their VMs were promised of what may be given away.');
  examples(command, ['drover host list', 'drover host list -o wide --watch']);
  act<{ watch?: boolean }>(command, (session, { options }) =>
    listOrWatch(session, options.watch === true, () => ({
      columns: hostColumns,
      nameOf: (host: api.HostBody) => host.id,
      ifNone: 'No host has reported yet. Is an agent running, and pointed at the same NATS?',
      volatile: ['reportAgeMs', 'usage'],
      read: (signal) => session.client.list('/v1/hosts', { signal }),
    })),
  );
}
