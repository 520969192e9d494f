/**
 * Where in a text each element and attribute begins and ends, for an editor that leaves everything else as
 * it is. That the text is XML at all is `parse.ts`' word; what this finds has to agree with it.
 */
import { XmlError } from './element.ts';

export interface AttributeSpan {
  readonly name: string;
  /** From the white space before its name to behind its closing quote. */
  readonly start: number;
  readonly end: number;
  /** Between the quotes. */
  readonly valueStart: number;
  readonly valueEnd: number;
}

export interface ElementSpan {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** Behind the name in its first tag. */
  readonly nameEnd: number;
  /** Between its tags; both at the end of a tag that closes itself. */
  readonly contentStart: number;
  readonly contentEnd: number;
  readonly closesItself: boolean;
  readonly attributes: readonly AttributeSpan[];
  readonly children: readonly ElementSpan[];
}

const name = /[^\s/>=<'"]+/y;
const space = /\s*/y;

/** Of the root. Throws `XmlError` where it does not understand. */
export function scanXml(text: string): ElementSpan {
  const scanner = new Scanner(text);
  const [root, ...others] = scanner.content('');
  if (root === undefined || others.length > 0) throw new XmlError('not XML: not one root');
  return root;
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The elements up to the closing tag of `parent`, which is left for the caller; or to the end. */
  content(parent: string): ElementSpan[] {
    const children: ElementSpan[] = [];
    for (;;) {
      const open = this.#text.indexOf('<', this.#at);
      if (open < 0) {
        if (parent !== '') throw this.#error(`no end of ${parent}`);
        return children;
      }
      this.#at = open;
      if (this.#text.startsWith('</', open)) return children;
      if (!this.#skipped('<!--', '-->') && !this.#skipped('<![CDATA[', ']]>')) {
        if (this.#text.startsWith('<!', open)) throw this.#error('a declaration');
        if (!this.#skipped('<?', '?>')) children.push(this.#element());
      }
    }
  }

  #element(): ElementSpan {
    const start = this.#at;
    this.#at += 1;
    const own = this.#match(name);
    const nameEnd = this.#at;
    const attributes: AttributeSpan[] = [];
    for (;;) {
      const before = this.#at;
      this.#match(space);
      if (this.#text.startsWith('/>', this.#at)) {
        this.#at += 2;
        const end = this.#at;
        const content = { contentStart: end, contentEnd: end, children: [] };
        return { name: own, start, end, nameEnd, closesItself: true, attributes, ...content };
      }
      if (this.#text[this.#at] === '>') break;
      attributes.push(this.#attribute(before));
    }
    this.#at += 1;
    const contentStart = this.#at;
    const children = this.content(own);
    const contentEnd = this.#at;
    this.#at += 2;
    if (this.#match(name) !== own) throw this.#error(`no end of ${own}`);
    this.#match(space);
    if (this.#text[this.#at] !== '>') throw this.#error(`no end of ${own}`);
    this.#at += 1;
    const tags = { start, end: this.#at, nameEnd, contentStart, contentEnd, closesItself: false };
    return { name: own, ...tags, attributes, children };
  }

  #attribute(start: number): AttributeSpan {
    const own = this.#match(name);
    this.#match(space);
    if (own === '' || this.#text[this.#at] !== '=') throw this.#error('no attribute');
    this.#at += 1;
    this.#match(space);
    const quote = this.#text[this.#at] ?? '';
    const valueStart = this.#at + 1;
    const valueEnd = quote === '"' || quote === "'" ? this.#text.indexOf(quote, valueStart) : -1;
    if (valueEnd < 0) throw this.#error(`no value of ${own}`);
    this.#at = valueEnd + 1;
    return { name: own, start, end: this.#at, valueStart, valueEnd };
  }

  #skipped(begin: string, end: string): boolean {
    if (!this.#text.startsWith(begin, this.#at)) return false;
    const close = this.#text.indexOf(end, this.#at + begin.length);
    if (close < 0) throw this.#error(`no ${end}`);
    this.#at = close + end.length;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ''] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  #error(what: string): XmlError {
    return new XmlError(`not XML: ${what} at character ${this.#at}`);
  }
}
