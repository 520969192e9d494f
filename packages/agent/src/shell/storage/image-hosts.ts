/**
 * Which servers an image may be fetched from: those whose name somebody listed, wherever a redirect leads, at addresses
 * that are everybody's. An address within a network of one's own is meant only where it is listed itself: a name that
 * is listed may lead to it by its owner's will, and this host may reach more there than its owner.
 */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { DroverError } from '@drover/protocol';

export interface Address {
  readonly address: string;
  readonly family: number;
}

export type Resolve = (host: string) => Promise<readonly Address[]>;

/** By the registry of special addresses. */
const special4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];
/** Of what is routed: documentation, and what leads to addresses of version 4. */
const special6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];
const routed6 = ['2000::/3'];

const notPublic = listOf([...special4, ...special6]);
const routed = listOf(routed6);

export function isPublic({ address, family }: Address): boolean {
  const type = family === 6 ? 'ipv6' : 'ipv4';
  if (family === 6 && !routed.check(address, type)) return false;
  return !notPublic.check(address, type);
}

/** One of these for an import: a name keeps the addresses that it was found at first. */
export class ImageHosts {
  readonly #listed: ReadonlySet<string>;
  readonly #resolve: Resolve;
  readonly #pinned = new Map<string, readonly Address[]>();

  constructor(listed: readonly string[], resolve: Resolve = (host) => lookup(host, { all: true })) {
    this.#listed = new Set(listed.map((host) => bare(host.toLowerCase())));
    this.#resolve = resolve;
  }

  /** Where to connect for it. Throws `source-refused`, or `source-unreachable` where nobody knows the name. */
  async addressesOf(url: URL): Promise<readonly Address[]> {
    const { protocol, username, password } = url;
    if (protocol !== 'http:' && protocol !== 'https:') {
      throw refused(url, `${protocol} is no scheme that images are fetched by`);
    }
    if (username !== '' || password !== '') throw refused(url, 'it has a password in its address');
    const host = bare(url.hostname);
    if (!this.#listed.has(host)) throw refused(url, `${host} is not among the sources`);
    const pinned = this.#pinned.get(host) ?? (await this.#find(url, host));
    this.#pinned.set(host, pinned);
    return pinned;
  }

  async #find(url: URL, host: string): Promise<readonly Address[]> {
    const family = isIP(host);
    // Listed itself, it was meant.
    if (family !== 0) return [{ address: host, family }];
    let all: readonly Address[];
    try {
      all = await this.#resolve(host);
    } catch (error) {
      throw new DroverError('source-unreachable', `${host}: ${(error as Error).message}`);
    }
    const allowed = all.filter((one) => isPublic(one) || this.#listed.has(one.address));
    if (allowed.length > 0) return allowed;
    const shown = all.map(({ address }) => address).join(', ');
    throw refused(url, `${host} is ${shown || 'nowhere'}, which is not among the sources itself`);
  }
}

function refused(url: URL, why: string): DroverError {
  return new DroverError('source-refused', `${url.protocol}//${url.host}: ${why}`, {
    details: { host: url.host },
  });
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
