/**
 * A hash over values, to see whether two are the same: of a command's content, of the set of VMs. Pure and
 * quick; it finds accidents, it does not stand against somebody who looks for a collision.
 */

/** JSON with sorted keys: the same value gives the same text, whatever order its keys were made in. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** 128 bits as hex: four lanes of FNV-1a, each with a start and a twist of its own. */
export function hashText(text: string): string {
  const lanes = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35];
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    for (let lane = 0; lane < lanes.length; lane += 1) {
      const mixed = (lanes[lane] ?? 0) ^ (code + Math.imul(lane, i));
      lanes[lane] = Math.imul(mixed, 0x01000193) ^ (mixed >>> 15);
    }
  }
  return lanes.map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}

export function hashValue(value: unknown): string {
  return hashText(canonicalJson(value));
}
