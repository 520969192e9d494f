/** A VM never has more where it runs than its record promises it: nobody else is promised what it uses. */
import type { Checker } from './checker.ts';

export const promisedSize: Checker = {
  name: 'promised-what-it-has',
  state({ hosts, records, byHand }) {
    if (records.wereRestored) return undefined;
    for (const { id, copies } of hosts) {
      for (const { vmId, name, vcpus, memoryMib } of copies) {
        const owner = records.assignments.get(vmId);
        const promised = owner?.promised ?? records.vms.get(vmId)?.spec;
        if (owner?.hostId !== id || promised === undefined || byHand.has(vmId)) continue;
        if (vcpus <= promised.vcpus && memoryMib <= promised.memoryMib) continue;
        return `${name} has ${vcpus} vCPUs and ${memoryMib} MiB on ${id}, and is promised ${promised.vcpus} and ${promised.memoryMib} MiB`;
      }
    }
    return undefined;
  },
};
