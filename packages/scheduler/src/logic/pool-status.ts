/**
 * A pool as a whole, from what its hosts say: room, what is promised of it, where its room goes, what protects its disks,
 * and what people have to be told before it is too late.
 */
import {
  type api,
  type PoolAlarm,
  poolDefaults,
  type PoolProtection,
  type PoolRecord,
  type RecordMirror,
} from '@drover/protocol';
import type { HeardHost, HostWatch } from './host-watch.ts';
import type { Now, SchedulerSettings } from './port.ts';
import { judged, promisableMib, type ReportedPool } from './pool-reach.ts';
import { poolSizes, type SizesByPool, sizesKey } from './pool-sizes.ts';
import type { PoolTrends } from './pool-trend.ts';
import { isOpen } from './vm-shape.ts';

export interface SeenPools {
  readonly nowMs: number;
  readonly mirror: RecordMirror;
  readonly hosts: readonly HeardHost[];
  readonly sizes: SizesByPool;
  readonly trends: PoolTrends;
}

/** What one said that is silent now says nothing of now. */
export function seenPools(seen: {
  readonly now: Now;
  readonly mirror: RecordMirror;
  readonly hosts: HostWatch;
  readonly settings: SchedulerSettings;
  readonly volatile: { readonly poolTrends: PoolTrends };
}): SeenPools {
  const { now, mirror, hosts, settings, volatile } = seen;
  const open = [...mirror.operations.values()].map(({ value }) => value).filter(isOpen);
  return {
    nowMs: now.monoMs,
    mirror,
    hosts: hosts
      .all()
      .filter(({ hostId }) => hosts.health(now.monoMs, hostId, settings) !== 'down'),
    sizes: poolSizes(mirror, open),
    trends: volatile.poolTrends,
  };
}

interface OnHost {
  readonly hostId: string;
  readonly pool: ReportedPool;
}

/** So much less has to be in use before an alarm is taken back. */
const backPercent = 2;
const soonHours = 24;

export function poolStatuses(
  seen: SeenPools,
  only?: string,
): Readonly<Record<string, api.PoolStatus>> {
  const pools = [...seen.mirror.pools.values()].map(({ value }) => value);
  const asked = pools.filter(({ name }) => only === undefined || name === only);
  return Object.fromEntries(asked.map((pool) => [pool.name, poolStatus(seen, pool)]));
}

export function poolStatus(seen: SeenPools, pool: PoolRecord): api.PoolStatus {
  const { mirror, nowMs, hosts, sizes } = seen;
  const there = whereIs(mirror, hosts, pool.name);
  const room = roomOf(pool, there);
  const { promisedMib = 0, reservedMib = 0 } = sizes.get(pool.name) ?? {};
  const promisable =
    pool.spec.type === 'local' ? undefined : promisableMib(pool, sizes, '', room.capacityMib);
  return {
    ...room,
    promisedMib,
    ...(promisable === undefined ? {} : { promisableMib: promisable }),
    reservedMib,
    trends: trendsOf(seen, pool).map(({ hostId, slope }) => ({
      ...(hostId === undefined ? {} : { hostId }),
      ...slope,
    })),
    ...protectionOf(pool, there),
    alarms: [...alarmsOf(seen, pool)],
    hosts: hosts.map((heard) => onHost(mirror, nowMs, heard, pool)),
  };
}

function onHost(
  mirror: RecordMirror,
  nowMs: number,
  { hostId, inventory, lastHeardMs }: HeardHost,
  { name, spec }: PoolRecord,
): api.PoolOnHost {
  const reportAgeMs = Math.max(0, Math.round(nowMs - lastHeardMs));
  const reported = inventory?.pools.find((pool) => pool.name === name);
  if (spec.type === 'nfs-direct') {
    const reason = 'QEMU reaches it by itself; nothing on the host says whether it does';
    return { hostId, condition: 'reachable', reason, capacityMib: 0, freeMib: 0, reportAgeMs };
  }
  if (reported === undefined) {
    const reason = 'libvirt there does not have it yet';
    return { hostId, condition: 'inactive', reason, capacityMib: 0, freeMib: 0, reportAgeMs };
  }
  const { condition, reason, capacityMib, freeMib, mount, mark, inodes } = withCondition(
    judged(mirror, reported),
  );
  return {
    hostId,
    condition,
    ...(reason === undefined ? {} : { reason }),
    capacityMib,
    freeMib,
    ...(mount === undefined ? {} : { mount }),
    ...(mark === undefined ? {} : { mark }),
    ...(inodes === undefined ? {} : { inodes }),
    reportAgeMs,
  };
}

/** Agents of old only know three states. */
function withCondition(pool: ReportedPool) {
  const condition = pool.condition ?? (pool.state === 'active' ? 'reachable' : pool.state);
  return { ...pool, condition };
}

/** Hosts that can read its files now. */
function whereIs(
  mirror: RecordMirror,
  hosts: readonly HeardHost[],
  name: string,
): readonly OnHost[] {
  return hosts.flatMap(({ hostId, inventory }) => {
    const reported = inventory?.pools.find((pool) => pool.name === name);
    if (reported === undefined || reported.capacityMib === 0) return [];
    const pool = judged(mirror, reported);
    return pool.condition === 'wrong-mount' ? [] : [{ hostId, pool }];
  });
}

function roomOf({ spec }: PoolRecord, there: readonly OnHost[]) {
  if (spec.type === 'local') {
    return {
      capacityMib: there.reduce((sum, { pool }) => sum + pool.capacityMib, 0),
      freeMib: there.reduce((sum, { pool }) => sum + pool.freeMib, 0),
    };
  }
  const least = there.toSorted((a, b) => a.pool.freeMib - b.pool.freeMib)[0]?.pool;
  return { capacityMib: least?.capacityMib ?? 0, freeMib: least?.freeMib ?? 0 };
}

function protectionOf(
  { spec }: PoolRecord,
  there: readonly OnHost[],
): { readonly protection: PoolProtection; readonly protectedBy: string } {
  if (spec.type === 'nfs-direct') {
    const protectedBy = 'nothing: QEMU’s own NFS client takes no locks, so VMs move in paused mode';
    return { protection: 'none', protectedBy };
  }
  if (spec.type === 'local') {
    const protectedBy = 'each disk is on one host; VMs on it do not move live';
    return { protection: 'one-host', protectedBy };
  }
  const mounts = there.flatMap(({ hostId, pool }) =>
    pool.mount ? [{ hostId, ...pool.mount }] : [],
  );
  const [first] = mounts;
  if (first === undefined) {
    return { protection: 'none', protectedBy: 'not known: no host says how it is mounted' };
  }
  const bare = mounts.find(({ guard }) => guard === 'none');
  if (bare !== undefined) {
    const protectedBy = `nothing: on ${bare.hostId} it is ${bare.type} at ${bare.at}, where no other host sees a lock`;
    return { protection: 'none', protectedBy };
  }
  const kernel = mounts.find(({ guard }) => guard === 'kernel-lock');
  if (kernel !== undefined) {
    const protectedBy = `locks of one kernel (${kernel.type} at ${kernel.at}): only hosts that share it, as containers do, see them`;
    return { protection: 'kernel-lock', protectedBy };
  }
  const version = first.version === undefined ? first.type : `NFS ${first.version}`;
  return { protection: 'image-lock', protectedBy: `image locks on the server (${version})` };
}

/** Whose room is looked at by itself: a host's, or that of all. */
function partsOf(seen: SeenPools, pool: PoolRecord) {
  const there = whereIs(seen.mirror, seen.hosts, pool.name);
  if (pool.spec.type !== 'local') {
    return there.length === 0
      ? []
      : [{ key: pool.name, hostId: undefined, ...roomOf(pool, there) }];
  }
  return there.map(({ hostId, pool: { capacityMib, freeMib } }) => ({
    key: sizesKey(pool.name, hostId),
    hostId,
    capacityMib,
    freeMib,
  }));
}

export function samplePools(seen: SeenPools): void {
  const keys = new Set<string>();
  for (const { value: pool } of seen.mirror.pools.values()) {
    for (const { key, freeMib } of partsOf(seen, pool)) {
      keys.add(key);
      seen.trends.sample(key, seen.nowMs, freeMib);
    }
  }
  if (keys.size > 0) seen.trends.forget((key) => seen.mirror.pools.has(key.split(' ')[0] ?? ''));
}

function trendsOf(seen: SeenPools, pool: PoolRecord) {
  return partsOf(seen, pool).flatMap(({ key, hostId }) => {
    const slope = seen.trends.slope(key);
    return slope === undefined ? [] : [{ hostId, slope }];
  });
}

/** What has been told stays until it is clearly over. */
export function alarmsOf(seen: SeenPools, pool: PoolRecord): readonly PoolAlarm[] {
  const { mirror, sizes, trends } = seen;
  const known = mirror.poolStates.get(pool.name)?.value;
  const told = known?.uuid === pool.uuid ? (known.alarms ?? []) : [];
  const { thinLimitPercent = poolDefaults.thinLimitPercent } = pool;
  return partsOf(seen, pool).flatMap(({ key, hostId, capacityMib, freeMib }) => {
    const about = hostId === undefined ? {} : { hostId };
    const where = hostId === undefined ? '' : ` on ${hostId}`;
    const wasTold = (code: PoolAlarm['code']) =>
      told.some((alarm) => alarm.code === code && alarm.hostId === hostId);
    const usedPercent = Math.floor(((capacityMib - freeMib) * 100) / capacityMib);
    const alarmPercent =
      (pool.alarmPercent ?? poolDefaults.alarmPercent) - (wasTold('nearly-full') ? backPercent : 0);
    const slope = trends.slope(key);
    const hours = slope?.fullInHours;
    const soon = soonHours + (wasTold('full-soon') ? backPercent : 0);
    const { promisedMib = 0 } = sizes.get(key) ?? {};
    const mostMib = Math.floor((capacityMib * thinLimitPercent) / 100);
    const alarms: PoolAlarm[] = [];
    if (usedPercent >= alarmPercent) {
      const message = `${usedPercent} % are in use${where}, ${freeMib} MiB are free`;
      alarms.push({ code: 'nearly-full', ...about, message });
    }
    if (slope !== undefined && hours !== undefined && hours < soon) {
      const message = `full in ${hours} hours${where} if it goes on as in the last ${slope.overMinutes} minutes`;
      alarms.push({ code: 'full-soon', ...about, message });
    }
    if (promisedMib > mostMib) {
      const message = `${promisedMib} MiB are promised to disks${where}, ${mostMib} MiB may be`;
      alarms.push({ code: 'promised-too-much', ...about, message });
    }
    return alarms;
  });
}
