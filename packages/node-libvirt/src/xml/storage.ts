/**
 * Reads the XML of storage pools and volumes.
 */
import { XmlError } from './element.ts';
import { attributeOf, bytesOf, childOf, parseXml, required, textOf } from './parse.ts';

export interface PoolDescription {
  /** `dir`, `netfs`, … */
  readonly type: string;
  readonly name: string;
  readonly uuid: string;
  readonly sourceHost?: string;
  readonly sourceDir?: string;
  /** Of the source, such as `nfs`. */
  readonly format?: string;
  /** Of the source's protocol, such as `4.2`. */
  readonly protocolVersion?: string;
  readonly targetPath?: string;
  readonly capacityBytes: number;
  readonly allocationBytes: number;
  readonly availableBytes: number;
}

/** Throws `XmlError` when it is not a pool. */
export function readPool(xml: string): PoolDescription {
  const root = parseXml(xml);
  if (root.name !== 'pool') throw new XmlError(`not a pool: ${root.name}`);
  const source = childOf(root, 'source');
  const size = (name: string) => {
    const item = childOf(root, name);
    return item === undefined ? 0 : bytesOf(item, 'bytes', name);
  };
  return {
    type: required(attributeOf(root, 'type'), 'pool type'),
    name: required(textOf(childOf(root, 'name')), 'name'),
    uuid: required(textOf(childOf(root, 'uuid')), 'uuid').toLowerCase(),
    ...optional('sourceHost', attributeOf(childOf(source, 'host'), 'name')),
    ...optional('sourceDir', attributeOf(childOf(source, 'dir'), 'path')),
    ...optional('format', attributeOf(childOf(source, 'format'), 'type')),
    ...optional('protocolVersion', attributeOf(childOf(source, 'protocol'), 'ver')),
    ...optional('targetPath', textOf(childOf(root, 'target', 'path'))),
    capacityBytes: size('capacity'),
    allocationBytes: size('allocation'),
    availableBytes: size('available'),
  };
}

export interface VolumeDescription {
  readonly name: string;
  readonly key: string;
  readonly path?: string;
  readonly format?: string;
  readonly capacityBytes: number;
  readonly allocationBytes: number;
  readonly backingPath?: string;
}

/** Throws `XmlError` when it is not a volume. */
export function readVolume(xml: string): VolumeDescription {
  const root = parseXml(xml);
  if (root.name !== 'volume') throw new XmlError(`not a volume: ${root.name}`);
  const target = childOf(root, 'target');
  const allocation = childOf(root, 'allocation');
  return {
    name: required(textOf(childOf(root, 'name')), 'name'),
    key: textOf(childOf(root, 'key')) ?? '',
    ...optional('path', textOf(childOf(target, 'path'))),
    ...optional('format', attributeOf(childOf(target, 'format'), 'type')),
    capacityBytes: bytesOf(childOf(root, 'capacity'), 'bytes', 'capacity'),
    allocationBytes: allocation === undefined ? 0 : bytesOf(allocation, 'bytes', 'allocation'),
    ...optional('backingPath', textOf(childOf(root, 'backingStore', 'path'))),
  };
}

function optional<K extends string>(
  key: K,
  value: string | undefined,
): { readonly [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: string };
}
