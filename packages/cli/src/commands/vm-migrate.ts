/** `drover vm migrate`: live; or cold, which is shut down and started elsewhere, and only by a yes. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { movePlanText } from '../logic/move-plan-text.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { printData, tell } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import { examples, type MigrationFlags, withMigration, withWait, withYes } from './options.ts';

interface MigrateFlags extends FinishFlags, MigrationFlags {
  readonly to?: string;
  readonly dryRun?: boolean;
  readonly cold?: boolean;
  readonly yes?: boolean;
}

export function addVmMigrate(vms: Command): void {
  const command = withWait(
    withYes(
      withMigration(
        vms
          .command('migrate <vm>')
          .option('--to <host>', 'this host; otherwise the best one')
          .option('-n, --dry-run', 'only ask both hosts whether it can, and why not')
          .option('--cold', 'shut it down and start it there; asks first'),
      ),
    ),
  )
    .summary('move a running VM live')
    .description(
      'Moves a running VM to another host, live. Before anything moves both hosts are asked; ' +
        'what is in the way is told with what helps, and all of it at once with --dry-run. If it ' +
        'fails, the VM runs on where it was.\n\nWith --cold it is shut down, never forced, and ' +
        'started on the other host; of a VM that is off only the host changes where it starts next.\n\n' +
        'Ctrl-C detaches; “drover migration abort” aborts.',
    );
  examples(command, [
    'drover vm migrate web',
    'drover vm migrate web --to h3 --dry-run',
    'drover vm migrate web --to h3',
    'drover vm migrate db --migration must-finish',
    'drover vm migrate web --cold',
  ]);
  act<MigrateFlags>(command, async (session, { args: [vm = ''], options }) => {
    const { to, migration, cold } = options;
    if (cold === true && migration !== undefined) {
      throw new UsageError('give one of --cold and --migration: a cold move copies no memory');
    }
    const body: api.VmMigrate = {
      ...(to === undefined ? {} : { target: to }),
      ...(migration === undefined ? {} : { migration }),
      ...(cold === true ? { cold } : {}),
    };
    if (options.dryRun === true) return showPlan(session, vm, options, body);
    const question = `Shut down ${oneLine(vm)}, if it runs, and start it on ${to === undefined ? 'another host' : oneLine(to)}?`;
    if (cold === true && !(await confirm(session, question, options.yes))) {
      return exitCodes.cancelled;
    }
    return finishOperation(session, options, () =>
      session.client.post('/v1/vms/{vm}/migrate', { path: { vm }, body }),
    );
  });
}

/** What cannot be is refused, as the move itself would be. */
async function showPlan(
  session: Session,
  vm: string,
  { cold }: MigrateFlags,
  body: api.VmMigrate,
): Promise<ExitCode> {
  if (cold === true) throw new UsageError('give one of --dry-run and --cold');
  const plan = await session.client.plan('post', '/v1/vms/{vm}/migrate', { path: { vm }, body });
  if (session.output === 'data') printData(session, plan);
  else tell(session, movePlanText(plan));
  if (!plan.checked) return exitCodes.unavailable;
  return plan.target === undefined ? exitCodes.refused : exitCodes.done;
}
