/** Where VMs were before drains moved them away: what a restore brings back. */
import type { RecordMirror } from '@drover/protocol';

/** By VM that a drain of this host moved away: the host. */
export function homesOf(mirror: RecordMirror, hostId: string): ReadonlyMap<string, string> {
  const homes = new Map<string, string>();
  for (const { value } of mirror.assignments.values()) {
    if (value.home === hostId && value.hostId !== hostId) homes.set(value.vmId, hostId);
  }
  return homes;
}
