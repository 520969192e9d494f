/**
 * The network cards of a domain's XML.
 */
import type { XmlElement } from './element.ts';
import { given } from './given.ts';
import { attributeOf, childOf, childrenOf, optionalCountOf } from './parse.ts';

export interface DomainInterface {
  /** `bridge`, `network`, `direct`, `user`, …. */
  readonly type: string;
  readonly mac?: string;
  readonly bridge?: string;
  readonly network?: string;
  readonly portGroup?: string;
  /** Of `direct`: the device on the host that it sits on. */
  readonly device?: string;
  /** The device on the host, such as `vnet3`; only while running. */
  readonly target?: string;
  readonly model?: string;
  readonly mtu?: number;
  /** The place in the boot order, from 1. */
  readonly bootOrder?: number;
  /** `up` or `down`; up if absent. */
  readonly linkState?: string;
  readonly vlanTags: readonly number[];
  readonly alias?: string;
}

export function readInterface(item: XmlElement): DomainInterface {
  const source = childOf(item, 'source');
  const order = attributeOf(childOf(item, 'boot'), 'order');
  return {
    type: attributeOf(item, 'type') ?? '',
    ...given('mac', attributeOf(childOf(item, 'mac'), 'address')?.toLowerCase()),
    ...given('bridge', attributeOf(source, 'bridge')),
    ...given('network', attributeOf(source, 'network')),
    ...given('portGroup', attributeOf(source, 'portgroup')),
    ...given('device', attributeOf(source, 'dev')),
    ...given('target', attributeOf(childOf(item, 'target'), 'dev')),
    ...given('model', attributeOf(childOf(item, 'model'), 'type')),
    ...given('mtu', optionalCountOf(attributeOf(childOf(item, 'mtu'), 'size'), 'mtu')),
    ...given('bootOrder', optionalCountOf(order, 'boot order')),
    ...given('linkState', attributeOf(childOf(item, 'link'), 'state')),
    vlanTags: childrenOf(childOf(item, 'vlan'), 'tag').flatMap(
      (tag) => optionalCountOf(attributeOf(tag, 'id'), 'vlan tag') ?? [],
    ),
    ...given('alias', attributeOf(childOf(item, 'alias'), 'name')),
  };
}
