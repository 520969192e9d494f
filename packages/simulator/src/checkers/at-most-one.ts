/**
 * A VM runs on at most one host: two running copies of it are the end of its disk. One whose lock another host has does
 * not run: it stands still for as long as its disk does not answer, and pauses at the first answer.
 */
import type { Checker } from './checker.ts';

export const atMostOne: Checker = {
  name: 'runs-on-one-host',
  state({ hosts }) {
    const runsOn = new Map<string, string>();
    for (const host of hosts) {
      for (const copy of host.copies) {
        if (copy.state !== 'running' || copy.hasLostLock === true) continue;
        const other = runsOn.get(copy.vmId);
        if (other !== undefined) return `${copy.name} runs on ${other} and on ${host.id}`;
        runsOn.set(copy.vmId, host.id);
      }
    }
    return undefined;
  },
};
