/**
 * XML as plain values, and back to text through a real serialiser: what goes in as text or attribute
 * cannot come out as markup. Refuses names that are none and characters that XML does not have. What the
 * elements mean is left to the callers.
 */
import { DOMImplementation, XMLSerializer, type Document, type Element } from '@xmldom/xmldom';

export class XmlError extends Error {
  override readonly name = 'XmlError';
}

export interface XmlElement {
  /** With its prefix, if it has one. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (XmlElement | string)[];
}

export type XmlChild = XmlElement | string | undefined;
export type XmlAttributes = Readonly<Record<string, string | number | undefined>>;

const namePattern = /^[A-Za-z_][A-Za-z0-9_.-]*(:[A-Za-z_][A-Za-z0-9_.-]*)?$/;
// eslint-disable-next-line no-control-regex -- these are exactly the characters to refuse
const forbiddenCharacter = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/;
const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/';
const maxDepth = 512;

/** An element from its parts; `undefined` attributes and children are left out. Throws `XmlError`. */
export function element(
  name: string,
  attributes: XmlAttributes = {},
  children: readonly XmlChild[] = [],
): XmlElement {
  checkName(name);
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    checkName(key);
    kept[key] = checkText(String(value), `${name} ${key}`);
  }
  const present = children.filter((child) => child !== undefined);
  for (const child of present) if (typeof child === 'string') checkText(child, name);
  return { name, attributes: kept, children: present };
}

/** The element as XML text. A prefix must be declared by an `xmlns:…` attribute in scope. */
export function buildXml(root: XmlElement): string {
  const document = new DOMImplementation().createDocument(null, '');
  document.appendChild(toDom(document, root, {}, 0));
  return new XMLSerializer().serializeToString(document, { requireWellFormed: true });
}

type Scope = Readonly<Record<string, string>>;

function toDom(document: Document, item: XmlElement, outer: Scope, depth: number): Element {
  if (depth > maxDepth) throw new XmlError(`deeper than ${maxDepth} elements`);
  // Checked again: the value may have been made without `element`.
  const { attributes } = element(item.name, item.attributes, item.children);
  const scope = scopeOf(attributes, outer);
  const node = document.createElementNS(namespaceOf(item.name, scope), item.name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'xmlns' || key.startsWith('xmlns:')) {
      node.setAttributeNS(xmlnsNamespace, key, value);
    } else if (key.includes(':')) {
      node.setAttributeNS(namespaceOf(key, scope), key, value);
    } else {
      node.setAttribute(key, value);
    }
  }
  for (const child of item.children) {
    node.appendChild(
      typeof child === 'string'
        ? document.createTextNode(child)
        : toDom(document, child, scope, depth + 1),
    );
  }
  return node;
}

function scopeOf(attributes: Readonly<Record<string, string>>, outer: Scope): Scope {
  const scope: Record<string, string> = { ...outer };
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'xmlns') scope[''] = value;
    else if (key.startsWith('xmlns:')) scope[key.slice('xmlns:'.length)] = value;
  }
  return scope;
}

function namespaceOf(name: string, scope: Scope): string | null {
  const colon = name.indexOf(':');
  const prefix = colon < 0 ? '' : name.slice(0, colon);
  const namespace = Object.hasOwn(scope, prefix) ? scope[prefix] : undefined;
  if (namespace === undefined && prefix !== '') throw new XmlError(`undeclared prefix: ${name}`);
  return namespace ?? null;
}

function checkName(name: string): void {
  if (!namePattern.test(name)) throw new XmlError(`not an XML name: ${JSON.stringify(name)}`);
}

/** Throws `XmlError` for characters that XML does not have. */
export function checkText(text: string, where: string): string {
  if (forbiddenCharacter.test(text) || !text.isWellFormed()) {
    throw new XmlError(`character not allowed in XML, in ${where}: ${JSON.stringify(text)}`);
  }
  return text;
}
