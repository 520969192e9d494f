/**
 * Conditions of hosts, VMs and pools: the facts of their bodies in one form, so that a program waits for any of them in one
 * way. Derived from what is known at the moment; nothing is kept for them.
 */
import type {
  api,
  AssignmentRecord,
  HostRecord,
  OperationRecord,
  VmIntentRecord,
} from '@drover/protocol';

type Status = api.Condition['status'];

function condition(
  type: string,
  status: Status | boolean,
  reason: string,
  message: string,
  sinceMs?: number,
): api.Condition {
  const known = sinceMs === undefined ? {} : { sinceMs };
  return { type, status: `${status}` as Status, reason, message, ...known };
}

export interface HostFacts {
  readonly state: api.HostBody['state'];
  readonly reasons: readonly string[];
  readonly pools: api.HostBody['pools'];
  readonly record: HostRecord | undefined;
  /** The newest drain of it. */
  readonly drain: OperationRecord | undefined;
  /** When it was cordoned. */
  readonly cordonedAtMs: number | undefined;
}

export function hostConditions(host: HostFacts): api.Condition[] {
  return [heard(host), schedulable(host), poolsUsable(host), saidToBeOff(host)];
}

function heard({ state, reasons }: HostFacts): api.Condition {
  const why = reasons.join('; ');
  if (state === 'down') return condition('heard', false, 'silent', why || 'it says nothing');
  if (state === 'suspect') return condition('heard', 'unknown', 'late', why || 'it is late');
  return condition('heard', true, 'reports', 'its agent reports');
}

function schedulable({ state, drain, cordonedAtMs }: HostFacts): api.Condition {
  const no = (reason: string, message: string, sinceMs?: number) =>
    condition('schedulable', false, reason, message, sinceMs);
  const why = drain?.message === undefined ? '' : `: ${drain.message}`;
  switch (state) {
    case 'ready':
      return condition('schedulable', true, 'ready', 'it takes VMs');
    case 'cordoned':
      return no('cordoned', 'somebody cordoned it', cordonedAtMs);
    case 'draining':
      return no('draining', `it is being emptied${why}`, drain?.startedAtMs ?? drain?.createdAtMs);
    case 'drained':
      return no('drained', `it was emptied${why}`, drain?.endedAtMs);
    case 'suspect':
    case 'down':
      return no('not-heard', 'it may not run');
  }
}

function poolsUsable({ state, pools }: HostFacts): api.Condition {
  if (state === 'down' || state === 'suspect') {
    return condition('pools-usable', 'unknown', 'not-heard', 'it does not say');
  }
  const ailing = pools.filter((pool) => pool.state !== 'active' || pool.condition === 'full');
  if (ailing.length === 0) return condition('pools-usable', true, 'usable', 'all that it has');
  const texts = ailing.map(
    (pool) => `${pool.name}: ${pool.reason ?? pool.condition ?? pool.state}`,
  );
  return condition('pools-usable', false, 'ailing', texts.join('; '));
}

function saidToBeOff({ record }: HostFacts): api.Condition {
  const { fenced } = record ?? {};
  return fenced === undefined
    ? condition('said-to-be-off', false, 'not-said', 'nobody has said that its power is off')
    : condition('said-to-be-off', true, 'said', `${fenced.by} said that it is off`, fenced.atMs);
}

export interface VmFacts {
  readonly intent: VmIntentRecord;
  readonly assignment: AssignmentRecord | undefined;
  /** That may act on it now. */
  readonly operation: OperationRecord | undefined;
}

export function vmConditions(vm: VmFacts): api.Condition[] {
  return [asWanted(vm), idle(vm), sizeAsAsked(vm), mayBeMoved(vm)];
}

function asWanted({ intent: { desired }, assignment }: VmFacts): api.Condition {
  const state = assignment?.state ?? 'pending';
  const message = `it is to be ${desired}, and is ${state}`;
  if (state === 'unknown') return condition('as-wanted', 'unknown', 'unknown', message);
  const isOn = state === 'running' || state === 'migrating';
  const isOff = state === 'stopped' || state === 'saved';
  const isSo = desired === 'running' ? isOn : desired === 'stopped' && isOff;
  return condition('as-wanted', isSo, state, message);
}

function idle({ operation }: VmFacts): api.Condition {
  if (operation === undefined) return condition('idle', true, 'idle', 'nothing is done with it');
  const { type, id, startedAtMs, createdAtMs } = operation;
  return condition('idle', false, type, `operation ${id}`, startedAtMs ?? createdAtMs);
}

function sizeAsAsked({ intent: { spec }, assignment }: VmFacts): api.Condition {
  const { promised } = assignment ?? {};
  return promised === undefined
    ? condition('size-as-asked', true, 'as-asked', 'it has what its spec says')
    : condition(
        'size-as-asked',
        false,
        'next-start',
        `it starts with ${spec.vcpus} vCPUs and ${spec.memoryMib} MiB next`,
      );
}

function mayBeMoved({ assignment }: VmFacts): api.Condition {
  const { rest } = assignment ?? {};
  return rest === undefined
    ? condition('may-be-moved', true, 'not-resting', 'no move of it was given up lately')
    : condition('may-be-moved', false, 'resting', rest.reason);
}

export function poolConditions(status: api.PoolStatus | undefined): api.Condition[] {
  if (status === undefined) {
    const unknown = (type: string) =>
      condition(type, 'unknown', 'no-leader', 'no scheduler leads that could say');
    return ['usable', 'roomy', 'locks'].map(unknown);
  }
  return [usable(status), roomy(status), locks(status)];
}

function usable({ hosts }: api.PoolStatus): api.Condition {
  if (hosts.length === 0) return condition('usable', 'unknown', 'no-host', 'no host has it yet');
  const ailing = hosts.filter(({ condition: found }) => !['reachable', 'full'].includes(found));
  if (ailing.length === 0) return condition('usable', true, 'reachable', 'on every host');
  const texts = ailing.map(
    ({ hostId, condition: found, reason }) => `${hostId}: ${reason ?? found}`,
  );
  const reason = ailing.length === hosts.length ? 'nowhere' : 'not-everywhere';
  return condition('usable', false, reason, texts.join('; '));
}

function roomy({ alarms, hosts, freeMib }: api.PoolStatus): api.Condition {
  const full = hosts.filter(({ condition: found }) => found === 'full');
  if (full.length > 0) {
    const ids = full.map(({ hostId }) => hostId).join(', ');
    return condition('roomy', false, 'full', `it is full, as ${ids} sees it`);
  }
  const [alarm] = alarms;
  return alarm === undefined
    ? condition('roomy', true, 'room', `${freeMib} MiB are free`)
    : condition('roomy', false, alarm.code, alarm.message);
}

function locks({ protection, protectedBy }: api.PoolStatus): api.Condition {
  return condition('locks', protection !== 'none', protection, protectedBy);
}
