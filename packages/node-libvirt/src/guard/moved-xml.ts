/**
 * Is this XML that of the VM which was ordered? Read so strictly that libvirt's own parser cannot see another
 * VM in it: no declaration that could change the encoding, no name or uuid twice or in a namespace.
 */
import { emulatorsOf, hostReach } from '../xml/host-reach.ts';
import { childrenOf, parseXml, textOf } from '../xml/parse.ts';
import type { XmlElement } from '../xml/element.ts';
import type { MigrationOrder } from './migration-order.ts';
import { Refused } from './refusal.ts';

/** Children with which a VM's XML hands QEMU arguments of its own; whoever may say them runs what he likes. */
const handingArguments = new Set(['commandline', 'override']);

/** Throws `Refused`. */
export function checkMovedXml(xml: string, order: MigrationOrder): void {
  const root = parse(xml);
  if (root.name !== 'domain' || Object.hasOwn(root.attributes, 'xmlns')) {
    throw new Refused('arguments', 'XML whose root is not libvirt’s own element domain');
  }
  const uuid = only(root, 'uuid').toLowerCase();
  const name = only(root, 'name');
  if (uuid !== order.vmId || name !== order.vmName) {
    const found = `${JSON.stringify(name.slice(0, 64))} ${uuid.slice(0, 36)}`;
    const message = `XML of ${found}, ordered is ${order.vmName} ${order.vmId}`;
    throw new Refused('other-vm', message);
  }
  for (const { name: full } of childrenOf(root)) {
    const local = full.slice(full.indexOf(':') + 1);
    if (handingArguments.has(local)) {
      throw new Refused('arguments', `XML with ${full.slice(0, 64)}, arguments handed to QEMU`);
    }
  }
  checkReach(root, order);
}

/** Its disks are where the hosts share them. What else it names on the target would be the source's to choose. */
function checkReach(root: XmlElement, { emulators }: MigrationOrder): void {
  const unknown = emulatorsOf(root).find((path) => emulators && !emulators.includes(path));
  if (unknown !== undefined) {
    const found = JSON.stringify(unknown.slice(0, 128));
    throw new Refused('arguments', `XML with the emulator ${found}, which is none of this host’s`);
  }
  const [first] = hostReach(root);
  if (first === undefined) return;
  throw new Refused('arguments', `XML that reaches into the host: ${first.slice(0, 128)}`);
}

function parse(xml: string): XmlElement {
  if (!xml.startsWith('<domain') || xml.includes('\uFFFD')) {
    throw new Refused('arguments', 'XML that does not begin with its element, or is not UTF-8');
  }
  try {
    return parseXml(xml);
  } catch (error) {
    throw new Refused('arguments', `XML that cannot be read: ${(error as Error).message}`);
  }
}

/** The text of the only child of that name. */
function only(root: XmlElement, name: string): string {
  const [child, ...others] = childrenOf(root, name);
  const isPlain =
    child !== undefined &&
    others.length === 0 &&
    Object.keys(child.attributes).length === 0 &&
    childrenOf(child).length === 0;
  if (!isPlain) throw new Refused('arguments', `XML that does not have one plain ${name}`);
  return textOf(child) ?? '';
}
