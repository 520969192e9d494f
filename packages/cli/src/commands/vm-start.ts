/** `drover vm start` */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { act } from '../shell/act.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { examples, vmPath, withWait } from './options.ts';

export function addVmStart(vms: Command): void {
  const command = withWait(vms.command('start <vm>'))
    .summary('start it on the best host')
    .description('Starts a stopped VM on the best host.');
  examples(command, ['drover vm start web', 'drover vm start web --no-wait -o name']);
  act<FinishFlags>(command, (session, { args: [vm = ''], options }) =>
    finishOperation(session, options, () =>
      session.client.post<api.OperationBody>(`${vmPath(vm)}/start`),
    ),
  );
}
