import { describe, expect, it } from 'vitest';
import { Watcher } from '../../src/shell/watcher.ts';

/** Looks that end when the test says so. */
function watching() {
  const begun: PromiseWithResolvers<string>[] = [];
  const seen: (readonly [string, number])[] = [];
  const warnings: string[] = [];
  const watcher = new Watcher<string>({
    look: () => {
      const look = Promise.withResolvers<string>();
      begun.push(look);
      return look.promise;
    },
    onLook: (what, answers) => seen.push([what, answers]),
    warn: (text) => warnings.push(text),
  });
  const look = async (at: number) => {
    await expect.poll(() => begun.length, { timeout: 5_000 }).toBeGreaterThan(at);
    return begun[at] as PromiseWithResolvers<string>;
  };
  return { watcher, seen, warnings, look, begun };
}

describe('looking at the host', () => {
  it('answers only questions that were asked before the look began', async () => {
    const { watcher, seen, look } = watching();
    watcher.ask(1);
    const first = await look(0);
    watcher.ask(2);
    first.resolve('old');
    (await look(1)).resolve('new');
    await expect
      .poll(() => seen)
      .toEqual([
        ['old', 1],
        ['new', 2],
      ]);
    await watcher[Symbol.asyncDispose]();
  });

  it('is done once for many questions at a time', async () => {
    const { watcher, seen, look, begun } = watching();
    for (const id of [1, 2, 3]) watcher.ask(id);
    (await look(0)).resolve('all');
    await expect.poll(() => seen).toEqual([['all', 3]]);
    expect(begun).toHaveLength(1);
    await watcher[Symbol.asyncDispose]();
  });

  it('is repeated when it failed, and complained of once', async () => {
    const { watcher, seen, look, warnings } = watching();
    watcher.ask(1);
    (await look(0)).reject(new Error('away'));
    (await look(1)).reject(new Error('away'));
    (await look(2)).resolve('back');
    await expect.poll(() => seen, { timeout: 5_000 }).toEqual([['back', 1]]);
    expect(warnings).toHaveLength(1);
    await watcher[Symbol.asyncDispose]();
  });
});
