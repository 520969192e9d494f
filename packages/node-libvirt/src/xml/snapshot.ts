/**
 * Reads the XML of a domain's snapshot.
 */
import { XmlError } from './element.ts';
import { given } from './given.ts';
import { attributeOf, childOf, childrenOf, countOf, parseXml, required, textOf } from './parse.ts';

export interface SnapshotDisk {
  /** The target, such as `vda`. */
  readonly target: string;
  /** `internal` in the image, `external` in one of its own, or `no`. */
  readonly kind: string;
  /** Of an external one, the image that is written to since. */
  readonly path?: string;
}

export interface SnapshotDescription {
  readonly name: string;
  readonly description?: string;
  readonly parent?: string;
  /** The domain's state then: `running`, `shutoff`, `disk-snapshot`, …. */
  readonly state: string;
  readonly createdAt: Date;
  /** Whether memory is part of it, and where. */
  readonly memory: string;
  readonly disks: readonly SnapshotDisk[];
}

/** Throws `XmlError` when it is not a snapshot. */
export function readSnapshot(xml: string): SnapshotDescription {
  const root = parseXml(xml);
  if (root.name !== 'domainsnapshot') throw new XmlError(`not a snapshot: ${root.name}`);
  return {
    name: required(textOf(childOf(root, 'name')), 'name'),
    ...given('description', textOf(childOf(root, 'description'))),
    ...given('parent', textOf(childOf(root, 'parent', 'name'))),
    state: textOf(childOf(root, 'state')) ?? '',
    createdAt: new Date(
      countOf(textOf(childOf(root, 'creationTime')) ?? '0', 'creationTime') * 1000,
    ),
    memory: attributeOf(childOf(root, 'memory'), 'snapshot') ?? 'no',
    disks: childrenOf(childOf(root, 'disks'), 'disk').map((disk) => ({
      target: attributeOf(disk, 'name') ?? '',
      kind: attributeOf(disk, 'snapshot') ?? 'no',
      ...given('path', attributeOf(childOf(disk, 'source'), 'file')),
    })),
  };
}
