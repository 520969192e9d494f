/** `drover vm start`, which never throws saved memory away by itself, and `drover vm resume`. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { examples, withWait, withYes } from './options.ts';

interface StartFlags extends FinishFlags {
  readonly discardSaved?: boolean;
  readonly yes?: boolean;
}

export function addVmStart(vms: Command): void {
  const command = withWait(
    withYes(
      vms
        .command('start <vm>')
        .option('--discard-saved', 'boot; its saved memory is lost. Asks first'),
    ),
  )
    .summary('start it on the best host')
    .description(
      'Starts a stopped VM on the best host. One that is saved goes on from its memory, and boots ' +
        'only with --discard-saved.',
    );
  examples(command, [
    'drover vm start web',
    'drover vm start web --no-wait -o name',
    'drover vm start web --discard-saved',
  ]);
  act<StartFlags>(command, async (session, { args: [vm = ''], options }) => {
    const discards = options.discardSaved === true;
    const question = `Boot ${oneLine(vm)}? What its saved memory holds is lost.`;
    if (discards && !(await confirm(session, question, options.yes))) return exitCodes.cancelled;
    const body: api.VmStart = discards ? { discardSaved: true } : {};
    return finishOperation(session, options, () =>
      session.client.post('/v1/vms/{vm}/start', { path: { vm }, body }),
    );
  });
}

export function addVmResume(vms: Command): void {
  const command = withWait(vms.command('resume <vm>'))
    .summary('let a saved VM go on')
    .description(
      'Lets a saved VM go on from its memory, on any host that fits: one with a like accelerator ' +
        'and no older QEMU, that reaches its pools.',
    );
  examples(command, ['drover vm resume web']);
  act<FinishFlags>(command, (session, { args: [vm = ''], options }) =>
    finishOperation(session, options, () =>
      session.client.post('/v1/vms/{vm}/resume', { path: { vm } }),
    ),
  );
}
