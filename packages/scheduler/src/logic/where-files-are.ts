/**
 * What a VM's record keeps of its files, whatever else becomes of it: that they are not made yet, which host alone has
 * them, and where its memory is saved. Once it runs that memory is not what it remembers any more.
 */
import type { AssignmentRecord, RecordMirror } from '@drover/protocol';

/** Clones for a VM's disks are made when it first runs; those in a pool that each host has for itself are there. */
export function whereFilesAre(
  mirror: RecordMirror,
  vmId: string,
  owner: Pick<AssignmentRecord, 'hostId' | 'state'>,
): Pick<AssignmentRecord, 'filesHostId' | 'unmade' | 'saved'> {
  const { saved } = mirror.assignments.get(vmId)?.value ?? {};
  const memory = saved === undefined || owner.state === 'running' ? {} : { saved };
  return { ...memory, ...whichHasThem(mirror, vmId, owner) };
}

function whichHasThem(
  mirror: RecordMirror,
  vmId: string,
  { hostId, state }: Pick<AssignmentRecord, 'hostId' | 'state'>,
): Pick<AssignmentRecord, 'filesHostId' | 'unmade'> {
  const { disks = [] } = mirror.vmIntents.get(vmId)?.value.spec ?? {};
  const before = mirror.assignments.get(vmId)?.value;
  const hasClones = disks.some(({ image }) => image !== undefined);
  const isUnmade = hasClones && state !== 'running' && (!before || before.unmade === true);
  if (isUnmade) return { unmade: true };
  const isLocal = disks.some(({ pool }) => mirror.pools.get(pool)?.value.spec.type === 'local');
  if (hostId !== undefined && state === 'running' && isLocal) return { filesHostId: hostId };
  const known = before?.filesHostId;
  return known === undefined ? {} : { filesHostId: known };
}
