/** Prefixes as ranges, and numbers that must not be rounded. */
import { describe, expect, it } from 'vitest';
import { coveringRange, keyRange, leaseHex, prefixRange, toRevision } from '../src/key-range.ts';

describe('ranges', () => {
  it('a prefix ends before the next text that does not have it', () => {
    expect(prefixRange('/drover/intent/')).toEqual({
      start: '/drover/intent/',
      end: '/drover/intent0',
    });
  });

  it.each(['', 'é'])('%j is no prefix that a range can be made of', (prefix) => {
    expect(() => prefixRange(prefix)).toThrow('ASCII');
  });

  it('the range of a key holds that key only', () => {
    const { start, end } = keyRange('/a');
    expect(['/', '/a', '/a\0', '/a0'].filter((key) => key >= start && key < end)).toEqual(['/a']);
  });

  it('a range over several prefixes holds them all', () => {
    expect(coveringRange(['/b/', '/a/', '/c'])).toEqual({ start: '/a/', end: '/d' });
    expect(() => coveringRange([])).toThrow('prefix');
  });
});

describe('numbers of 64 bits', () => {
  it.each([
    ['0', 0],
    [17, 17],
    ['9007199254740991', 9_007_199_254_740_991],
  ])('%j fits', (text, revision) => {
    expect(toRevision(text)).toBe(revision);
  });

  it.each(['9007199254740993', '-1', '1.5', 'x'])('%j does not', (text) => {
    expect(() => toRevision(text)).toThrow('not a revision');
  });

  it('a lease id keeps all its digits in hexadecimal', () => {
    expect(leaseHex('7587891382829674253')).toBe('694d9b02a3cf6f0d');
  });
});
