/**
 * Reads the declarations of an XDR file (RFC 4506, section 6) as libvirt writes them: constants, types,
 * structs, unions, and enums with the notes that stand before their members. What they mean is left to
 * `x-layout.ts`.
 */

/** `type name`, with what makes it a list, an array or optional. */
export interface Declaration {
  readonly type: string;
  readonly name: string;
  readonly form: 'one' | 'optional' | 'list' | 'fixed';
  /** Of a list the most, of an array the exact length: a number or a constant's name. */
  readonly size?: string;
}

export interface EnumMember {
  readonly name: string;
  readonly value: number;
  /** `@key: value` lines of the comment before it. */
  readonly notes: Readonly<Record<string, string>>;
}

export interface XFile {
  readonly constants: ReadonlyMap<string, string>;
  readonly types: ReadonlyMap<string, Declaration>;
  readonly structs: ReadonlyMap<string, readonly Declaration[]>;
  readonly unions: ReadonlySet<string>;
  readonly enums: ReadonlyMap<string, readonly EnumMember[]>;
}

export class XSyntaxError extends Error {
  override readonly name = 'XSyntaxError';
}

const tokenPattern = /\/\*[\s\S]*?\*\/|^%.*$|[A-Za-z_]\w*|-?0x[0-9a-fA-F]+|-?\d+|[^\s]/gm;

/** Throws `XSyntaxError` naming the line. */
export function parseX(text: string): XFile {
  return new Parser(text).file();
}

class Parser {
  readonly #tokens: readonly { readonly text: string; readonly at: number }[];
  readonly #text: string;
  #next = 0;
  #comment = '';

  constructor(text: string) {
    this.#text = text;
    this.#tokens = [...text.matchAll(tokenPattern)]
      .filter(([token]) => !token.startsWith('%'))
      .map((match) => ({ text: match[0], at: match.index }));
  }

  file(): XFile {
    const constants = new Map<string, string>();
    const types = new Map<string, Declaration>();
    const structs = new Map<string, readonly Declaration[]>();
    const unions = new Set<string>();
    const enums = new Map<string, readonly EnumMember[]>();
    for (let word = this.#word(); word !== ''; word = this.#word()) {
      if (word === 'const') {
        const name = this.#word();
        this.#expect('=');
        constants.set(name, this.#word());
      } else if (word === 'typedef') {
        const declared = this.#declaration(this.#word());
        types.set(declared.name, declared);
      } else if (word === 'struct') {
        structs.set(this.#word(), this.#fields());
      } else if (word === 'enum') {
        enums.set(this.#word(), this.#members(constants));
      } else if (word === 'union') {
        unions.add(this.#word());
        this.#skipBody();
      } else throw this.#error(`${word} where a declaration was expected`);
      this.#expect(';');
    }
    return { constants, types, structs, unions, enums };
  }

  #fields(): readonly Declaration[] {
    const fields: Declaration[] = [];
    this.#expect('{');
    for (let word = this.#word(); word !== '}'; word = this.#word()) {
      fields.push(this.#declaration(word));
      this.#expect(';');
    }
    return fields;
  }

  /** From its first word on. */
  #declaration(first: string): Declaration {
    let type = first === 'struct' ? this.#word() : first;
    if (type === 'unsigned') type = `unsigned ${this.#word()}`;
    const pointed = this.#peek() === '*';
    if (pointed) this.#word();
    const name = this.#word();
    if (pointed) return { type, name, form: 'optional' };
    const bracket = this.#peek();
    if (bracket !== '<' && bracket !== '[') return { type, name, form: 'one' };
    this.#word();
    const close = bracket === '<' ? '>' : ']';
    const size = this.#peek() === close ? '' : this.#word();
    this.#expect(close);
    return { type, name, form: bracket === '<' ? 'list' : 'fixed', size };
  }

  #members(constants: ReadonlyMap<string, string>): readonly EnumMember[] {
    const members: EnumMember[] = [];
    this.#expect('{');
    for (;;) {
      this.#comment = '';
      const name = this.#word();
      if (name === '}') return members;
      const notes = notesOf(this.#comment);
      let value = (members.at(-1)?.value ?? -1) + 1;
      if (this.#peek() === '=') {
        this.#word();
        const told = this.#word();
        value = Number(constants.get(told) ?? told);
        if (!Number.isInteger(value)) throw this.#error(`${told} is no number`);
      }
      members.push({ name, value, notes });
      if (this.#peek() === ',') this.#word();
    }
  }

  #skipBody(): void {
    while (this.#peek() !== '{') this.#word();
    for (let depth = 0; ;) {
      const word = this.#word();
      if (word === '{') depth += 1;
      if (word === '}') depth -= 1;
      if (word === '') throw this.#error('the end of the file in a union');
      if (depth === 0) return;
    }
  }

  #expect(word: string): void {
    const found = this.#word();
    if (found !== word) throw this.#error(`${found || 'the end'} where ${word} was expected`);
  }

  #peek(): string {
    const next = this.#next;
    const word = this.#word();
    this.#next = next;
    return word;
  }

  /** The next word, past comments, the last of which is kept; empty at the end. */
  #word(): string {
    for (;;) {
      const token = this.#tokens[this.#next];
      if (token === undefined) return '';
      this.#next += 1;
      if (!token.text.startsWith('/*')) return token.text;
      this.#comment = token.text;
    }
  }

  #error(message: string): XSyntaxError {
    const at = this.#tokens[this.#next - 1]?.at ?? this.#text.length;
    const line = this.#text.slice(0, at).split('\n').length;
    return new XSyntaxError(`line ${line}: ${message}`);
  }
}

function notesOf(comment: string): Readonly<Record<string, string>> {
  const found = comment.matchAll(/@(\w+):[ \t]*([^\n*]*)/g);
  return Object.fromEntries([...found].map(([, key = '', value = '']) => [key, value.trim()]));
}
