/**
 * What has to be kept true of pools: every host has those that are declared, and none of ours that is not; one host marks
 * each, so that a directory without the mark is known to be another one; and what people are to be told is written down
 * where it becomes news.
 */
import {
  type Inventory,
  keys,
  type PoolAlarm,
  type PoolRecord,
  type PoolStateRecord,
} from '@drover/protocol';
import { alarmsOf, samplePools, seenPools } from './pool-status.ts';
import { tryAgainMs } from './settings.ts';
import { put, type Turn } from './turn.ts';

/** An NFS client may not see for so long what another host has made. */
const seenByAllMs = 65_000;
/** Between two looks at what people are to be told. */
const alarmsMs = 10_000;
const forgetAgainMs = 60_000;
const markAgainMs = 15_000;

export function keepPools(turn: Turn): void {
  ensurePools(turn);
  forgetPools(turn);
  if (!turn.settled) return;
  for (const { value: pool } of turn.mirror.pools.values()) keepMark(turn, pool);
  sayAlarms(turn);
  dropStates(turn);
}

function ensurePools(turn: Turn): void {
  for (const { value: pool } of turn.mirror.pools.values()) {
    if (pool.spec.type === 'nfs-direct') continue;
    for (const heard of turn.hosts.all()) {
      if (!turn.hosts.passedBarrier(heard.hostId, turn.epoch)) continue;
      const seen = heard.inventory?.pools.find((one) => one.name === pool.name);
      const isFormer = seen?.ours === true && seen.uuid !== pool.uuid;
      // One that libvirt has and cannot use is mended where its server is.
      if (seen !== undefined && seen.state !== 'inactive' && !isFormer) continue;
      const opId = `pool-${pool.uuid}`;
      // Where the storage hangs an order hangs too; a second one would only take another of the host's hands.
      if (isUnderWay(heard.inventory, opId)) {
        turn.ask(heard.hostId);
        continue;
      }
      const body = {
        kind: 'ensure-pool',
        pool: { name: pool.name, spec: pool.spec },
        uuid: pool.uuid,
      } as const;
      turn.nudge({ hostId: heard.hostId, opId, body }, tryAgainMs);
      turn.ask(heard.hostId);
    }
  }
}

function isUnderWay(inventory: Inventory | undefined, nudged: string): boolean {
  const recent = inventory?.recent ?? [];
  return recent.some(({ opId, outcome }) => outcome === 'begun' && opId.startsWith(`${nudged}-`));
}

/** Not while a VM names the pool: its declaration may have gone by mistake, or be on its way back. */
function forgetPools(turn: Turn): void {
  if (!turn.settled) return;
  for (const { hostId, inventory } of turn.hosts.all()) {
    if (!turn.hosts.passedBarrier(hostId, turn.epoch)) continue;
    for (const { name, uuid, ours } of inventory?.pools ?? []) {
      if (ours !== true || uuid === undefined || turn.mirror.pools.has(name)) continue;
      if (turn.mirror.unreadable.has(keys.pool(name)) || isNamed(turn, name)) continue;
      const opId = `forget-${uuid}`;
      if (isUnderWay(inventory, opId)) continue;
      turn.nudge({ hostId, opId, body: { kind: 'forget-pool', name, uuid } }, forgetAgainMs);
      turn.ask(hostId);
    }
  }
}

function isNamed({ mirror }: Turn, pool: string): boolean {
  for (const { value } of mirror.vmIntents.values()) {
    if (value.spec.disks.some((disk) => disk.pool === pool)) return true;
  }
  return false;
}

/** Once every host has had its time to see it, who does not see it has another directory there. */
function keepMark(turn: Turn, pool: PoolRecord): void {
  const { name, uuid, spec } = pool;
  if (spec.type !== 'shared' && spec.type !== 'nfs') return;
  const { marks } = turn.volatile;
  const known = stateOf(turn, pool);
  if (known?.marked !== undefined) return void marks.delete(uuid);
  const there = hostsWith(turn, name);
  const marked = there.find(({ pool: seen }) => seen.mark === 'there');
  if (marked !== undefined) {
    const sinceMs = marks.get(uuid) ?? turn.now.monoMs;
    marks.set(uuid, sinceMs);
    if (turn.now.monoMs - sinceMs < seenByAllMs) return;
    const mark = { marked: { hostId: marked.hostId, atMs: turn.now.wallMs } };
    turn.commit(putState(turn, pool, mark));
    return;
  }
  marks.delete(uuid);
  const [first] = there
    .filter(({ pool: seen }) => seen.mark === 'missing' && seen.condition === 'reachable')
    .toSorted((a, b) => (a.hostId < b.hostId ? -1 : 1));
  // One after the other: two that do not share it would both write theirs.
  if (first === undefined || there.some(({ pool: seen }) => seen.mark === 'other')) return;
  const body = { kind: 'mark-pool', pool: { name, spec }, uuid } as const;
  turn.nudge({ hostId: first.hostId, opId: `mark-${uuid}`, body }, markAgainMs);
  turn.ask(first.hostId);
}

function hostsWith(turn: Turn, name: string) {
  return turn.hosts.all().flatMap(({ hostId, inventory }) => {
    if (!turn.hosts.passedBarrier(hostId, turn.epoch)) return [];
    const pool = inventory?.pools.find((one) => one.name === name);
    return pool === undefined ? [] : [{ hostId, pool }];
  });
}

/** Of this pool, not of a former one of its name. */
function stateOf({ mirror }: Turn, { name, uuid }: PoolRecord): PoolStateRecord | undefined {
  const known = mirror.poolStates.get(name)?.value;
  return known?.uuid === uuid ? known : undefined;
}

export function putState(
  turn: Turn,
  pool: PoolRecord,
  changes: Partial<Pick<PoolStateRecord, 'marked' | 'alarms' | 'doctor'>>,
) {
  const { name, uuid } = pool;
  const known = stateOf(turn, pool);
  const value: PoolStateRecord = { v: 1, name, uuid, ...known, ...changes };
  const modRevision = turn.mirror.poolStates.get(name)?.modRevision ?? 0;
  return put(keys.poolState(name), value, modRevision);
}

function sayAlarms(turn: Turn): void {
  const { volatile, now } = turn;
  if (turn.mirror.pools.size === 0 || now.monoMs - volatile.alarmsMs < alarmsMs) return;
  volatile.alarmsMs = now.monoMs;
  const seen = seenPools(turn);
  samplePools(seen);
  for (const { value: pool } of turn.mirror.pools.values()) {
    if (turn.isFull) return;
    const told = stateOf(turn, pool)?.alarms ?? [];
    const alarms = alarmsOf(seen, pool).slice(0, 256);
    if (namesOf(told) === namesOf(alarms)) continue;
    if (!turn.commit(putState(turn, pool, { alarms: [...alarms] }))) continue;
    const news = alarms.filter((alarm) => !namesOf(told).includes(nameOf(alarm)));
    for (const { message } of news) turn.trace('warn', `pool ${pool.name}: ${message}`);
    if (alarms.length === 0) turn.trace('info', `pool ${pool.name} is well again`);
  }
}

function nameOf({ code, hostId = '' }: PoolAlarm): string {
  return `${code}/${hostId};`;
}

/** Numbers in messages change all the time; that is no news. */
function namesOf(alarms: readonly PoolAlarm[]): string {
  return alarms.map(nameOf).toSorted().join('');
}

/** Of pools that are no longer declared. */
function dropStates(turn: Turn): void {
  const { poolStates, pools, unreadable } = turn.mirror;
  for (const [name, { modRevision }] of poolStates) {
    if (turn.isFull) return;
    if (pools.has(name) || unreadable.has(keys.pool(name))) continue;
    turn.commit(put(keys.poolState(name), undefined, modRevision));
  }
}
