/** `drover vm stop`: the power button; `--force` pulls the plug, and only by that word. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { examples, withWait, withYes } from './options.ts';

interface StopFlags extends FinishFlags {
  readonly force?: boolean;
  readonly yes?: boolean;
}

export function addVmStop(vms: Command): void {
  const command = withWait(
    withYes(
      vms.command('stop <vm>').option('--force', 'pull the plug: what is not on disk is lost'),
    ),
  )
    .summary('press its power button')
    .description(
      'Presses the power button and waits until the VM has shut itself down. It is never ' +
        'forced unless you say --force, which asks first.',
    );
  examples(command, ['drover vm stop web', 'drover vm stop web --force --yes']);
  act<StopFlags>(command, async (session, { args: [vm = ''], options }) => {
    const isForced = options.force === true;
    const question = `Pull the plug of ${oneLine(vm)}? What it has not written to its disks is lost.`;
    if (isForced && !(await confirm(session, question, options.yes))) return exitCodes.cancelled;
    const body: api.VmStop = { mode: isForced ? 'force' : 'graceful' };
    return finishOperation(session, options, () =>
      session.client.post('/v1/vms/{vm}/stop', { path: { vm }, body }),
    );
  });
}
