/** How high a VM is drawn: as its share of its host’s memory, and never so small that its name is lost. */

const leastRem = 1.625;

/** In rem. `room`: how high the whole host is drawn. */
export function tileHeight(memoryMib: number, hostMib: number, room: number): number {
  const share = hostMib > 0 ? Math.min(1, memoryMib / hostMib) : 0;
  return Math.max(leastRem, Math.round(share * room * 100) / 100);
}

/** Few hosts get tall columns; with many of them more fit on a page. */
export function roomFor(hosts: number): number {
  if (hosts <= 4) return 24;
  return hosts <= 12 ? 16 : 9;
}
