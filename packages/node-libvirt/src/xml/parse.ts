/**
 * XML text into plain values, bounded in size and depth; document types and entities beyond XML's own
 * five are refused. And the few questions that readers ask of an element.
 */
import { DOMParser, type Element, type Node } from '@xmldom/xmldom';
import { XmlError, type XmlElement } from './element.ts';

/** As large as any string that libvirt sends. */
const maxCharacters = 4_194_304;
const maxDepth = 512;
const elementNode = 1;
const textNode = 3;
const cdataNode = 4;

/** Throws `XmlError`. Comments and processing instructions are dropped. */
export function parseXml(text: string): XmlElement {
  if (text.length > maxCharacters) throw new XmlError(`over ${maxCharacters} characters`);
  let root: Element | null;
  let doctype: unknown;
  try {
    const parser = new DOMParser({
      onError: (level, message) => {
        if (level !== 'warning') throw new Error(message);
      },
    });
    const document = parser.parseFromString(text, 'text/xml');
    root = document.documentElement;
    doctype = document.doctype;
  } catch (error) {
    throw new XmlError(`not XML: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
  if (root === null) throw new XmlError('not XML: no element');
  if (doctype !== null && doctype !== undefined) throw new XmlError('document type not allowed');
  return fromDom(root, 0);
}

function fromDom(node: Element, depth: number): XmlElement {
  if (depth > maxDepth) throw new XmlError(`deeper than ${maxDepth} elements`);
  const attributes: Record<string, string> = {};
  for (const attribute of node.attributes) attributes[attribute.name] = attribute.value;
  const children: (XmlElement | string)[] = [];
  for (let child: Node | null = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.nodeType === elementNode) children.push(fromDom(child as Element, depth + 1));
    else if (child.nodeType === textNode || child.nodeType === cdataNode) {
      children.push(child.nodeValue ?? '');
    }
  }
  return { name: node.nodeName, attributes, children };
}

export function childrenOf(item: XmlElement | undefined, name?: string): readonly XmlElement[] {
  return (item?.children ?? [])
    .filter((child) => typeof child !== 'string')
    .filter((child) => name === undefined || child.name === name);
}

export function childOf(item: XmlElement | undefined, ...path: readonly string[]) {
  let at = item;
  for (const name of path) at = childrenOf(at, name)[0];
  return at;
}

export function attributeOf(item: XmlElement | undefined, name: string): string | undefined {
  if (item === undefined || !Object.hasOwn(item.attributes, name)) return undefined;
  return item.attributes[name];
}

/** The element's own text, without that of its children, trimmed. */
export function textOf(item: XmlElement | undefined): string | undefined {
  if (item === undefined) return undefined;
  return item.children
    .filter((child) => typeof child === 'string')
    .join('')
    .trim();
}

/** A whole number, not negative, that fits a double exactly. Throws `XmlError` on anything else. */
export function countOf(text: string | undefined, what: string): number {
  const value = text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new XmlError(`${what} is not a count: ${text}`);
  return value;
}

export function optionalCountOf(text: string | undefined, what: string): number | undefined {
  return text === undefined ? undefined : countOf(text, what);
}

export function required(value: string | undefined, what: string): string {
  if (value === undefined || value === '') throw new XmlError(`${what} is missing`);
  return value;
}

const unitBytes: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  KB: 1000,
  k: 1024,
  KiB: 1024,
  MB: 1000 ** 2,
  M: 1024 ** 2,
  MiB: 1024 ** 2,
  GB: 1000 ** 3,
  G: 1024 ** 3,
  GiB: 1024 ** 3,
  TB: 1000 ** 4,
  T: 1024 ** 4,
  TiB: 1024 ** 4,
};

/** A size with libvirt's `unit` attribute; `defaultUnit` where it has none. */
export function bytesOf(item: XmlElement | undefined, defaultUnit: string, what: string): number {
  const unit = attributeOf(item, 'unit') ?? defaultUnit;
  const factor = Object.hasOwn(unitBytes, unit) ? unitBytes[unit] : undefined;
  if (factor === undefined) throw new XmlError(`${what} has an unknown unit: ${unit}`);
  return countOf(textOf(item), what) * factor;
}
