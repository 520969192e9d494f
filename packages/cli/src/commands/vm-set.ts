/** `drover vm set`: what of a VM can be changed: its labels and its balance at once, what it is told from its next start on. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { pairs } from '../logic/host-view.ts';
import { UsageError } from '../logic/usage-error.ts';
import { vmBalanceText } from '../logic/vm-balance.ts';
import { parseLabels } from '../logic/vm-flags.ts';
import { cloudInitText } from '../logic/vm-view.ts';
import { act } from '../shell/act.ts';
import { type CloudInitFlags, readCloudInit } from '../shell/cloud-init-files.ts';
import { printOne } from '../shell/print.ts';
import { type BalanceFlags, collect, examples, withBalance, withCloudInit } from './options.ts';

interface SetFlags extends CloudInitFlags, BalanceFlags {
  readonly label: readonly string[] | false;
}

export function addVmSet(vms: Command): void {
  const command = withCloudInit(withBalance(vms.command('set <vm>')))
    .option('--no-cloud-init', 'it is told nothing any more')
    .option('-l, --label <key=value>', 'all its labels become these (repeatable)', collect, [])
    .option('--no-label', 'take all its labels away')
    .summary('change its labels, its balance, or what it is told at its next start')
    .description(
      'Changes the labels of a VM, at once: rules go by them, and nothing moves. Whether it is moved ' +
        'for balance, at once as well; drains, rules and people move it all the same. And what it is told ' +
        'at its next start; one that runs goes on as it is until then. What is given replaces all ' +
        'that there was before. cloud-init takes a change for a new instance, ' +
        'and does again what it does once for each.',
    );
  examples(command, [
    'drover vm set web --cloud-init user.yaml --ssh-key ~/.ssh/id_ed25519.pub',
    'drover vm set web --no-cloud-init',
    'drover vm set web -l tier=web -l team=shop',
    'drover vm set web --balance never',
  ]);
  act<SetFlags>(command, async (session, { args: [name = ''], options }) => {
    const labels = labelsOf(options);
    const cloudInit = readCloudInit(options);
    const isNone = options.cloudInit === false;
    if (isNone && cloudInit !== undefined) throw new UsageError('give --no-cloud-init alone');
    const { balance } = options;
    if (!isNone && [cloudInit, labels, balance].every((one) => one === undefined)) {
      throw new UsageError(
        'say what to change: --label, --balance, --cloud-init, --ssh-key, --hostname, --network-config, or --no-cloud-init',
      );
    }
    const isTold = isNone || cloudInit !== undefined;
    const body: api.VmChange = {
      ...(isTold ? { cloudInit: cloudInit ?? null } : {}),
      ...(labels === undefined ? {} : { labels }),
      ...(balance === undefined ? {} : { balance }),
    };
    const vm = await session.client.patch('/v1/vms/{vm}', { path: { vm: name }, body });
    const told = vm.cloudInit === undefined ? 'nothing' : cloudInitText(vm.cloudInit);
    const when =
      vm.hostId === undefined ? 'at its next start' : 'once it was stopped and started again';
    printOne(session, vm, {
      name: vm.name,
      page: [
        ...(labels === undefined ? [] : [oneLine(`${vm.name} has ${labelText(vm)}`)]),
        ...(balance === undefined
          ? []
          : [oneLine(`${vm.name} is ${vmBalanceText(vm.spec.balance)}`)]),
        ...(isTold ? [oneLine(`${vm.name} is told ${when}: ${told}`)] : []),
      ],
    });
    return exitCodes.done;
  });
}

/** Nothing: they stay as they are. */
function labelsOf({ label }: SetFlags): Record<string, string> | undefined {
  if (label === false) return {};
  return label.length === 0 ? undefined : parseLabels(label);
}

function labelText({ spec }: api.VmBody): string {
  const labels = pairs(spec.labels);
  return labels === '' ? 'no labels' : `the labels ${labels}`;
}
