/** The fake's idea of subjects, which the contract compares with the server's. */
import { describe, expect, it } from 'vitest';
import { covers } from '../src/testing/subject-match.ts';

describe('a pattern', () => {
  it.each([
    ['a.b', 'a.b'],
    ['a.*', 'a.b'],
    ['a.*', 'a.*'],
    ['a.>', 'a.b.c'],
    ['a.>', 'a.*.c'],
    ['a.>', 'a.>'],
    ['>', 'a'],
    ['*.b', 'a.b'],
  ])('%s covers %s', (outer, inner) => {
    expect(covers(outer, inner)).toBe(true);
  });

  it.each([
    ['a.b', 'a.c'],
    ['a.b', 'a.*'],
    ['a.*', 'a.>'],
    ['a.*', 'a.b.c'],
    ['a.*', 'a'],
    ['a.>', 'a'],
    ['a.b.>', 'a.>'],
    ['a', 'a.b'],
    ['ab.>', 'a.b'],
  ])('%s does not cover %s', (outer, inner) => {
    expect(covers(outer, inner)).toBe(false);
  });
});
