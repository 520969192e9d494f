/** One page of a list, from where the last one ended, and which items of it were asked for. */
import { DroverError, wireLimits } from '@drover/protocol';

export interface PageAsk {
  /** Decimal; at most a page's worth where it is absent. */
  readonly limit?: string | undefined;
  /** As a page before said. */
  readonly continue?: string | undefined;
}

type Key = readonly (string | number)[];

/** The order that a list is in: what it is sorted by, and how. */
export interface Order<Item> {
  readonly keyOf: (item: Item) => Key;
  /** Negative where the first comes first; ascending unless said. */
  readonly compare?: (a: Key, b: Key) => number;
}

/** `items` are all there are, in that order. What is made or goes between two pages moves nothing else. */
export function pageOf<Item>(
  items: readonly Item[],
  asked: PageAsk,
  { keyOf, compare = ascending }: Order<Item>,
): { items: Item[]; continue?: string } {
  const most = mostOf(asked);
  const last = afterKey(asked);
  const start = last === undefined ? 0 : items.findIndex((one) => compare(keyOf(one), last) > 0);
  if (start === -1) return { items: [] };
  const page = items.slice(start, start + most);
  const end = page.at(-1);
  if (end === undefined || start + page.length >= items.length) return { items: page };
  return { items: page, continue: JSON.stringify(keyOf(end)) };
}

/** The same of items that are in no order, of which a page is a small part: only what comes into it is put in order. */
export function pageAmong<Item>(
  items: Iterable<Item>,
  asked: PageAsk,
  order: Order<Item>,
): { items: Item[]; continue?: string } {
  const { keyOf, compare = ascending } = order;
  const last = afterKey(asked);
  // One more than the page has tells that it is not the last one.
  const most = mostOf(asked) + 1;
  const first: Item[] = [];
  const keys: Key[] = [];
  for (const item of items) {
    const key = keyOf(item);
    const worst = keys.length < most ? undefined : keys[most - 1];
    if (worst !== undefined && compare(key, worst) >= 0) continue;
    if (last !== undefined && compare(key, last) <= 0) continue;
    const at = placeIn(keys, key, compare);
    keys.splice(at, 0, key);
    first.splice(at, 0, item);
    if (keys.length <= most) continue;
    keys.pop();
    first.pop();
  }
  const { continue: _, ...rest } = asked;
  return pageOf(first, rest, order);
}

/** How many keys come before this one. */
function placeIn(keys: readonly Key[], key: Key, compare: (a: Key, b: Key) => number): number {
  let [from, to] = [0, keys.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (compare(keys[middle] ?? [], key) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

function mostOf({ limit }: PageAsk): number {
  return Math.min(Number(limit ?? wireLimits.listPage), wireLimits.listPage);
}

/** What the page before ended with, for who does not have all of the list. */
export function afterKey({ continue: after }: PageAsk): Key | undefined {
  return after === undefined ? undefined : parseKey(after);
}

export function ascending(a: Key, b: Key): number {
  for (const [index, one] of a.entries()) {
    const other = b[index] ?? '';
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

function parseKey(text: string): Key {
  try {
    const key: unknown = JSON.parse(text);
    const isPart = (part: unknown) => typeof part === 'string' || typeof part === 'number';
    if (Array.isArray(key) && key.every(isPart)) return key as Key;
  } catch {
    // Told below.
  }
  throw new DroverError('bad-request', 'continue is what an earlier page of this list said');
}

/** `key=value` or `key` for any value; several with commas, and all have to hold. */
export function hasLabels(
  labels: Readonly<Record<string, string>> | undefined,
  asked: string | undefined,
): boolean {
  if (asked === undefined) return true;
  return asked.split(',').every((one) => {
    const [key = '', ...value] = one.split('=');
    if (labels === undefined || !Object.hasOwn(labels, key)) return false;
    return value.length === 0 || labels[key] === value.join('=');
  });
}
