/**
 * What in a VM's XML would run a program of its host, or open a file or socket there that is no image of a disk:
 * scripts, consoles and logs in files, sockets of other programs. Elements and attributes are taken by their names
 * without namespaces, as libvirt takes them in places, and every one of a name counts.
 */
import type { XmlElement } from './element.ts';
import { childrenOf } from './parse.ts';

/** Devices of which the host has the other end of a line. */
const lines = new Set(['serial', 'parallel', 'console', 'channel', 'smartcard', 'redirdev']);
/** Other ends that are the VM's own, or on the network. */
const ownEnds = new Set([
  'pty',
  'null',
  'vc',
  'spicevmc',
  'spiceport',
  'qemu-vdagent',
  'dbus',
  'tcp',
  'udp',
]);
/** Where libvirt itself puts sockets of VMs. */
const ownSockets = ['/var/lib/libvirt/qemu/', '/run/libvirt/qemu/'];
const programs = new Set(['script', 'downscript', 'binary']);

/** One text for each, for people; none: it reaches nothing. */
export function hostReach(domain: XmlElement): readonly string[] {
  return devicesOf(domain).flatMap((device) => [...reachOf(device, localName(device.name))]);
}

/** What its XML names as the program to run it; more than one, or none that is plain, libvirt would not write. */
export function emulatorsOf(domain: XmlElement): readonly string[] {
  return devicesOf(domain)
    .filter(({ name }) => localName(name) === 'emulator')
    .map(({ children }) =>
      children.every((child) => typeof child === 'string') ? children.join('') : '',
    );
}

function* reachOf(device: XmlElement, kind: string): Generator<string> {
  if (lines.has(kind)) yield* reachOfLine(device, kind);
  for (const part of childrenOf(device)) {
    const name = localName(part.name);
    if (programs.has(name)) yield text(kind, name, ...pathsOf(part));
    if (kind === 'rng' && name === 'backend' && valuesOf(part, 'model').includes('egd')) {
      yield* reachOfLine(part, kind);
    }
  }
  if (kind === 'audio' && valuesOf(device, 'type').includes('file')) {
    yield text(kind, ...pathsOf(device));
  }
}

/** One without a type is a terminal that libvirt makes. */
function* reachOfLine(device: XmlElement, kind: string): Generator<string> {
  const sources = partsOf(device, 'source');
  for (const type of valuesOf(device, 'type')) {
    const isOwn = ownEnds.has(type) || (type === 'unix' && sources.every(isOwnSocket));
    if (!isOwn) yield text(kind, type, ...sources.flatMap(pathsOf));
  }
  for (const part of [...partsOf(device, 'log'), ...partsOf(device, 'database')]) {
    yield text(kind, localName(part.name), ...pathsOf(part));
  }
}

function isOwnSocket(source: XmlElement): boolean {
  return valuesOf(source, 'path').every(
    (path) =>
      ownSockets.some((folder) => path.startsWith(folder)) && !path.split('/').includes('..'),
  );
}

function pathsOf(element: XmlElement): readonly string[] {
  return [...valuesOf(element, 'path'), ...valuesOf(element, 'file')];
}

function text(...words: readonly string[]): string {
  return words.join(' ');
}

function devicesOf(domain: XmlElement): readonly XmlElement[] {
  return partsOf(domain, 'devices').flatMap((devices) => childrenOf(devices));
}

function partsOf(parent: XmlElement, name: string): readonly XmlElement[] {
  return childrenOf(parent).filter((child) => localName(child.name) === name);
}

function valuesOf({ attributes }: XmlElement, name: string): readonly string[] {
  return Object.entries(attributes).flatMap(([key, value]) =>
    localName(key) === name ? [value] : [],
  );
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
