/** `drover vm set`: what of a VM can be changed. It counts from its next start on. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { UsageError } from '../logic/usage-error.ts';
import { cloudInitText } from '../logic/vm-view.ts';
import { act } from '../shell/act.ts';
import { type CloudInitFlags, readCloudInit } from '../shell/cloud-init-files.ts';
import { printOne } from '../shell/print.ts';
import { examples, vmPath, withCloudInit } from './options.ts';

export function addVmSet(vms: Command): void {
  const command = withCloudInit(vms.command('set <vm>'))
    .option('--no-cloud-init', 'it is told nothing any more')
    .summary('change what it is told at its next start')
    .description(
      'Changes what a VM is told at its next start; one that runs goes on as it is until then. What ' +
        'is given replaces all that it was told before. cloud-init takes a change for a new instance, ' +
        'and does again what it does once for each.',
    );
  examples(command, [
    'drover vm set web --cloud-init user.yaml --ssh-key ~/.ssh/id_ed25519.pub',
    'drover vm set web --no-cloud-init',
  ]);
  act<CloudInitFlags>(command, async (session, { args: [name = ''], options }) => {
    const cloudInit = readCloudInit(options);
    const isNone = options.cloudInit === false;
    if (isNone === (cloudInit !== undefined)) {
      throw new UsageError(
        isNone
          ? 'give --no-cloud-init alone'
          : 'say what to change: --cloud-init, --ssh-key, --hostname, --network-config, or --no-cloud-init',
      );
    }
    const body: api.VmChange = { cloudInit: cloudInit ?? null };
    const vm = await session.client.patch<api.VmBody>(vmPath(name), body);
    const told = vm.cloudInit === undefined ? 'nothing' : cloudInitText(vm.cloudInit);
    const when =
      vm.hostId === undefined ? 'at its next start' : 'once it was stopped and started again';
    printOne(session, vm, {
      name: vm.name,
      page: [oneLine(`${vm.name} is told ${when}: ${told}`)],
    });
    return exitCodes.done;
  });
}
