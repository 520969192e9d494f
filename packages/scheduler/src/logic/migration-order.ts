/** How one move is to be made: the policy that holds for it and who said so, its deadline, and what it is expected to take. */
import {
  effectivePolicy,
  type EffectivePolicy,
  type MigrationForecast as CoreForecast,
  predictMigration,
  timeoutSecondsOf,
  type Vm,
} from '@drover/core';
import type {
  MigrationForecast,
  MigrationOrder,
  MigrationWish,
  OperationRecord,
  RecordMirror,
  ReportedVm,
} from '@drover/protocol';
import { type MigrationPace, paceOf } from './migration-history.ts';

export interface MoveToOrder {
  readonly vm: Vm;
  readonly source: string;
  readonly target: string;
  /** As its host has reported it last. */
  readonly reported: ReportedVm | undefined;
  /** Of the person who asked for this move, or for the drain that it is part of. */
  readonly asked: MigrationWish | undefined;
}

export function orderOf(mirror: RecordMirror, move: MoveToOrder): MigrationOrder {
  const operations = [...mirror.operations.values()].map(({ value }) => value);
  const pace = paceOf(operations, move.source, move.target);
  const { memoryMib } = move.vm.request;
  const { policy, from, forecast } = expectedOf(mirror, move, pace);
  const timeoutSeconds = timeoutSecondsOf(policy, memoryMib, pace.mibPerSecond);
  return {
    policy: { ...policy, downtimeLadderMs: [...policy.downtimeLadderMs] },
    from: { ...from },
    timeoutMs: Math.ceil(timeoutSeconds * 1_000),
    forecast: roundedForecast(forecast),
  };
}

export interface Expected extends EffectivePolicy {
  readonly forecast: CoreForecast;
}

/** The policy that holds for the move, and what it is expected to take at that pace. */
export function expectedOf(
  mirror: RecordMirror,
  move: Pick<MoveToOrder, 'vm' | 'reported' | 'asked'>,
  { mibPerSecond, overheadSeconds }: MigrationPace,
): Expected {
  const effective = policyOf(mirror, move.vm.id, move.asked);
  const forecast = predictMigration({
    ...knownOf(move.reported, move.vm.request.memoryMib),
    linkMibPerSecond: mibPerSecond,
    overheadSeconds,
    policy: effective.policy,
  });
  return { ...effective, forecast };
}

/** Whose word holds for a move of this VM. `asked`: of the move, or of the drain that it is part of. */
export function policyOf(
  mirror: RecordMirror,
  vmId: string,
  asked: MigrationWish | undefined,
): EffectivePolicy {
  const settings = mirror.settings.get('migration')?.value.settings;
  const { labels = {}, migration: own } = mirror.vmIntents.get(vmId)?.value.spec ?? {};
  return effectivePolicy(labels, {
    ...(settings?.cluster ? { cluster: settings.cluster } : {}),
    ...(settings?.byLabel ? { byLabel: settings.byLabel } : {}),
    ...(own ? { vm: own } : {}),
    ...(asked ? { request: asked } : {}),
  });
}

function knownOf(reported: ReportedVm | undefined, memoryMib: number) {
  const { touchedMib = memoryMib, dirtyKibPerSecond, writtenSetMib } = reported ?? {};
  return {
    memoryMib: Math.min(memoryMib, touchedMib),
    ...(dirtyKibPerSecond === undefined ? {} : { dirtyMibPerSecond: dirtyKibPerSecond / 1024 }),
    ...(writtenSetMib === undefined ? {} : { writtenSetMib }),
  };
}

function roundedForecast({ seconds, ...forecast }: CoreForecast): MigrationForecast {
  return {
    ...forecast,
    elapsedMs: Math.round(seconds * 1_000),
    downtimeMs: Math.round(forecast.downtimeMs),
    transferredMib: Math.round(forecast.transferredMib),
  };
}

/** Where somebody said that it is to go. */
export function namedTarget(
  mirror: RecordMirror,
  { id, target }: OperationRecord,
): string | undefined {
  const request = mirror.requests.get(id)?.value;
  return target ?? (request?.type === 'migrate' ? request.target : undefined);
}

/** What a person asked of this move: in its own request, or in that of the drain which it is part of. */
export function askedOf(
  mirror: RecordMirror,
  { id, parentId }: Pick<OperationRecord, 'id' | 'parentId'>,
): MigrationWish | undefined {
  const request = mirror.requests.get(parentId ?? id)?.value;
  return request !== undefined && 'migration' in request ? request.migration : undefined;
}
