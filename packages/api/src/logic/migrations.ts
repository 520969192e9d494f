/** Migrations in flight: from the records; the progress is the leader's, and missing where that cannot be asked. */
import type { api, MigrationProgress, OperationRecord, RecordMirror } from '@drover/protocol';
import type { Progress } from './operations.ts';

export function listMigrations(
  records: RecordMirror,
  known: readonly MigrationProgress[] | undefined,
): readonly api.MigrationBody[] {
  const progress = progressById(known);
  return [...records.operations.values()]
    .map(({ value }) => value)
    .filter(isInFlight)
    .toSorted((a, b) => a.createdAtMs - b.createdAtMs || (a.id < b.id ? -1 : 1))
    .map((one) => migrationBody(one, progress.get(one.id)));
}

/** What they are listed by. */
export function startOf(records: RecordMirror, operationId: string): number {
  return records.operations.get(operationId)?.value.createdAtMs ?? 0;
}

/** Of the VM, by the operation that acts on it now. */
export function migrationOf(
  records: RecordMirror,
  vmId: string,
  known: readonly MigrationProgress[] | undefined,
): api.MigrationBody | undefined {
  const holder = records.assignments.get(vmId)?.value.operationId;
  const operation = records.operations.get(holder ?? '')?.value;
  if (operation === undefined || !isInFlight(operation)) return undefined;
  return migrationBody(operation, progressById(known).get(operation.id));
}

export function progressById(
  known: readonly MigrationProgress[] | undefined,
): ReadonlyMap<string, Progress> {
  return new Map((known ?? []).map((one) => [one.opId, progressBody(one)]));
}

type InFlight = OperationRecord &
  Required<Pick<OperationRecord, 'vmId' | 'vmName' | 'source' | 'target'>>;

/** One whose record does not say what goes from where to where is none that could be shown. */
function isInFlight(operation: OperationRecord): operation is InFlight {
  const { type, state, vmId, vmName, source, target } = operation;
  if (type !== 'migrate' || state !== 'running') return false;
  return ![vmId, vmName, source, target].includes(undefined);
}

function migrationBody(operation: InFlight, progress?: Progress): api.MigrationBody {
  const { id, vmId, vmName, source, target, step, mode } = operation;
  return {
    operationId: id,
    vmId,
    vmName,
    source,
    target,
    step,
    ...(mode === undefined ? {} : { mode }),
    ...(progress === undefined ? {} : { progress }),
  };
}

function progressBody({ v: _v, opId: _opId, vmId: _vmId, ...shown }: MigrationProgress): Progress {
  return shown;
}
