/**
 * What a manager changes in a domain's XML, most of all in the one that it hands to a migration's
 * destination. Each leaves all else as libvirt wrote it.
 */
import { XmlEditor, type PathStep } from './edit.ts';
import { element, type XmlElement } from './element.ts';
import { attributeOf, childOf } from './parse.ts';

/** Chain the calls; `toString()` is the text. Throws `XmlError` where the domain has no such part. */
export class DomainEditor {
  readonly #xml: XmlEditor;

  constructor(xml: string) {
    this.#xml = new XmlEditor(xml);
  }

  setName(name: string): this {
    this.#xml.setText(['name'], name);
    return this;
  }

  /** Both the most and what it has now. */
  setMemory(memoryKib: number): this {
    for (const part of ['memory', 'currentMemory']) {
      if (!this.#xml.has([part])) continue;
      this.#xml.setText([part], String(memoryKib)).setAttribute([part], 'unit', 'KiB');
    }
    return this;
  }

  /** The whole `<cpu>`, such as a baseline that both hosts can give. */
  setCpu(cpu: XmlElement): this {
    this.#xml.put(['cpu'], cpu);
    return this;
  }

  /** The image file, or the block device, of the disk with this target, such as `vda`. */
  setDiskSource(target: string, path: string): this {
    const disk = ['devices', isDisk(target)] as const;
    const attribute = this.#xml.has([
      ...disk,
      (item) => attributeOf(item, 'dev') !== undefined && item.name === 'source',
    ])
      ? 'dev'
      : 'file';
    if (!this.#xml.has([...disk, 'source'])) this.#xml.append(disk, element('source'));
    this.#xml.setAttribute([...disk, 'source'], attribute, path);
    return this;
  }

  /** The bridge or network of the card with this MAC address. */
  setInterfaceSource(
    mac: string,
    source: { readonly bridge?: string; readonly network?: string },
  ): this {
    const card = ['devices', isInterface(mac), 'source'] as const;
    for (const [name, value] of Object.entries(source)) this.#xml.setAttribute(card, name, value);
    return this;
  }

  /** Where a screen of this type, such as `vnc`, listens. */
  setGraphicsListen(type: string, address: string): this {
    const screen = ['devices', isGraphics(type)] as const;
    this.#xml.setAttribute(screen, 'listen', address);
    const listen = [...screen, isAddress] as const;
    if (this.#xml.has(listen)) this.#xml.setAttribute(listen, 'address', address);
    return this;
  }

  /** Our element of the metadata, in the place of one of the same namespace. */
  setMetadata(item: XmlElement): this {
    if (!this.#xml.has(['metadata'])) this.#xml.append([], element('metadata'));
    const uri = namespaceOf(item);
    this.#xml.put(['metadata', (other) => namespaceOf(other) === uri], item);
    return this;
  }

  toString(): string {
    return this.#xml.toString();
  }
}

const isDisk =
  (target: string): PathStep =>
  (item) =>
    item.name === 'disk' && attributeOf(childOf(item, 'target'), 'dev') === target;

const isInterface =
  (mac: string): PathStep =>
  (item) =>
    item.name === 'interface' &&
    attributeOf(childOf(item, 'mac'), 'address')?.toLowerCase() === mac.toLowerCase();

const isGraphics =
  (type: string): PathStep =>
  (item) =>
    item.name === 'graphics' && attributeOf(item, 'type') === type;

const isAddress: PathStep = (item) =>
  item.name === 'listen' && attributeOf(item, 'type') === 'address';

function namespaceOf(item: XmlElement): string | undefined {
  const colon = item.name.indexOf(':');
  return attributeOf(item, colon < 0 ? 'xmlns' : `xmlns:${item.name.slice(0, colon)}`);
}
