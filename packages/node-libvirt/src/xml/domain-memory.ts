/**
 * What a domain's memory is made of on its host.
 */
import type { XmlElement } from './element.ts';
import { attributeOf, bytesOf, childOf, childrenOf, optionalCountOf } from './parse.ts';

export interface MemoryBacking {
  /** Sizes of huge pages that it asks for; empty for none, or for the host's own size. */
  readonly hugePageBytes: readonly number[];
  readonly wantsHugePages: boolean;
  /** It cannot be swapped out, and the host has to have all of it. */
  readonly locked: boolean;
  /** Other processes see it too, as a shared file system's server does. */
  readonly shared: boolean;
}

export function readMemoryBacking(backing: XmlElement | undefined): MemoryBacking {
  const huge = childOf(backing, 'hugepages');
  return {
    hugePageBytes: childrenOf(huge, 'page').map((page) => sizeOf(page)),
    wantsHugePages: huge !== undefined,
    locked: childOf(backing, 'locked') !== undefined,
    shared: attributeOf(childOf(backing, 'access'), 'mode') === 'shared',
  };
}

function sizeOf(page: XmlElement): number {
  const size = optionalCountOf(attributeOf(page, 'size'), 'huge page') ?? 0;
  const unit = { unit: attributeOf(page, 'unit') ?? 'KiB' };
  return bytesOf({ name: 'page', attributes: unit, children: [String(size)] }, 'KiB', 'huge page');
}
