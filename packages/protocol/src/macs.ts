/** The addresses of a VM's network cards: those that it was given, else made from its id. */
import type { VmIntentRecord } from './records.ts';

/** One for each network of the spec, in its order. */
export function macsOf({ id, spec }: Pick<VmIntentRecord, 'id' | 'spec'>): readonly string[] {
  return spec.networks.map((network, index) => network.mac ?? macFor(id, index));
}

/** The same VM and card always have the same address; the prefix is QEMU's. */
function macFor(vmId: string, index: number): string {
  let hash = 0x811c9dc5;
  for (const character of `${vmId}/${index}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  const bytes = [16, 8, 0].map((shift) => ((hash >>> shift) & 0xff).toString(16).padStart(2, '0'));
  return `52:54:00:${bytes.join(':')}`;
}
