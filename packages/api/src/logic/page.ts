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
  { limit, continue: after }: PageAsk,
  { keyOf, compare = ascending }: Order<Item>,
): { items: Item[]; continue?: string } {
  const most = Math.min(Number(limit ?? wireLimits.listPage), wireLimits.listPage);
  const last = after === undefined ? undefined : parseKey(after);
  const start = last === undefined ? 0 : items.findIndex((one) => compare(keyOf(one), last) > 0);
  if (start === -1) return { items: [] };
  const page = items.slice(start, start + most);
  const end = page.at(-1);
  if (end === undefined || start + page.length >= items.length) return { items: page };
  return { items: page, continue: JSON.stringify(keyOf(end)) };
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
