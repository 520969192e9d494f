/**
 * Saved memory is never passed over: as long as a record has some nothing boots the VM, and the record loses it only where
 * the VM runs, where it was found to be used, or by a person's word.
 */
import type { AssignmentRecord, OperationRecord } from '@drover/protocol';
import type { Checker } from './checker.ts';
import { recordsOf } from './records.ts';

export const savedMemoryKept: Checker = {
  name: 'saved-memory-kept',
  committed({ changes }, { records }) {
    for (const change of changes) {
      const started = recordsOf<OperationRecord>(change, 'operation')?.after;
      const vmId = started?.vmId ?? '';
      if (started?.step === 'start' && records.assignments.get(vmId)?.saved !== undefined) {
        return `${vmId} boots for ${started.id} though its memory is saved`;
      }
      const { before, after } = recordsOf<AssignmentRecord>(change, 'assignment') ?? {};
      if (before?.saved === undefined || after === undefined || after.saved !== undefined) continue;
      if (after.state === 'running' || after.state === 'crashed') continue;
      const request = records.requests.get(after.operationId ?? '');
      if (request?.type === 'start' && request.discardSaved === true) continue;
      return `the saved memory of ${after.vmId} is forgotten, and it is ${after.state}`;
    }
    return undefined;
  },
};
