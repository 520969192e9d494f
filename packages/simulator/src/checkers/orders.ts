/**
 * What an agent may act on and tell: no order of a deposed leader, no step that is not on its disk, none twice, no
 * end that is not on its disk.
 */
import type { Checker } from './checker.ts';

export const staleEpoch: Checker = {
  name: 'no-stale-epoch',
  acted({ hostId, opId, step, kind, epoch, durableEpoch }) {
    return BigInt(epoch) < BigInt(durableEpoch)
      ? `${hostId} does ${kind} ${opId}/${step} of epoch ${epoch}, and has ${durableEpoch} on its disk`
      : undefined;
  },
};

export const journalFirst: Checker = {
  name: 'journal-first',
  acted({ hostId, opId, step, kind, isBegunDurable }) {
    return isBegunDurable
      ? undefined
      : `${hostId} does ${kind} ${opId}/${step} before that is on its disk`;
  },
};

export const endFirst: Checker = {
  name: 'end-first',
  told({ hostId, opId, step, outcome, isEndDurable }) {
    return isEndDurable
      ? undefined
      : `${hostId} tells that ${opId}/${step} is ${outcome} before that is on its disk`;
  },
};

/** A checker with a memory: make one for each run. */
export function onlyOnce(): Checker {
  const acted = new Set<string>();
  return {
    name: 'step-happens-once',
    acted({ hostId, opId, step, kind, wasForgotten }) {
      if (wasForgotten) return undefined;
      const key = `${hostId} ${opId}/${step}`;
      if (acted.has(key)) return `${hostId} does ${kind} ${opId}/${step} a second time`;
      acted.add(key);
      return undefined;
    },
  };
}
