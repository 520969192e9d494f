/**
 * Reads the XML of one of libvirt's networks.
 */
import { XmlError, type XmlElement } from './element.ts';
import { given } from './given.ts';
import {
  attributeOf,
  childOf,
  childrenOf,
  optionalCountOf,
  parseXml,
  required,
  textOf,
} from './parse.ts';

export interface NetworkAddress {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  /** Bits of the network's part; absent where the XML has a mask instead. */
  readonly prefix?: number;
  readonly netmask?: string;
  readonly dhcpRanges: readonly { readonly start: string; readonly end: string }[];
  /** Cards that always get the same address. */
  readonly dhcpHosts: readonly {
    readonly mac?: string;
    readonly name?: string;
    readonly address: string;
  }[];
}

export interface NetworkDescription {
  readonly uuid: string;
  readonly name: string;
  readonly bridge?: string;
  /** `nat`, `route`, `bridge`, …; absent for one that goes nowhere. */
  readonly forwardMode?: string;
  readonly mtu?: number;
  readonly addresses: readonly NetworkAddress[];
  readonly portGroups: readonly string[];
}

/** Throws `XmlError` when it is not a network. */
export function readNetwork(xml: string): NetworkDescription {
  const root = parseXml(xml);
  if (root.name !== 'network') throw new XmlError(`not a network: ${root.name}`);
  const forward = childOf(root, 'forward');
  return {
    uuid: (textOf(childOf(root, 'uuid')) ?? '').toLowerCase(),
    name: required(textOf(childOf(root, 'name')), 'name'),
    ...given('bridge', attributeOf(childOf(root, 'bridge'), 'name')),
    // Without a word it is NAT.
    ...given('forwardMode', forward && (attributeOf(forward, 'mode') ?? 'nat')),
    ...given('mtu', optionalCountOf(attributeOf(childOf(root, 'mtu'), 'size'), 'mtu')),
    addresses: childrenOf(root, 'ip').map(readAddress),
    portGroups: childrenOf(root, 'portgroup').map((group) => attributeOf(group, 'name') ?? ''),
  };
}

function readAddress(ip: XmlElement): NetworkAddress {
  const dhcp = childOf(ip, 'dhcp');
  return {
    address: required(attributeOf(ip, 'address'), 'address'),
    family: attributeOf(ip, 'family') === 'ipv6' ? 'ipv6' : 'ipv4',
    ...given('prefix', optionalCountOf(attributeOf(ip, 'prefix'), 'prefix')),
    ...given('netmask', attributeOf(ip, 'netmask')),
    dhcpRanges: childrenOf(dhcp, 'range').map((range) => ({
      start: attributeOf(range, 'start') ?? '',
      end: attributeOf(range, 'end') ?? '',
    })),
    dhcpHosts: childrenOf(dhcp, 'host').map((host) => ({
      ...given('mac', attributeOf(host, 'mac')?.toLowerCase()),
      ...given('name', attributeOf(host, 'name')),
      address: attributeOf(host, 'ip') ?? '',
    })),
  };
}
