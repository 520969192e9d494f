/**
 * Is anything decided in the cluster, and if not, why and what helps; and a person's word that etcd was restored from a
 * backup, which raises the era. What follows from that is the scheduler's.
 */
import {
  type api,
  DroverError,
  type EraRecord,
  keys,
  type LeaderView,
  type RecordMirror,
} from '@drover/protocol';
import { type Ask, putRecord, type Write } from './write.ts';

export function clusterBody(
  records: RecordMirror,
  leader: LeaderView | undefined,
): api.ClusterBody {
  const era = records.era?.value;
  const problem = problemOf(records, leader);
  return {
    era: era?.era ?? 0,
    ...(era === undefined ? {} : { eraBy: era.by, eraAtMs: era.atMs }),
    nextEra: nextEra(records, leader),
    held: records.held !== undefined,
    ...(problem === undefined ? {} : { problem }),
    ...(leader === undefined ? {} : { leader: leader.leader }),
    unreadable: [...records.unreadable].map(([key, reason]) => ({ key, reason })),
  };
}

/** Without a leader only etcd is asked, which may have been restored from before the era was raised last. */
export function nextEra({ era, restored }: RecordMirror, leader: LeaderView | undefined): number {
  const known = [era?.value.era, restored?.value.era, leader?.highestEra];
  return Math.max(...known.map((one) => one ?? 0)) + 1;
}

function problemOf(
  { held }: RecordMirror,
  leader: LeaderView | undefined,
): api.ClusterBody['problem'] {
  if (held !== undefined) {
    return {
      message: `etcd was restored from a backup (${held.reason}): nothing is decided before its era is raised`,
      remedy:
        'see that every host is up and its agent runs, then: drover cluster era raise; docs/restore-etcd.md says what becomes of what',
    };
  }
  if (leader?.problem === undefined) return undefined;
  return {
    message: `nothing is decided: ${leader.problem}`,
    remedy:
      'see that these hosts are up and their agents run; of one that is off say so: drover host recover HOST',
  };
}

export function raiseEra(
  records: RecordMirror,
  era: number,
  leader: LeaderView | undefined,
  { by, atMs }: Ask,
): Write {
  const least = nextEra(records, leader);
  if (era < least) {
    throw new DroverError(
      'bad-request',
      `era ${era} has been: the next one is ${least}, or a higher one if you noted one down`,
    );
  }
  const record: EraRecord = { v: 1, era, by, atMs };
  return { puts: [putRecord(keys.era(), record, records.era)], compares: [] };
}
