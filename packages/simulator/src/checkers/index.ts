import { atMostOne } from './at-most-one.ts';
import { capacity } from './capacity.ts';
import { cooldown } from './cooldown.ts';
import type { Checker } from './checker.ts';
import { namedFilesKept } from './named-files.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { endFirst, journalFirst, onlyOnce, staleEpoch } from './orders.ts';
import { poolReachable } from './pools.ts';
import { promisedSize } from './promised-size.ts';
import { generations, operationsEnd, writtenByLeader } from './records.ts';
import { rulesKept } from './rules.ts';
import { savedMemoryKept } from './saved-memory.ts';
import { speaksForItself } from './speech.ts';
import { unharmed } from './unharmed.ts';

/** All of them, for one run. */
export function allCheckers(): readonly Checker[] {
  return [
    atMostOne,
    capacity,
    cooldown,
    staleEpoch,
    journalFirst,
    endFirst,
    onlyOnce(),
    unharmed,
    generations,
    operationsEnd,
    oneAtATime,
    writtenByLeader,
    poolReachable,
    promisedSize,
    rulesKept,
    speaksForItself,
    savedMemoryKept,
    namedFilesKept,
  ];
}
