/**
 * Two ways of doing the same, taking turns, so that whatever else the machine does meets both alike.
 */

export interface Ratio {
  readonly name: string;
  /** What the figure is, in words. */
  readonly meaning: string;
  readonly median: number;
  readonly smallest: number;
  readonly largest: number;
  /** What to reach, and whether that is a lower or an upper bound. */
  readonly aim: number;
  readonly atLeast: boolean;
  /** Milliseconds, of the median pair. */
  readonly oursMs: number;
  readonly theirsMs: number;
}

export interface Contest {
  readonly name: string;
  readonly meaning: string;
  readonly aim: number;
  readonly atLeast: boolean;
  /** Both give milliseconds for the same work. */
  readonly ours: () => Promise<number>;
  readonly theirs: () => Promise<number>;
  readonly ratio: (oursMs: number, theirsMs: number) => number;
}

export async function judge(contest: Contest, rounds: number): Promise<Ratio> {
  const { name, meaning, aim, atLeast, ours, theirs, ratio } = contest;
  // The first of each is warming up.
  await ours();
  await theirs();
  const pairs: { readonly ratio: number; readonly oursMs: number; readonly theirsMs: number }[] =
    [];
  for (let round = 0; round < rounds; round += 1) {
    const oursFirst = round % 2 === 0;
    const early = await (oursFirst ? ours() : theirs());
    const late = await (oursFirst ? theirs() : ours());
    const [oursMs, theirsMs] = oursFirst ? [early, late] : [late, early];
    pairs.push({ ratio: ratio(oursMs, theirsMs), oursMs, theirsMs });
  }
  const sorted = pairs.toSorted((a, b) => a.ratio - b.ratio);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('no rounds');
  return {
    name,
    meaning,
    aim,
    atLeast,
    median: middle.ratio,
    smallest: sorted[0]?.ratio ?? middle.ratio,
    largest: sorted.at(-1)?.ratio ?? middle.ratio,
    oursMs: middle.oursMs,
    theirsMs: middle.theirsMs,
  };
}

export function table(results: readonly Ratio[]): string {
  const rows = results.map((one) => [
    one.name,
    one.median.toFixed(2),
    `${one.smallest.toFixed(2)} to ${one.largest.toFixed(2)}`,
    `${one.atLeast ? 'at least' : 'at most'} ${one.aim}`,
    (one.atLeast ? one.median >= one.aim : one.median <= one.aim) ? 'reached' : 'missed',
    `${one.oursMs.toFixed(1)} / ${one.theirsMs.toFixed(1)} ms`,
    one.meaning,
  ]);
  const all = [['case', 'ratio', 'spread', 'aim', '', 'ours / theirs', 'the ratio of'], ...rows];
  const widths = all[0]?.map((_, column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0)),
  );
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths?.[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
