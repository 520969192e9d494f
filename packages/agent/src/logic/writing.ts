/**
 * From measurements of how much memory a VM writes to in a time, to how it writes: so fast, to so much. Of a set of W
 * MiB that is written to at r MiB/s, a time t finds d = r t ÷ (1 + r t ÷ W) changed. So 1/d is a straight line over
 * 1/t, and two times give both.
 */

export interface WritingSample {
  readonly seconds: number;
  /** What was found changed, over the time. */
  readonly mibPerSecond: number;
}

export interface Writing {
  readonly dirtyKibPerSecond: number;
  readonly writtenSetMib: number;
}

/** A set of more than so many seconds of writing has no end in sight. */
const endlessSeconds = 3_600;

/** With one measurement only, what was found is taken as the rate, to a set without an end. */
export function writingOf(samples: readonly WritingSample[]): Writing {
  const [short, long] = samples.toSorted((a, b) => a.seconds - b.seconds);
  if (short === undefined || short.mibPerSecond <= 0) return rounded(long?.mibPerSecond ?? 0, 0);
  if (long === undefined || long.seconds === short.seconds) return endless(short.mibPerSecond);
  const shortMib = short.mibPerSecond * short.seconds;
  const longMib = long.mibPerSecond * long.seconds;
  // The longer one cannot find less; that it did is chance, or the VM has calmed down.
  if (longMib <= shortMib) return rounded(short.mibPerSecond, shortMib);
  const rate = (1 / short.seconds - 1 / long.seconds) / (1 / shortMib - 1 / longMib);
  const share = 1 / shortMib - 1 / (rate * short.seconds);
  const most = Math.max(short.mibPerSecond, long.mibPerSecond);
  return share * most * endlessSeconds <= 1 ? endless(most) : rounded(rate, 1 / share);
}

function endless(mibPerSecond: number): Writing {
  return rounded(mibPerSecond, mibPerSecond * endlessSeconds);
}

function rounded(mibPerSecond: number, setMib: number): Writing {
  return {
    dirtyKibPerSecond: Math.round(mibPerSecond * 1024),
    writtenSetMib: Math.min(Number.MAX_SAFE_INTEGER, Math.ceil(setMib)),
  };
}
