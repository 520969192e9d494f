/** `drover vm reboot|pause|unpause` */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { printOne } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import { examples, withWait, withYes } from './options.ts';

interface RebootFlags extends FinishFlags {
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

export function addVmReboot(vms: Command): void {
  const command = withWait(
    withYes(
      vms
        .command('reboot <vm>')
        .option('--force', 'press its reset button: nothing in it is asked')
        .option('-n, --dry-run', 'only say what would be done'),
    ),
  )
    .summary('press its power button, and start it again')
    .description(
      'Presses the power button, and starts the VM again once it has shut itself down; it stays on ' +
        'its host. It is never forced unless you say --force, which asks first.',
    );
  examples(command, ['drover vm reboot web', 'drover vm reboot web --force --yes']);
  act<RebootFlags>(command, async (session, { args: [vm = ''], options }) => {
    const isForced = options.force === true;
    const body: api.VmReboot = { mode: isForced ? 'force' : 'graceful' };
    const route = '/v1/vms/{vm}/reboot';
    const asked = { path: { vm }, body };
    if (options.dryRun === true) {
      return showAction(session, await session.client.plan('post', route, asked));
    }
    const question = `Reset ${oneLine(vm)}? What it has not written to its disks is lost.`;
    if (isForced && !(await confirm(session, question, options.yes))) return exitCodes.cancelled;
    return finishOperation(session, options, () => session.client.post(route, asked));
  });
}

export function addVmPause(vms: Command): void {
  const command = withWait(
    vms.command('pause <vm>').option('-n, --dry-run', 'only say what would be done'),
  )
    .summary('let it stand still, its memory as it is')
    .description(
      'Lets the vCPUs of a VM stand still. It keeps its memory and its place, and nothing but ' +
        '“drover vm unpause” lets it run on: no drain and no balance moves it.',
    );
  examples(command, ['drover vm pause web', 'drover vm unpause web']);
  act<FinishFlags & { dryRun?: boolean }>(command, (session, { args: [vm = ''], options }) =>
    perform(session, '/v1/vms/{vm}/pause', vm, options),
  );
}

export function addVmUnpause(vms: Command): void {
  const command = withWait(
    vms.command('unpause <vm>').option('-n, --dry-run', 'only say what would be done'),
  )
    .summary('let it run on after a pause')
    .description('Lets a VM run on where “drover vm pause” let it stand still.');
  examples(command, ['drover vm unpause web']);
  act<FinishFlags & { dryRun?: boolean }>(command, (session, { args: [vm = ''], options }) =>
    perform(session, '/v1/vms/{vm}/unpause', vm, options),
  );
}

async function perform(
  session: Session,
  route: '/v1/vms/{vm}/pause' | '/v1/vms/{vm}/unpause',
  vm: string,
  flags: FinishFlags & { readonly dryRun?: boolean },
): Promise<ExitCode> {
  const path = { vm };
  if (flags.dryRun === true) {
    return showAction(session, await session.client.plan('post', route, { path }));
  }
  return finishOperation(session, flags, () => session.client.post(route, { path }));
}

/** What would be refused is refused here as well. */
export function showAction(session: Session, plan: api.VmActionPlan): ExitCode {
  const where = plan.hostId === undefined ? '' : ` on ${plan.hostId}`;
  const page = [oneLine(`${plan.vmName}${where}: ${plan.what}`)];
  printOne(session, plan, { name: plan.vmName, page });
  return exitCodes.done;
}
