/**
 * Changes parts of an XML text and leaves every other byte as it is: white space, quotes, the order of
 * attributes, comments, entities. What comes in is text and attributes, never markup.
 */
import { buildXml, checkText, element, XmlError, type XmlElement } from './element.ts';
import { childrenOf, parseXml } from './parse.ts';
import { scanXml, type ElementSpan } from './scan.ts';

/** An element's name, or whether it is the one. */
export type PathStep = string | ((item: XmlElement) => boolean);
/** From the root's children down; the first that fits at each step. Empty for the root. */
export type XmlPath = readonly PathStep[];

interface Place {
  readonly item: XmlElement;
  readonly span: ElementSpan;
}

export class XmlEditor {
  #text: string;
  #root: Place;

  /** Throws `XmlError`. */
  constructor(text: string) {
    this.#text = text;
    this.#root = read(text);
  }

  /** As it is now. */
  get root(): XmlElement {
    return this.#root.item;
  }

  has(path: XmlPath): boolean {
    return this.#find(path) !== undefined;
  }

  /** The element's text. Throws `XmlError` for one that has elements in it. */
  setText(path: XmlPath, text: string): this {
    const { item, span } = this.#at(path);
    if (childrenOf(item).length > 0) throw new XmlError(`${item.name} has elements in it`);
    const escaped = escapeText(text);
    return this.#setContent(span, escaped);
  }

  /** Changes it in its quotes, or adds it behind the others; `undefined` removes it. */
  setAttribute(path: XmlPath, name: string, value: string | undefined): this {
    const { span } = this.#at(path);
    const known = span.attributes.find((attribute) => attribute.name === name);
    if (known !== undefined) {
      if (value === undefined) return this.#splice(known.start, known.end, '');
      return this.#splice(known.valueStart, known.valueEnd, escapeAttribute(value));
    }
    if (value === undefined) return this;
    // Checks the name.
    element('x', { [name]: value });
    const at = span.attributes.at(-1)?.end ?? span.nameEnd;
    return this.#splice(at, at, ` ${name}='${escapeAttribute(value)}'`);
  }

  replace(path: XmlPath, item: XmlElement): this {
    const { span } = this.#at(path);
    const before = this.#text.slice(0, span.start);
    const [, indent = ''] = /\n([ \t]*)$/.exec(before) ?? [];
    return this.#splice(span.start, span.end, indented(item, indent));
  }

  /** With the line that it has to itself. */
  remove(path: XmlPath): this {
    const { span } = this.#at(path);
    if (path.length === 0) throw new XmlError('the root cannot be removed');
    const [before = ''] = /\r?\n[ \t]*$/.exec(this.#text.slice(0, span.start)) ?? [];
    const alone = before !== '' && /^[ \t]*\r?\n/.test(this.#text.slice(span.end));
    return this.#splice(span.start - (alone ? before.length : 0), span.end, '');
  }

  /** As the last child, indented like the others. */
  append(path: XmlPath, item: XmlElement): this {
    const { span } = this.#at(path);
    const last = span.children.at(-1);
    const outer = this.#indentOf(span.start);
    const indent = last === undefined ? `${outer ?? ''}  ` : this.#indentOf(last.start);
    // What is written in one line stays in one line.
    if (outer === undefined || indent === undefined) {
      if (span.closesItself) return this.#setContent(span, buildXml(item));
      const at = last?.end ?? span.contentEnd;
      return this.#splice(at, at, buildXml(item));
    }
    const line = `\n${indent}${indented(item, indent)}`;
    if (last !== undefined) return this.#splice(last.end, last.end, line);
    const content = this.#text.slice(span.contentStart, span.contentEnd);
    if (content.trim() === '') return this.#setContent(span, `${line}\n${outer}`);
    return this.#splice(span.contentEnd, span.contentEnd, line);
  }

  /** Replaces the element, or appends it to its parent where there is none. */
  put(path: XmlPath, item: XmlElement): this {
    if (this.has(path)) return this.replace(path, item);
    return this.append(path.slice(0, -1), item);
  }

  toString(): string {
    return this.#text;
  }

  /** White space from the line's beginning; none where something stands before it. */
  #indentOf(at: number): string | undefined {
    if (at === 0) return '';
    const [, indent] = /\n([ \t]*)$/.exec(this.#text.slice(0, at)) ?? [];
    return indent;
  }

  #setContent(span: ElementSpan, content: string): this {
    if (!span.closesItself) return this.#splice(span.contentStart, span.contentEnd, content);
    const slash = this.#text.lastIndexOf('/', span.end);
    return this.#splice(slash, span.end, `>${content}</${span.name}>`);
  }

  #splice(from: number, to: number, text: string): this {
    const changed = this.#text.slice(0, from) + text + this.#text.slice(to);
    this.#root = read(changed);
    this.#text = changed;
    return this;
  }

  #at(path: XmlPath): Place {
    const found = this.#find(path);
    if (found !== undefined) return found;
    const words = path.map((step) => (typeof step === 'string' ? step : '…'));
    throw new XmlError(`${this.root.name} has no ${words.join('/')}`);
  }

  #find(path: XmlPath): Place | undefined {
    let place: Place | undefined = this.#root;
    for (const step of path) {
      place = childPlaces(place).find(({ item }) =>
        typeof step === 'string' ? item.name === step : step(item),
      );
      if (place === undefined) return undefined;
    }
    return place;
  }
}

function childPlaces({ item, span }: Place): readonly Place[] {
  const items = childrenOf(item);
  return span.children.flatMap((child, index) => {
    const one = items[index];
    return one === undefined ? [] : [{ item: one, span: child }];
  });
}

/** Two readings of one text that have to agree. */
function read(text: string): Place {
  const place = { item: parseXml(text), span: scanXml(text) };
  checkAgreement(place);
  return place;
}

function checkAgreement(place: Place): void {
  const { item, span } = place;
  const names = Object.keys(item.attributes).toSorted().join(' ');
  const spans = span.attributes.map((attribute) => attribute.name);
  const same =
    item.name === span.name &&
    names === spans.toSorted().join(' ') &&
    childrenOf(item).length === span.children.length;
  if (!same) throw new XmlError(`${item.name} is written in a way that cannot be edited`);
  for (const child of childPlaces(place)) checkAgreement(child);
}

/** Its elements on lines of their own; text stays as it is. */
function indented(item: XmlElement, indent: string): string {
  return buildXml(spread(item, indent));
}

function spread(item: XmlElement, indent: string): XmlElement {
  const inner = `${indent}  `;
  const children = item.children;
  if (children.length === 0 || children.some((child) => typeof child === 'string')) return item;
  const lines = childrenOf(item).flatMap((child) => [`\n${inner}`, spread(child, inner)]);
  return { ...item, children: [...lines, `\n${indent}`] };
}

function escapeText(text: string): string {
  return checkText(text, 'text').replace(
    /[&<>\r]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}

function escapeAttribute(text: string): string {
  return checkText(text, 'attribute').replace(
    /[&<>'"\t\n\r]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}
