/**
 * A day of VMs that come and go: host hours beyond the least there could be, against best fit (P10); with lives
 * known, foretold badly, and unknown but with a few moves.
 */
import { median, rounded, type Goal } from '../htools/goal.ts';
import { bestFit, drover, firstFit } from './placers.ts';
import { type HostSize, type Placer, replay, type Replayed } from './replay.ts';
import { makeStream } from './stream.ts';

const hosts = 120;
const sizes: readonly (HostSize & { readonly fills: number })[] = [
  { cores: 48, gib: 192, fills: 96 },
  { cores: 48, gib: 256, fills: 96 },
  { cores: 96, gib: 384, fills: 48 },
];
/** Until the hosts have filled, and a day after that. */
const time = { fromHours: 12, toHours: 36 };
/** What is said is off by half as much again, or more, in a third of all cases. */
const noise = 0.5;

export async function benchPacking(
  seeds: readonly number[],
  onStep: (text: string) => void,
): Promise<readonly Goal[]> {
  const cases: ReturnType<typeof compare>[] = [];
  for (const size of sizes) {
    for (const seed of seeds) {
      onStep(`hosts of ${size.cores} cores and ${size.gib} GiB, seed ${seed}`);
      cases.push(compare(size, seed));
    }
  }
  const goal = (
    id: string,
    what: string,
    most: number,
    of: (one: (typeof cases)[number]) => Judged,
  ) => {
    const list = cases.map(of);
    const excess = median(list.map((one) => one.excess));
    const refused = list.reduce((sum, one) => sum + one.refusedMore, 0);
    return {
      id,
      what: `host hours beyond the least over those of best fit, ${what}: median`,
      target: `≤ ${most}, no more refused`,
      reached: excess,
      ok: excess <= most && refused <= 0 && list.every((one) => one.arrivalsPerMove >= 20),
      raw: cases.map((one) => ({ ...one.base, ...of(one) })),
    };
  };
  return [
    goal('P10-known', 'lives known', 0.5, ({ known }) => known),
    goal('P10-noisy', 'lives foretold badly', 0.7, ({ noisy }) => noisy),
    goal('P10-moves', 'lives unknown, a move for every 20 arrivals', 0.6, ({ moves }) => moves),
  ];
}

interface Judged {
  readonly excess: number;
  readonly refusedMore: number;
  readonly arrivalsPerMove: number;
  readonly emptyShare: number;
}

function compare(size: (typeof sizes)[number], seed: number) {
  const stream = (deviation: number) =>
    makeStream({ ...size, seed, hours: time.toHours, noise: deviation });
  const exact = stream(0);
  const run = (placer: Placer, list = exact) => replay(list, hosts, size, placer, time);
  const best = run(bestFit(size));
  const first = run(firstFit);
  const judge = (one: Replayed): Judged => ({
    excess: rounded((one.ratio - 1) / (best.ratio - 1), 3),
    refusedMore: one.refused - best.refused,
    arrivalsPerMove: one.moved === 0 ? Number.MAX_SAFE_INTEGER : one.arrivals / one.moved,
    emptyShare: rounded(one.emptyShare, 3),
  });
  const ours = (options: { knowsLives: boolean; arrivalsPerMove?: number }) =>
    drover(hosts, size, { policy: 'pack', ...options });
  return {
    base: {
      host: `${size.cores}/${size.gib}`,
      seed,
      arrivals: best.arrivals,
      bestFit: rounded(best.ratio, 3),
      firstFit: rounded(first.ratio, 3),
      bestFitEmptyShare: rounded(best.emptyShare, 3),
      packAlone: judge(run(ours({ knowsLives: false }))).excess,
      balanced: rounded(
        run(drover(hosts, size, { policy: 'balanced', knowsLives: false })).ratio,
        3,
      ),
    },
    known: {
      ...judge(run(ours({ knowsLives: true }))),
      withMoves: judge(run(ours({ knowsLives: true, arrivalsPerMove: 20 }))).excess,
    },
    noisy: judge(run(ours({ knowsLives: true }), stream(noise))),
    moves: judge(run(ours({ knowsLives: false, arrivalsPerMove: 20 }))),
  };
}
