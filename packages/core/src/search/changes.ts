/** Which units are elsewhere than they were at first, and where. */
import { whole } from './numbers.ts';

export function changesFrom(origin: Int32Array, hostOf: Int32Array): ReadonlyMap<number, number> {
  const wanted = new Map<number, number>();
  for (let unit = 0; unit < origin.length; unit += 1) {
    const host = whole(hostOf, unit);
    if (host !== whole(origin, unit)) wanted.set(unit, host);
  }
  return wanted;
}
