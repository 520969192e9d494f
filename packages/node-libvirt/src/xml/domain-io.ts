/**
 * The ways in and out of a domain that its XML names: screens, serial ports and channels, directories that
 * it shares with its host.
 */
import type { XmlElement } from './element.ts';
import { given } from './given.ts';
import { attributeOf, childOf, childrenOf } from './parse.ts';

export interface Graphics {
  /** `vnc`, `spice`, …. */
  readonly type: string;
  /** Absent until the domain runs, where libvirt chooses it. */
  readonly port?: number;
  readonly websocketPort?: number;
  /** Addresses, or paths of sockets. */
  readonly listens: readonly string[];
  /** Whether one is set; XML without `domainXmlFlag.secure` does not tell. */
  readonly hasPassword: boolean;
}

export interface CharacterDevice {
  readonly kind: 'serial' | 'parallel' | 'console' | 'channel';
  /** How it is connected on the host: `pty`, `unix`, `tcp`, …. */
  readonly type: string;
  /** The file, device or socket on the host. */
  readonly path?: string;
  /** What it is inside, such as `org.qemu.guest_agent.0` of a channel. */
  readonly targetName?: string;
  /** Of a channel: `connected` while somebody inside listens. */
  readonly state?: string;
  readonly alias?: string;
}

export interface SharedFileSystem {
  /** `virtiofs`, `path`, …. */
  readonly driver: string;
  readonly source: string;
  /** The name to mount it by inside. */
  readonly target: string;
}

const characterKinds: readonly string[] = ['serial', 'parallel', 'console', 'channel'];

export function readGraphics(graphics: XmlElement): Graphics {
  const socket = attributeOf(graphics, 'socket');
  const listens = childrenOf(graphics, 'listen').map(
    (listen) => attributeOf(listen, 'address') ?? attributeOf(listen, 'socket') ?? '',
  );
  return {
    type: attributeOf(graphics, 'type') ?? '',
    ...given('port', portOf(attributeOf(graphics, 'port'))),
    ...given('websocketPort', portOf(attributeOf(graphics, 'websocket'))),
    listens: [...listens, ...(socket === undefined ? [] : [socket])].filter((one) => one !== ''),
    hasPassword: (attributeOf(graphics, 'passwd') ?? '') !== '',
  };
}

export function isCharacterDevice(device: XmlElement): boolean {
  return characterKinds.includes(device.name);
}

export function readCharacterDevice(device: XmlElement): CharacterDevice {
  const source = childOf(device, 'source');
  const target = childOf(device, 'target');
  return {
    kind: device.name as CharacterDevice['kind'],
    type: attributeOf(device, 'type') ?? '',
    ...given('path', attributeOf(source, 'path')),
    ...given('targetName', attributeOf(target, 'name')),
    ...given('state', attributeOf(target, 'state')),
    ...given('alias', attributeOf(childOf(device, 'alias'), 'name')),
  };
}

export function readFileSystem(system: XmlElement): SharedFileSystem {
  const source = childOf(system, 'source');
  return {
    driver: attributeOf(childOf(system, 'driver'), 'type') ?? 'path',
    source: attributeOf(source, 'dir') ?? attributeOf(source, 'socket') ?? '',
    target: attributeOf(childOf(system, 'target'), 'dir') ?? '',
  };
}

/** libvirt writes -1 for a port that it has not chosen yet. */
function portOf(text: string | undefined): number | undefined {
  const port = Number(text);
  return Number.isInteger(port) && port > 0 ? port : undefined;
}
