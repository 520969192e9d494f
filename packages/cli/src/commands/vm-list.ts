/** `drover vm list` */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { vmColumns } from '../logic/vm-view.ts';
import { act } from '../shell/act.ts';
import { listOrWatch } from '../shell/watch-list.ts';
import { examples, withWatch } from './options.ts';

export function addVmList(vms: Command): void {
  const command = withWatch(vms.command('list').alias('ls'))
    .summary('all VMs')
    .description('All VMs that Drover manages.');
  examples(command, [
    'drover vm list',
    'drover vm list --watch',
    'drover vm list -o json | jq -r \'.items[] | select(.hostId == "h2") | .name\'',
  ]);
  act<{ watch?: boolean }>(command, (session, { options }) =>
    listOrWatch(session, options.watch === true, (nowMs) => ({
      columns: vmColumns(nowMs),
      nameOf: (vm: api.VmBody) => vm.name,
      ifNone: 'There is no VM yet. Make one with “drover vm create”.',
      read: (signal) => session.client.list('/v1/vms', { signal }),
    })),
  );
}
