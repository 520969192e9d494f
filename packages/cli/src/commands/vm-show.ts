/** `drover vm show` */
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { cloudInitPage, vmPage } from '../logic/vm-view.ts';
import { act } from '../shell/act.ts';
import { printOne } from '../shell/print.ts';
import { examples } from './options.ts';

export function addVmShow(vms: Command): void {
  const command = vms
    .command('show <vm>')
    .summary('one VM, all there is to know')
    .description('One VM, by name or id.')
    .option('--with-cloud-init', 'its user data too, which may hold passwords (admin)');
  examples(command, ['drover vm show web', 'drover vm show web -o json']);
  act<{ withCloudInit?: boolean }>(command, async (session, { args: [name = ''], options }) => {
    const query = options.withCloudInit === true ? { include: 'cloud-init' as const } : {};
    const vm = await session.client.get('/v1/vms/{vm}', { path: { vm: name }, query });
    const page = [...vmPage(vm, Date.now()), ...cloudInitPage(vm)];
    printOne(session, vm, { name: vm.name, page });
    return exitCodes.done;
  });
}
