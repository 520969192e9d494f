/**
 * Reads the XML of a network interface of the host: a card, a bridge, a bond or a VLAN.
 */
import { XmlError, type XmlElement } from './element.ts';
import { given } from './given.ts';
import { attributeOf, childOf, childrenOf, optionalCountOf, parseXml, required } from './parse.ts';

export interface HostInterfaceDescription {
  /** `ethernet`, `bridge`, `bond` or `vlan`. */
  readonly type: string;
  readonly name: string;
  readonly mac?: string;
  readonly mtu?: number;
  /** `up`, `down`, `unknown`, …: of the cable, not of the configuration. */
  readonly linkState?: string;
  /** As the kernel says: megabits per second. */
  readonly linkMbps?: number;
  /** Each with its prefix where one is told, such as `192.0.2.1/24`. */
  readonly addresses: readonly string[];
  /** Interfaces that a bridge or a bond is made of. */
  readonly members: readonly string[];
  /** Of a VLAN: its number, and the interface it is on. */
  readonly vlan?: { readonly tag: number; readonly parent?: string };
}

/** Throws `XmlError` when it is not an interface. */
export function readHostInterface(xml: string): HostInterfaceDescription {
  const root = parseXml(xml);
  if (root.name !== 'interface') throw new XmlError(`not an interface: ${root.name}`);
  return describe(root);
}

function describe(root: XmlElement): HostInterfaceDescription {
  const link = childOf(root, 'link');
  const vlan = childOf(root, 'vlan');
  const tag = optionalCountOf(attributeOf(vlan, 'tag'), 'vlan tag');
  const group = childOf(root, 'bridge') ?? childOf(root, 'bond');
  return {
    type: attributeOf(root, 'type') ?? '',
    name: required(attributeOf(root, 'name'), 'name'),
    ...given('mac', attributeOf(childOf(root, 'mac'), 'address')?.toLowerCase()),
    ...given('mtu', optionalCountOf(attributeOf(childOf(root, 'mtu'), 'size'), 'mtu')),
    ...given('linkState', attributeOf(link, 'state')),
    ...given('linkMbps', optionalCountOf(attributeOf(link, 'speed'), 'link speed')),
    addresses: childrenOf(root, 'protocol').flatMap((protocol) =>
      childrenOf(protocol, 'ip').map((ip) => {
        const prefix = attributeOf(ip, 'prefix');
        const address = attributeOf(ip, 'address') ?? '';
        return prefix === undefined ? address : `${address}/${prefix}`;
      }),
    ),
    members: childrenOf(group, 'interface').map((member) => attributeOf(member, 'name') ?? ''),
    ...given(
      'vlan',
      tag === undefined
        ? undefined
        : { tag, ...given('parent', attributeOf(childOf(vlan, 'interface'), 'name')) },
    ),
  };
}
