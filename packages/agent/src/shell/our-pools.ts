/**
 * Which of libvirt's pools Drover has defined on this host, on disk: those alone may it undefine. One that was there
 * before stays when its declaration goes.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export class OurPools {
  readonly #file: string;
  #known: Promise<Set<string>> | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(stateDir: string) {
    this.#file = join(stateDir, 'pools.json');
  }

  async has(uuid: string): Promise<boolean> {
    return (await this.#read()).has(uuid);
  }

  async add(uuid: string): Promise<void> {
    const known = await this.#read();
    if (known.has(uuid)) return;
    known.add(uuid);
    await this.#write(known);
  }

  async remove(uuid: string): Promise<void> {
    const known = await this.#read();
    if (known.delete(uuid)) await this.#write(known);
  }

  #read(): Promise<Set<string>> {
    this.#known ??= readUuids(this.#file);
    return this.#known;
  }

  /** Whole or not at all. */
  #write(known: ReadonlySet<string>): Promise<void> {
    const text = `${JSON.stringify({ v: 1, uuids: [...known].toSorted() })}\n`;
    const write = async () => {
      await writeFile(`${this.#file}.new`, text, { mode: 0o600 });
      await rename(`${this.#file}.new`, this.#file);
    };
    this.#writing = this.#writing.then(write, write);
    return this.#writing;
  }
}

/** What cannot be read says of no pool that it is ours. */
async function readUuids(file: string): Promise<Set<string>> {
  try {
    const { uuids } = JSON.parse(await readFile(file, 'utf8')) as { readonly uuids?: unknown };
    return new Set(Array.isArray(uuids) ? uuids.map(String) : []);
  } catch {
    return new Set();
  }
}
