/** `drover vm rename|clone`: another name for a VM, and a new one like it. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { failedText } from '../logic/ended-text.ts';
import { type ExitCode, exitCodeOfOperation, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { act } from '../shell/act.ts';
import type { FinishFlags } from '../shell/finish-operation.ts';
import { beginWaiting, followOperation } from '../shell/follow-operation.ts';
import { printOne } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import { examples, withWait } from './options.ts';
import { showAction } from './vm-power.ts';

export function addVmRename(vms: Command): void {
  const command = vms
    .command('rename <vm> <name>')
    .summary('another name for a stopped VM')
    .description(
      'Gives a stopped VM another name; libvirt renames none that runs. Its id, disks, addresses and ' +
        'rules stay, and so does what it calls itself inside.',
    )
    .option('-n, --dry-run', 'only say whether it can be');
  examples(command, ['drover vm rename web shop']);
  act<{ dryRun?: boolean }>(
    command,
    async (session, { args: [former = '', name = ''], options }) => {
      const route = '/v1/vms/{vm}/rename';
      const asked = { path: { vm: former }, body: { name } };
      if (options.dryRun === true) {
        return showAction(session, await session.client.plan('post', route, asked));
      }
      const vm = await session.client.post(route, asked);
      const page = [oneLine(`${former} is called ${vm.name} now`)];
      printOne(session, vm, { name: vm.name, page });
      return exitCodes.done;
    },
  );
}

const cloneRoute = '/v1/vms/{vm}/clone';

interface CloneFlags extends FinishFlags {
  readonly start?: boolean;
  readonly dryRun?: boolean;
}

export function addVmClone(vms: Command): void {
  const command = withWait(
    vms
      .command('clone <vm> <name>')
      .option('--start', 'start it, once its disks are there')
      .option('-n, --dry-run', 'only say what would be copied'),
  )
    .summary('a new VM like a stopped one, on copies of its disks')
    .description(
      'Makes a VM like a stopped one: its size, networks, labels and what it is told at its first ' +
        'boot, with addresses of its own, on full copies of its disks. The copies are volumes, NAME-0 ' +
        'and so on, and stay when the VM is deleted. What is inside a disk is not changed: hostnames ' +
        'and keys in it are the same in both.',
    );
  examples(command, ['drover vm clone web web2', 'drover vm clone web web2 --start']);
  act<CloneFlags>(command, async (session, { args: [vm = '', name = ''], options }) => {
    const body: api.VmClone = { name, ...(options.start === true ? { start: true } : {}) };
    const asked = { path: { vm }, body };
    if (options.dryRun === true) {
      return showAction(session, await session.client.plan('post', cloneRoute, asked));
    }
    return clone(session, asked, options);
  });
}

async function clone(
  session: Session,
  asked: { readonly path: { readonly vm: string }; readonly body: api.VmClone },
  flags: CloneFlags,
): Promise<ExitCode> {
  const waiting = beginWaiting(session, flags);
  try {
    const { vm, operations } = await session.client.post(cloneRoute, asked);
    if (!flags.wait) {
      const ids = operations.map(({ id }) => id).join(', ');
      const page = [oneLine(`${vm.name} is being made: operations ${ids}`)];
      printOne(session, vm, { name: vm.name, page });
      return exitCodes.done;
    }
    for (const begun of operations) {
      const followed = await followOperation(session, waiting, begun);
      if (followed.type === 'left') return followed.exitCode;
      const { operation } = followed;
      if (operation.state === 'succeeded') continue;
      session.terminal.err(failedText(operation));
      session.terminal.err([oneLine(`${vm.name} is not whole: drover vm delete ${vm.name}`)]);
      return exitCodeOfOperation(operation);
    }
    const now = await session.client.get('/v1/vms/{vm}', { path: { vm: vm.id } });
    const where = now.hostId === undefined ? 'is there, and stopped' : `runs on ${now.hostId}`;
    printOne(session, now, { name: now.name, page: [oneLine(`${now.name} ${where}`)] });
    return exitCodes.done;
  } finally {
    waiting.end();
  }
}
