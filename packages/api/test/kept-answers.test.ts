/** What is dear to answer is asked for seldom, however often people ask. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeptAnswers } from '../src/shell/kept-answers.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Takes a second to answer, and counts. */
function slow() {
  let asked = 0;
  const ask = () =>
    new Promise<number>((resolve) => {
      asked += 1;
      setTimeout(resolve, 1000, asked);
    });
  return { ask, count: () => asked };
}

describe('an answer that took a second', () => {
  it('is the one of all who ask meanwhile, and of those who ask within nine more', async () => {
    const kept = new KeptAnswers<number>();
    const { ask, count } = slow();
    const both = Promise.all([kept.get('it', ask), kept.get('it', ask)]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await both).toEqual([1, 1]);
    await vi.advanceTimersByTimeAsync(8999);
    expect(await kept.get('it', ask)).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    void kept.get('it', ask);
    expect(count()).toBe(2);
  });

  it('is not that to another question', () => {
    const kept = new KeptAnswers<number>();
    const { ask, count } = slow();
    void kept.get('it', ask);
    void kept.get('another', ask);
    expect(count()).toBe(2);
  });
});

it('a failure is asked about anew', async () => {
  const kept = new KeptAnswers<number>();
  await expect(kept.get('it', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await kept.get('it', () => Promise.resolve(1))).toBe(1);
});
