/** Balance as the API shows it: what the leader found, what people set and do not want; and what they may write about it. */
import {
  type api,
  type BalanceSettings,
  balanceSettings,
  type BalanceSettingsRecord,
  type DismissalRecord,
  DroverError,
  keys,
  type RecordMirror,
  type RequestRecord,
} from '@drover/protocol';
import { refuseWhenFull } from './decide-vm.ts';
import { openOperationOn } from './operations.ts';
import { type Ask, dropRecord, putRecord, type Write } from './write.ts';

const subject = 'balance';
const weekMinutes = 7 * 24 * 60;

export function balanceBody(
  records: RecordMirror,
  { recommendations, withdrawn: _withdrawn, ...status }: api.BalanceStatus,
  nowMs: number,
): api.BalanceBody {
  return {
    ...status,
    mode: balanceSettings(records).mode,
    recommendations: recommendations.length,
    dismissed: [...records.dismissals.values()]
      .map(({ value }) => value)
      .filter(({ untilMs }) => untilMs > nowMs)
      .flatMap(({ v: _v, ...shown }) => {
        const vm = records.vmIntents.get(shown.vmId)?.value;
        return vm === undefined ? [] : [{ ...shown, vmName: vm.name }];
      }),
  };
}

export function balanceSettingsBody(records: RecordMirror): api.BalanceSettingsBody {
  const record = records.balanceSettings.get(subject)?.value;
  return {
    settings: record?.settings ?? {},
    inForce: balanceSettings(records),
    ...(record === undefined ? {} : { by: record.by, atMs: record.atMs }),
  };
}

/** All that is set becomes what is given; nothing is merged. */
export function setBalanceSettings(
  records: RecordMirror,
  settings: BalanceSettings,
  ask: Ask,
): Write {
  const record: BalanceSettingsRecord = { v: 1, settings, by: ask.by, atMs: ask.atMs };
  const former = records.balanceSettings.get(subject);
  return { puts: [putRecord(keys.settings(subject), record, former)], compares: [] };
}

export function requireRecommendation(
  { recommendations }: Pick<api.BalanceStatus, 'recommendations'>,
  id: string,
): api.RecommendationBody {
  const found = recommendations.find((one) => one.id === id);
  if (found !== undefined) return found;
  throw new DroverError(
    'recommendation-not-found',
    `there is no recommendation ${id}, or it is not right any more: load has changed, or the VM has moved`,
  );
}

/** The first is the one that was asked for. */
export type RecommendedUnit = readonly [api.RecommendationBody, ...api.RecommendationBody[]];

/** The recommendation, and those of what a rule keeps together with its VM: they are made together, or not at all. */
export function requireUnit(
  status: Pick<api.BalanceStatus, 'recommendations'>,
  id: string,
): RecommendedUnit {
  const one = requireRecommendation(status, id);
  const { recommendations } = status;
  return [one, ...one.along.map((vmId) => requireOf(recommendations, vmId, one))];
}

function requireOf(
  recommendations: readonly api.RecommendationBody[],
  vmId: string,
  { vmName }: api.RecommendationBody,
): api.RecommendationBody {
  const found = recommendations.find((one) => one.vmId === vmId);
  if (found !== undefined) return found;
  throw new DroverError(
    'recommendation-not-found',
    `${vmName} moves with VM ${vmId}, which a rule keeps together with it, and that may not move any more`,
  );
}

/** Migrations to the target that was recommended, and off no other host; the first has the id that was given. */
export function applyRecommendation(
  records: RecordMirror,
  [first, ...rest]: RecommendedUnit,
  ask: Ask,
): Write {
  const one = moveRecommended(records, first, ask);
  const others = rest.map((each, at) =>
    moveRecommended(records, each, { ...ask, id: `${ask.id}-${at + 1}` }),
  );
  refuseWhenFull(records);
  return {
    puts: [one.put, ...others.map(({ put }) => put)],
    compares: [one, ...others].map(({ compare }) => compare),
  };
}

function moveRecommended(
  records: RecordMirror,
  { id, vmId, vmName, source, target, reason, along }: api.RecommendationBody,
  ask: Ask,
) {
  const open = openOperationOn(records, vmId);
  if (open !== undefined) {
    throw new DroverError('vm-busy', `${open.type} ${open.id} of ${vmName} is under way`);
  }
  const request: RequestRecord = {
    v: 1,
    id: ask.id,
    type: 'migrate',
    vmId,
    target,
    recommendation: { id, source, reason, ...(along.length === 0 ? {} : { along }) },
    by: ask.by,
    createdAtMs: ask.atMs,
  };
  const { modRevision = 0 } = records.assignments.get(vmId) ?? {};
  return {
    put: putRecord(keys.request(ask.id), request, undefined),
    compare: { key: keys.assignment(vmId), modRevision },
  };
}

/** The newest of those that are over tell what was recommended; older ones go in the same transaction. */
const overKept = 100;
const droppedAtOnce = 20;

export function dismissRecommendation(
  records: RecordMirror,
  { id, vmId, source, target, reason }: api.RecommendationBody,
  { minutes = weekMinutes }: api.RecommendationDismiss,
  ask: Ask,
): Write {
  const record: DismissalRecord = {
    v: 1,
    id,
    vmId,
    source,
    target,
    reason: reason.slice(0, 1000),
    untilMs: ask.atMs + minutes * 60_000,
    by: ask.by,
    atMs: ask.atMs,
  };
  const over = [...records.dismissals.values()]
    .filter(({ value }) => value.untilMs <= ask.atMs && value.id !== id)
    .toSorted((a, b) => b.value.atMs - a.value.atMs)
    .slice(overKept);
  return {
    puts: [
      putRecord(keys.dismissal(id), record, records.dismissals.get(id)),
      ...over
        .slice(0, droppedAtOnce)
        .map((former) => dropRecord(keys.dismissal(former.value.id), former)),
    ],
    compares: [],
  };
}
