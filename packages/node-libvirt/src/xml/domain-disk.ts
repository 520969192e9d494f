/**
 * The disks of a domain's XML, each with its whole chain of images.
 */
import type { XmlElement } from './element.ts';
import { given } from './given.ts';
import { attributeOf, childOf, childrenOf, optionalCountOf, required, textOf } from './parse.ts';

export interface DiskHost {
  readonly name: string;
  readonly port?: number;
}

export type DiskSource =
  | { readonly type: 'file' | 'block'; readonly path: string }
  | {
      readonly type: 'network';
      readonly protocol: string;
      readonly name: string;
      readonly hosts: readonly DiskHost[];
    }
  | { readonly type: 'volume'; readonly pool: string; readonly volume: string }
  /** A drive without a medium. */
  | { readonly type: 'empty' }
  | { readonly type: 'other'; readonly kind: string };

/** One image of a chain. */
export interface BackingImage {
  readonly source: DiskSource;
  readonly format?: string;
}

export interface DomainDisk {
  /** `disk`, `cdrom`, `floppy` or `lun`. */
  readonly device: string;
  /** The name inside the VM, such as `vda`; unique in a domain. */
  readonly target: string;
  readonly bus?: string;
  readonly source: DiskSource;
  readonly format?: string;
  /** What it is built on, its own image not among them: the nearest first, the base last. */
  readonly backing: readonly BackingImage[];
  readonly cache?: string;
  readonly discard?: string;
  readonly errorPolicy?: string;
  /** The place in the boot order, from 1. */
  readonly bootOrder?: number;
  readonly alias?: string;
  readonly readOnly: boolean;
  readonly shareable: boolean;
  readonly serial?: string;
  /** Its limits, by libvirt's names, such as `total_bytes_sec`; empty for none. */
  readonly ioTune: Readonly<Record<string, string>>;
}

/** Throws `XmlError` for one without a target. */
export function readDisk(disk: XmlElement): DomainDisk {
  const target = childOf(disk, 'target');
  const driver = childOf(disk, 'driver');
  return {
    device: attributeOf(disk, 'device') ?? 'disk',
    target: required(attributeOf(target, 'dev'), 'disk target'),
    ...given('bus', attributeOf(target, 'bus')),
    source: readDiskSource(attributeOf(disk, 'type') ?? '', childOf(disk, 'source')),
    ...given('format', attributeOf(driver, 'type')),
    backing: backingOf(disk),
    ...given('cache', attributeOf(driver, 'cache')),
    ...given('discard', attributeOf(driver, 'discard')),
    ...given('errorPolicy', attributeOf(driver, 'error_policy')),
    ...given(
      'bootOrder',
      optionalCountOf(attributeOf(childOf(disk, 'boot'), 'order'), 'boot order'),
    ),
    ...given('alias', attributeOf(childOf(disk, 'alias'), 'name')),
    readOnly: childOf(disk, 'readonly') !== undefined,
    shareable: childOf(disk, 'shareable') !== undefined,
    ...given('serial', textOf(childOf(disk, 'serial'))),
    ioTune: Object.fromEntries(
      childrenOf(childOf(disk, 'iotune')).map((limit) => [limit.name, textOf(limit) ?? '']),
    ),
  };
}

/** libvirt nests the images of a chain, and ends it with an empty one. */
function backingOf(disk: XmlElement): readonly BackingImage[] {
  const chain: BackingImage[] = [];
  let image = childOf(disk, 'backingStore');
  while (image !== undefined && childOf(image, 'source') !== undefined) {
    chain.push({
      source: readDiskSource(attributeOf(image, 'type') ?? '', childOf(image, 'source')),
      ...given('format', attributeOf(childOf(image, 'format'), 'type')),
    });
    image = childOf(image, 'backingStore');
  }
  return chain;
}

function readDiskSource(type: string, source: XmlElement | undefined): DiskSource {
  if (source === undefined) return { type: 'empty' };
  if (type === 'file' || type === 'block') {
    const path = attributeOf(source, type === 'file' ? 'file' : 'dev');
    return path === undefined ? { type: 'empty' } : { type, path };
  }
  if (type === 'network') {
    return {
      type,
      protocol: required(attributeOf(source, 'protocol'), 'disk protocol'),
      name: attributeOf(source, 'name') ?? '',
      hosts: childrenOf(source, 'host').map((host) => ({
        name: attributeOf(host, 'name') ?? attributeOf(host, 'socket') ?? '',
        ...given('port', optionalCountOf(attributeOf(host, 'port'), 'disk host port')),
      })),
    };
  }
  if (type === 'volume') {
    return {
      type,
      pool: required(attributeOf(source, 'pool'), 'disk pool'),
      volume: required(attributeOf(source, 'volume'), 'disk volume'),
    };
  }
  return { type: 'other', kind: type };
}
