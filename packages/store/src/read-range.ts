/**
 * Reads a range page by page at the revision of its first page, so that a large one is as consistent as a
 * small one. Begins again where etcd compacts that revision away in between.
 */
import { type Etcd, type KeyRange, unavailable } from './etcd.ts';
import type { RangeResult, StoreEntry } from './port.ts';

const pageSize = 500;
const attempts = 5;

export async function readRange(etcd: Etcd, range: KeyRange): Promise<RangeResult> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const result = await readPages(etcd, range);
    if (result) return result;
  }
  throw unavailable('not-sent', `${range.start} was compacted away while it was read`);
}

async function readPages(etcd: Etcd, range: KeyRange): Promise<RangeResult | undefined> {
  const entries: StoreEntry[] = [];
  let revision: number | undefined;
  let start = range.start;
  for (;;) {
    const page = await etcd.range({ start, end: range.end }, pageSize, revision);
    if (page === 'compacted') return undefined;
    revision ??= page.headerRevision;
    entries.push(...page.entries);
    const last = page.entries.at(-1);
    if (!page.more || !last) return { revision, entries };
    start = `${last.key}\0`;
  }
}
