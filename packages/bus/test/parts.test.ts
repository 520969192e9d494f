/** Long answers in parts: whatever the text and wherever it is cut, it comes whole. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Answer, mostParts, splitAnswer } from '../src/parts.ts';

const overhead = 4 * 1024;

describe('an answer in parts', () => {
  it('comes whole, wherever it was cut, in whatever order its parts come', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.integer({ min: 4, max: 64 }),
        fc.boolean(),
        (text, each, isReversed) => {
          const parts = splitAnswer(text, overhead + each) ?? [];
          const sent = parts.map((bytes, at) => {
            expect(bytes.length).toBeLessThanOrEqual(each);
            return [parts.length === 1 ? '' : `${at + 1}/${parts.length}`, bytes] as const;
          });
          const answer = new Answer();
          const got = (isReversed ? sent.toReversed() : sent).map((part) => answer.add(...part));
          expect(got.at(-1)).toBe(text);
          expect(got.slice(0, -1).every((one) => one === undefined)).toBe(true);
        },
      ),
    );
  });

  it('of more parts than anybody should ask for is none', () => {
    expect(splitAnswer('x'.repeat(mostParts), overhead + 1)).toHaveLength(mostParts);
    expect(splitAnswer('x'.repeat(mostParts + 1), overhead + 1)).toBeUndefined();
    expect(splitAnswer('x', 0)).toBeUndefined();
  });

  it.each(['0/2', '3/2', '1/999', 'x', '1/0'])('is not made of what says %s', (header) => {
    expect(() => new Answer().add(header, new Uint8Array())).toThrow(header);
  });
});
