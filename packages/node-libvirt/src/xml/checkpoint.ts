/**
 * Reads the XML of a domain's checkpoint: a point in time from which on the disks' changes are recorded.
 */
import { XmlError } from './element.ts';
import { given } from './given.ts';
import {
  attributeOf,
  childOf,
  childrenOf,
  countOf,
  optionalCountOf,
  parseXml,
  required,
  textOf,
} from './parse.ts';

export interface CheckpointDisk {
  /** The target, such as `vda`. */
  readonly target: string;
  /** `bitmap` where its changes are recorded, else `no`. */
  readonly kind: string;
  /** The name of the record in the image. */
  readonly bitmap?: string;
  /** What was written since; only when asked for with the XML. */
  readonly changedBytes?: number;
}

export interface CheckpointDescription {
  readonly name: string;
  readonly description?: string;
  readonly parent?: string;
  readonly createdAt: Date;
  readonly disks: readonly CheckpointDisk[];
}

/** Throws `XmlError` when it is not a checkpoint. */
export function readCheckpoint(xml: string): CheckpointDescription {
  const root = parseXml(xml);
  if (root.name !== 'domaincheckpoint') throw new XmlError(`not a checkpoint: ${root.name}`);
  const created = countOf(textOf(childOf(root, 'creationTime')) ?? '0', 'creationTime');
  return {
    name: required(textOf(childOf(root, 'name')), 'name'),
    ...given('description', textOf(childOf(root, 'description'))),
    ...given('parent', textOf(childOf(root, 'parent', 'name'))),
    createdAt: new Date(created * 1000),
    disks: childrenOf(childOf(root, 'disks'), 'disk').map((disk) => ({
      target: attributeOf(disk, 'name') ?? '',
      kind: attributeOf(disk, 'checkpoint') ?? 'no',
      ...given('bitmap', attributeOf(disk, 'bitmap')),
      ...given('changedBytes', optionalCountOf(attributeOf(disk, 'size'), 'size')),
    })),
  };
}
