/** Reads a scenario's mappings by name, with types, and finds what nobody asked for. */
import type { Parsed } from '@drover/protocol';

export class Fields {
  readonly #where: string;
  readonly #values: ReadonlyMap<string, unknown>;
  readonly #read = new Set<string>();

  private constructor(where: string, values: ReadonlyMap<string, unknown>) {
    this.#where = where;
    this.#values = values;
  }

  static of(where: string, value: unknown): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Error(`${where}: a mapping is needed`);
    }
    return new Fields(where, new Map(Object.entries(value)));
  }

  wrong(what: string): Error {
    return new Error(`${this.#where}: ${what}`);
  }

  names(): readonly string[] {
    return [...this.#values.keys()];
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  text(name: string, otherwise?: string): string {
    const value = this.#take(name) ?? otherwise;
    if (typeof value !== 'string') throw this.wrong(`${name} must be a text`);
    return value;
  }

  count(name: string, otherwise?: number): number {
    const value = this.#take(name) ?? otherwise;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw this.wrong(`${name} must be a whole number`);
    }
    return value;
  }

  /** Seconds in the file, milliseconds in the world. */
  milliseconds(name: string, otherwise?: number): number {
    const value = this.#take(name) ?? otherwise;
    if (typeof value !== 'number' || !(value >= 0)) throw this.wrong(`${name} must be seconds`);
    return Math.round(value * 1_000);
  }

  flag(name: string): boolean {
    const value = this.#take(name) ?? false;
    if (typeof value !== 'boolean') throw this.wrong(`${name} must be true or false`);
    return value;
  }

  fields(name: string): Fields {
    return Fields.of(`${this.#where}, ${name}`, this.#take(name));
  }

  /** Of a shape that somebody else knows. */
  parsed<T>(name: string, parse: (value: unknown) => Parsed<T>): T {
    const parsed = parse(this.#take(name));
    if (!parsed.ok) throw this.wrong(`${name}: ${parsed.reason}`);
    return parsed.value;
  }

  list(name: string): readonly Fields[] {
    const value = this.#take(name);
    if (!Array.isArray(value)) throw this.wrong(`${name} must be a list`);
    return value.map((one, index) => Fields.of(`${this.#where}, ${name} ${index + 1}`, one));
  }

  refuseOthers(): void {
    const others = this.names().filter((name) => !this.#read.has(name));
    if (others.length > 0) throw this.wrong(`nobody reads ${others.join(', ')}`);
  }

  #take(name: string): unknown {
    this.#read.add(name);
    return this.#values.get(name);
  }
}
