/** `drover vm delete`: stopped VMs only; asks first. */
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { examples, withWait, withYes } from './options.ts';

export function addVmDelete(vms: Command): void {
  const command = withWait(withYes(vms.command('delete <vm>').alias('rm')))
    .summary('remove a stopped VM and its thin clones')
    .description(
      'Removes a stopped VM, and the thin clones that were made for it. Volumes that were there ' +
        'before it stay.',
    );
  examples(command, ['drover vm stop web && drover vm delete web', 'drover vm delete web --yes']);
  act<FinishFlags & { yes?: boolean }>(command, async (session, { args: [vm = ''], options }) => {
    const question = `Delete ${oneLine(vm)} and the thin clones that were made for it?`;
    if (!(await confirm(session, question, options.yes))) return exitCodes.cancelled;
    return finishOperation(session, options, () =>
      session.client.delete('/v1/vms/{vm}', { path: { vm } }),
    );
  });
}
