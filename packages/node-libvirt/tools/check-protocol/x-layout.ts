/**
 * What the messages of an XDR file are made of, in the notation of `layout.ts`.
 */
import type { Declaration, XFile } from './x-file.ts';

const simple: Readonly<Record<string, string>> = {
  int: 'i',
  // libvirt's XDR has a whole int for each of these.
  char: 'i',
  short: 'i',
  bool: 'i',
  'unsigned int': 'u',
  'unsigned char': 'u',
  'unsigned short': 'u',
  hyper: 'h',
  'unsigned hyper': 'H',
  double: 'd',
};

/** Sizes that libvirt's headers define, not its protocol files. */
const headerSizes: Readonly<Record<string, number>> = {
  VIR_UUID_BUFLEN: 16,
  VIR_SECURITY_MODEL_BUFLEN: 257,
  VIR_SECURITY_LABEL_BUFLEN: 4097,
  VIR_SECURITY_DOI_BUFLEN: 257,
};

export class Layouts {
  readonly #file: XFile;

  constructor(file: XFile) {
    this.#file = file;
  }

  /** Of a struct's fields; empty for a message that has none. */
  of(struct: string | undefined): string | undefined {
    if (struct === undefined) return '';
    const fields = this.#file.structs.get(struct);
    return fields?.map((field) => this.#declared(field)).join(' ');
  }

  #declared({ type, form, size = '' }: Declaration): string {
    if (type === 'string') return 's';
    if (type === 'opaque') {
      return form === 'fixed' ? `o[${this.#size(size)}]` : `o<${this.#size(size)}>`;
    }
    const one = this.#named(type);
    if (form === 'one') return one;
    if (form === 'optional') return `${one}?`;
    return form === 'list' ? `${one}<${this.#size(size)}>` : `${one}[${this.#size(size)}]`;
  }

  #named(type: string): string {
    const basic = simple[type];
    if (basic !== undefined) return basic;
    if (type === 'remote_typed_param') return 'p';
    if (this.#file.enums.has(type)) return 'i';
    if (this.#file.structs.has(type)) return `(${this.of(type)})`;
    const declared = this.#file.types.get(type);
    return declared === undefined ? `unknown:${type}` : this.#declared(declared);
  }

  #size(text: string): string {
    const { constants } = this.#file;
    let size = text;
    while (constants.has(size)) size = constants.get(size) ?? '';
    return size === '' ? '' : String(headerSizes[size] ?? Number(size));
  }
}
