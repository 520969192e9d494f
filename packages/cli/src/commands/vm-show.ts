/** `drover vm show` */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { vmPage } from '../logic/vm-view.ts';
import { act } from '../shell/act.ts';
import { printOne } from '../shell/print.ts';
import { examples, vmPath } from './options.ts';

export function addVmShow(vms: Command): void {
  const command = vms
    .command('show <vm>')
    .summary('one VM, all there is to know')
    .description('One VM, by name or id.');
  examples(command, ['drover vm show web', 'drover vm show web -o json']);
  act(command, async (session, { args: [name = ''] }) => {
    const vm = await session.client.get<api.VmBody>(vmPath(name));
    printOne(session, vm, { name: vm.name, page: vmPage(vm, Date.now()) });
    return exitCodes.done;
  });
}
