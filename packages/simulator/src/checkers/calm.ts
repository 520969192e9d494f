/**
 * What must be so some time after everything that was broken has been mended: all operations have ended,
 * nobody who was acknowledged waits, and the records say what libvirt runs.
 */
import { isOpen, type Truth } from './truth.ts';

/** What is still not so; empty when all is well. */
export function unsettled(truth: Truth, acknowledged: ReadonlySet<string>): readonly string[] {
  const { hosts, records, byHand, lies } = truth;
  const wrong: string[] = [];
  for (const operation of records.operations.values()) {
    if (isOpen(operation)) {
      const { id, type, state, step } = operation;
      wrong.push(`operation ${id} (${type}) is ${state} at ${step}`);
    }
  }
  for (const id of records.requests.keys()) {
    if (!records.operations.has(id)) wrong.push(`request ${id} has no operation`);
  }
  for (const id of acknowledged) {
    const isKnown = records.operations.has(id) || records.forgotten.has(id);
    if (!isKnown) wrong.push(`request ${id} was acknowledged, and is lost`);
  }
  for (const host of hosts) {
    for (const { vmId, name, state } of host.copies) {
      const owner = records.assignments.get(vmId);
      // Its host had called it gone: so a person deleted it, or a migration left it there.
      const isLeft = !records.vms.has(vmId) || (state !== 'running' && owner?.hostId !== host.id);
      if (lies.get(host.id)?.has(vmId) && isLeft) continue;
      // Stopped by its record, and running where a person put it: that is said, and left to them.
      if (byHand.has(vmId) && owner?.hostId === undefined && owner?.state !== 'crashed') continue;
      if (owner?.hostId !== host.id) {
        wrong.push(
          `${name} is ${state} on ${host.id}, and belongs to ${owner?.hostId ?? 'nobody'}`,
        );
      } else if (state !== 'running' && !(state === 'paused' && owner.state === 'paused')) {
        wrong.push(`${name} is ${state} on ${host.id}, not running`);
      }
    }
  }
  for (const { vmId, hostId, state } of records.assignments.values()) {
    if (hostId === undefined) continue;
    const host = hosts.find(({ id }) => id === hostId);
    const copy = host?.copies.find((one) => one.vmId === vmId);
    const isPaused = state === 'paused' && copy?.state === 'paused';
    if ((state !== 'running' && !isPaused) || copy === undefined) {
      wrong.push(`${vmId} is ${state} on ${hostId}, where it is ${copy?.state ?? 'absent'}`);
    }
  }
  return wrong;
}
