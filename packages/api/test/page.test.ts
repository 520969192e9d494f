/** A page of what is in no order is the page of the same in order. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pageAmong, pageOf } from '../src/logic/page.ts';

const order = { keyOf: (name: string) => [name] };

it('a page is the same, whether all items are put in order or only those on it', () => {
  const names = fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 40 });
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 12 }), fc.nat(60), (items, limit, from) => {
      const sorted = items.toSorted((a, b) => (a < b ? -1 : 1));
      const last = sorted[from];
      const after = last === undefined ? {} : { continue: JSON.stringify([last]) };
      const ask = { limit: String(limit), ...after };
      expect(pageAmong(items, ask, order)).toEqual(pageOf(sorted, ask, order));
    }),
  );
});

it('pages follow one another until nothing is left', () => {
  const items = ['d', 'b', 'a', 'e', 'c'];
  const seen: string[] = [];
  let next: string | undefined;
  do {
    const page = pageAmong(items, { limit: '2', continue: next }, order);
    seen.push(...page.items);
    next = page.continue;
  } while (next !== undefined);
  expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
});
