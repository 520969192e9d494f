/**
 * Where a VM's console is on this host, as its XML says, and the way there: QEMU's own socket for its screen, libvirt's stream
 * for its serial line. Who looks at it is others' affair.
 */
import { once } from 'node:events';
import { connect, type NetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import { DroverError } from '@drover/protocol';
import {
  attributeOf,
  childOf,
  childrenOf,
  consoleFlag,
  type Domain,
  LibvirtError,
  parseXml,
  toDuplex,
  type XmlElement,
} from 'node-libvirt';

const connectMs = 3_000;

/** Of a running VM. Nothing: it has no screen over VNC. */
export function vncAddress(xml: string): NetConnectOpts | undefined {
  const screens = childrenOf(childOf(parseXml(xml), 'devices'), 'graphics');
  const screen = screens.find((one) => attributeOf(one, 'type') === 'vnc');
  if (screen === undefined) return undefined;
  const path = socketOf(screen);
  if (path !== undefined) return { path };
  const port = Number(attributeOf(screen, 'port') ?? 0);
  if (port <= 0) return undefined;
  const listen = attributeOf(screen, 'listen') ?? '127.0.0.1';
  // Listening everywhere, it is reached here.
  const here = new Map([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '::1'],
  ]);
  return { host: here.get(listen) ?? listen, port };
}

function socketOf(screen: XmlElement): string | undefined {
  const listens = childrenOf(screen, 'listen').map((one) => attributeOf(one, 'socket'));
  return listens.find((one) => one !== undefined) ?? attributeOf(screen, 'socket');
}

/** Throws `console-missing` where it has none. */
export async function openVnc(dom: Domain): Promise<Duplex> {
  const address = vncAddress(await dom.xml());
  if (address === undefined) {
    const message = `${dom.name} has no VNC screen: one that Drover started before it gave VMs screens gets it with its next start (stop, then start)`;
    throw new DroverError('console-missing', message);
  }
  const socket = connect(address);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(connectMs) });
  } catch (error) {
    socket.destroy();
    const why = (error as Error).message;
    throw new DroverError('hypervisor-error', `its screen cannot be reached: ${why}`);
  }
  return socket;
}

/** `takes`: from whoever has it, also from `virsh console`. Throws `console-taken`, `console-missing`. */
export async function openSerial(dom: Domain, takes: boolean): Promise<Duplex> {
  const devices = childOf(parseXml(await dom.xml()), 'devices');
  if (childrenOf(devices, 'console').length === 0) {
    throw new DroverError('console-missing', `${dom.name} has no serial console`);
  }
  const flags = takes ? consoleFlag.force : 0;
  try {
    return toDuplex(await dom.console({ flags, idleMs: Number.POSITIVE_INFINITY }));
  } catch (error) {
    if (!takes && error instanceof LibvirtError && /active console session/i.test(error.message)) {
      throw new DroverError('console-taken', `somebody else has ${dom.name}’s serial console`);
    }
    throw error;
  }
}
