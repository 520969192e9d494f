/**
 * What the tunnels' ends on this host have refused: they write it down themselves, so that neither the death of
 * an agent nor that of an end loses it. Old files are removed.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Inventory } from '@drover/protocol';

export interface TunnelRefusal {
  readonly opId: string;
  readonly side: 'source' | 'target';
  /** A stable word; docs/security.md has them all. */
  readonly reason: string;
  readonly message: string;
  readonly atMs: number;
}

/** Somebody was not let in; what was let in did nothing wrong. */
export function isKnock({ reason }: Pick<TunnelRefusal, 'reason'>): boolean {
  return reason === 'peer' || reason === 'second-use';
}

type Reported = NonNullable<Inventory['tunnelRefusals']>;

const ending = '.refused';
const keptMs = 86_400_000;
const reportedMax = 16;

export function refusalFileOf(stateDir: string, opId: string, side: 'source' | 'target'): string {
  return join(stateDir, 'tunnels', `${opId}.${side}${ending}`);
}

/** Of one operation, oldest first. */
export async function refusalsOf(
  stateDir: string,
  opId: string,
  side: 'source' | 'target',
): Promise<readonly TunnelRefusal[]> {
  return readRefusals(refusalFileOf(stateDir, opId, side));
}

export class TunnelRefusals {
  readonly #stateDir: string;
  readonly #onNew: (refusal: TunnelRefusal) => void;
  readonly #told = new Set<string>();

  constructor(stateDir: string, onNew: (refusal: TunnelRefusal) => void) {
    this.#stateDir = stateDir;
    this.#onNew = onNew;
  }

  /** For the inventory: what was refused inside first, newest first; each is told once in the life of this process. */
  async look(nowMs: number = Date.now()): Promise<Reported> {
    const folder = join(this.#stateDir, 'tunnels');
    const names = await readdir(folder).catch(() => [] as string[]);
    const all: TunnelRefusal[] = [];
    for (const name of names.filter((one) => one.endsWith(ending))) {
      const refusals = await readRefusals(join(folder, name));
      if (refusals.every(({ atMs }) => nowMs - atMs > keptMs)) {
        await rm(join(folder, name), { force: true });
        refusals.forEach((_, at) => this.#told.delete(`${name} ${at}`));
        continue;
      }
      refusals.forEach((refusal, at) => {
        const key = `${name} ${at}`;
        if (!this.#told.has(key)) this.#onNew(refusal);
        this.#told.add(key);
      });
      all.push(...refusals);
    }
    return all
      .toSorted((a, b) => Number(isKnock(a)) - Number(isKnock(b)) || b.atMs - a.atMs)
      .slice(0, reportedMax)
      .map(({ opId, reason, message }) => ({ opId, reason, message: message.slice(0, 1000) }));
  }
}

/** A line that is cut was being written when the machine went down. */
async function readRefusals(file: string): Promise<readonly TunnelRefusal[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as TunnelRefusal];
    } catch {
      return [];
    }
  });
}
