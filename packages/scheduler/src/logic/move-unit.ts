/**
 * A host for VMs that hard rules keep together: one that takes all of them, each asked about like any other move. They
 * are ordered in one transaction, and copied side by side.
 */
import {
  beginMove,
  checkMove,
  type Cluster,
  explainReason,
  heldByItself,
  heldBy,
  place,
  type PreflightReason,
  type Rejection,
  remedyFor,
  type Blocker,
  type Vm,
} from '@drover/core';
import { findTarget } from './find-target.ts';
import { type Asked, freshSince } from './preflight.ts';
import { unitMost } from './settings.ts';
import type { Turn } from './turn.ts';

export interface UnitMove {
  /** As its rules are seen by who moves it. */
  readonly cluster: Cluster;
  readonly unit: readonly Vm[];
  readonly source: string;
  readonly planned: string | undefined;
  /** Is there a slot for it? Else what is waited for. */
  readonly slotFor: (target: string) => true | string;
}

export type UnitFound =
  | Asked
  | { readonly type: 'wait'; readonly what: string }
  | { readonly type: 'blocked'; readonly blocker: Blocker }
  | { readonly type: 'ready'; readonly hostId: string };

export function findUnitTarget(turn: Turn, move: UnitMove): UnitFound {
  const { unit, source } = move;
  const held = unit.map(heldByItself).find((one) => one !== undefined);
  if (held?.reason === 'vm-busy') return { type: 'wait', what: `${held.vmName}, which is busy` };
  if (held !== undefined) return { type: 'blocked', blocker: held };
  const [first] = unit;
  if (first !== undefined && unit.length > unitMost) {
    return { type: 'blocked', blocker: tooMany(first, unit.length) };
  }
  const ready = new Set<string>();
  let asked: Asked | undefined;
  for (const vm of unit) {
    const found = findTarget<Blocker>(turn, vm, source, freshSince(0), () => {
      const target = hostFor(turn, move);
      if (typeof target !== 'string') return { no: target };
      const slot = move.slotFor(target);
      return slot === true ? target : { wait: slot };
    });
    switch (found.type) {
      case 'asked':
        asked = { type: 'asked', isLate: found.isLate && (asked?.isLate ?? true) };
        break;
      case 'wait':
        return found;
      case 'failed':
        return { type: 'blocked', blocker: said(vm, found.error.message, source) };
      case 'held':
        return { type: 'blocked', blocker: heldBy(vm, found.reasons) };
      case 'none':
        return { type: 'blocked', blocker: found.no };
      case 'ready':
        ready.add(found.hostId);
    }
  }
  if (asked !== undefined) return asked;
  const [hostId, ...others] = ready;
  // One said no after another had said yes: the next host is asked about.
  if (hostId === undefined || others.length > 0) return { type: 'asked', isLate: false };
  return { type: 'ready', hostId };
}

function tooMany({ id, name }: Vm, count: number): Blocker {
  const remedy = `rules keep ${count} VMs together, and at most ${unitMost} move as one: split the rule, or let it bend`;
  return { vmId: id, vmName: name, reason: 'rule-broken', rejections: [], remedy };
}

function said({ id, name }: Vm, why: string, source: string): Blocker {
  const rejections = [{ hostId: source, reason: 'preflight-failed', available: why }] as const;
  return {
    vmId: id,
    vmName: name,
    reason: 'preflight-failed',
    rejections,
    remedy: `see to libvirt on ${source}, and try again`,
  };
}

/** The planned one while it is right and none of them is refused by it; else the best of the others for the first. */
function hostFor(turn: Turn, { cluster, unit, source, planned }: UnitMove): string | Blocker {
  const [first, ...rest] = unit;
  if (first === undefined) throw new Error('a unit has a VM at least');
  const along = rest.map(({ id }) => id);
  const answer = place(cluster, { shape: first, source, along });
  const best = answer.type === 'placed' ? answer.candidates.map(({ hostId }) => hostId) : [];
  const hosts = new Set(planned === undefined ? best : [planned, ...best]);
  const barred = unit.flatMap(({ id, name }) =>
    [...(turn.volatile.searches.get(id)?.barred.values() ?? [])].map((one) => ({ ...one, name })),
  );
  const rejections: Rejection[] = [];
  for (const hostId of hosts) {
    const found = barred.find((one) => one.hostId === hostId);
    const no: Rejection | undefined =
      found === undefined
        ? refusalOf(cluster, unit, source, hostId)
        : refusedTo(found.name, hostId, found.reasons);
    if (no === undefined) return hostId;
    rejections.push(no);
  }
  const all = [...answer.rejections.filter(({ hostId }) => !hosts.has(hostId)), ...rejections];
  return {
    vmId: first.id,
    vmName: first.name,
    reason: 'no-host-fits',
    rejections: all.toSorted((a, b) => (a.hostId < b.hostId ? -1 : 1)),
    remedy: remedyFor(all),
  };
}

function refusedTo(name: string, hostId: string, reasons: readonly PreflightReason[]): Rejection {
  const available = `${name}: ${reasons.map(explainReason).join('; ')}`;
  return { hostId, reason: 'preflight-failed', available, reasons };
}

/** Why that host does not take all of them: one after the other, each with those before it on their way. */
export function refusalOf(
  cluster: Cluster,
  unit: readonly Vm[],
  source: string,
  target: string,
): Rejection | undefined {
  let now = cluster;
  for (const [at, vm] of unit.entries()) {
    const along = unit.slice(at + 1).map(({ id }) => id);
    const check = checkMove(now, { vmId: vm.id, source, target, along });
    if (check.type === 'refused') return check.rejection;
    if (check.type === 'changed') {
      return { hostId: target, reason: 'preflight-failed', available: check.why };
    }
    const { id: vmId, name: vmName, migrationMode: mode } = vm;
    const { memoryMib } = vm.request;
    now = beginMove(now, { vmId, vmName, source, target, mode, memoryMib, reason: '' });
  }
  return undefined;
}
