/**
 * Ten thousand requests a second by nobody who is known, and connections that say next to nothing, at a real API, beside
 * a real leader that empties a host: the same leader goes on, the drain takes as long as in quiet, and who is known is
 * answered.
 */
import { fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Store } from '@drover/store';
import { until } from '../../contract/support/until.ts';
import { hostName, MadeUpCluster, token } from '../control/made-up-cluster.ts';
import { type Goal, rounded } from '../htools/goal.ts';
import type { Offered, Offering } from './offer.ts';

const size = { hosts: 50, vmsPerHost: 20 };
const perSecond = 10_000;
/** More than that is due, since what goes to a connection that the API turns away is never written. */
const due = 11_500;
/** Held open all the time, and opened again as soon as they are cut off. */
const slow = 400;
/** Of what the drain takes in quiet. */
const longer = 1.25;
const pollMs = 250;

interface Drained {
  readonly state: string;
  readonly seconds: number;
  /** Of who looks at it meanwhile: what each look took, in ms, and those that failed. */
  readonly looks: readonly number[];
  readonly failures: readonly string[];
}

interface Leader {
  readonly instanceId: string;
  /** Of its key: its epoch. */
  readonly createRevision: number;
}

export async function benchNoise(
  _: readonly number[],
  onStep: (text: string) => void,
): Promise<readonly Goal[]> {
  await using cluster = await MadeUpCluster.start(size, onStep);
  const { url, store, processes } = cluster;
  onStep('until the API knows every host');
  await until('every host is up', () => isUp(url), { timeoutMs: 120_000, pause: () => wait(500) });
  onStep('a drain in quiet');
  await drain(url, hostName(0));
  // The one before has made the programs warm.
  const quiet = await drain(url, hostName(1));
  const before = await leaderOf(store);
  onStep(`a drain beside ${perSecond} requests a second and ${slow} slow connections`);
  const noise = offer({ url, perSecond: due, slow });
  await wait(2_000);
  const noisy = await drain(url, hostName(2));
  const offered = await noise.stop();
  const after = await leaderOf(store);
  const [ratio, rate] = [rounded(noisy.seconds / quiet.seconds, 3), rateOf(offered)];
  const isSameLeader = before.createRevision === after.createRevision;
  return [
    {
      id: 'noise-leader',
      what: `the leader before and after ${offered.seconds} s of noise`,
      target: 'the same',
      reached: isSameLeader ? 'the same' : `${before.instanceId}, ${after.instanceId}`,
      ok: isSameLeader && processes.endedByThemselves.length === 0,
      raw: { before, after, endedByThemselves: processes.endedByThemselves },
    },
    {
      id: 'noise-drain',
      what: `a host with ${size.vmsPerHost} VMs emptied beside the noise, over the same in quiet`,
      target: `≤ ${longer}`,
      reached: ratio,
      ok: ratio <= longer && [quiet, noisy].every(({ state }) => state === 'succeeded'),
      raw: { quiet: shown(quiet), noisy: shown(noisy) },
    },
    {
      id: 'noise-known',
      what: 'requests meanwhile of somebody who is known that were not answered',
      target: '0',
      reached: noisy.failures.length,
      ok: noisy.failures.length === 0,
      raw: { failures: noisy.failures.slice(0, 5), looks: noisy.looks.length },
    },
    {
      id: 'noise-offered',
      what: 'requests a second that were offered to the API, and those that it answered; the others were cut off',
      target: `≥ ${perSecond}, told`,
      reached: `${rate}, ${answeredOf(offered)}`,
      ok: rate >= perSecond,
      raw: offered,
    },
  ];
}

async function leaderOf(store: Store): Promise<Leader> {
  const { entries } = await store.range('/drover/leader/');
  const [first] = entries.toSorted((a, b) => a.createRevision - b.createRevision);
  if (first === undefined) throw new Error('nobody leads');
  const { instanceId } = JSON.parse(first.value) as { instanceId: string };
  return { instanceId, createRevision: first.createRevision };
}

async function drain(url: string, hostId: string): Promise<Drained> {
  const { id } = await ask<{ id: string }>(url, 'POST', `/v1/hosts/${hostId}/drain`);
  const begunMs = performance.now();
  const [looks, failures]: [number[], string[]] = [[], []];
  for (;;) {
    const askedMs = performance.now();
    try {
      const { state } = await ask<{ state: string }>(url, 'GET', `/v1/operations/${id}`);
      looks.push(performance.now() - askedMs);
      const seconds = rounded((performance.now() - begunMs) / 1_000, 2);
      const isOpen = state === 'pending' || state === 'running';
      if (!isOpen || seconds > 180) return { state, seconds, looks, failures };
    } catch (error) {
      failures.push((error as Error).message);
    }
    await wait(pollMs);
  }
}

function shown({ looks, failures, ...drained }: Drained) {
  const sorted = looks.toSorted((a, b) => a - b);
  const at = (share: number) => rounded(sorted[Math.floor(sorted.length * share)] ?? 0, 1);
  return { ...drained, lookP50Ms: at(0.5), lookP99Ms: at(0.99), failures: failures.length };
}

function rateOf({ sent, seconds }: Offered): number {
  return Math.round(sent / seconds);
}

function answeredOf({ answered, seconds }: Offered): number {
  const all = Object.values(answered).reduce((sum, one) => sum + one, 0);
  return Math.round(all / seconds);
}

/** By a process of its own, so that whoever measures is not held up by it. */
function offer(offering: Offering) {
  const child = fork(join(import.meta.dirname, 'offer.ts'), [JSON.stringify(offering)]);
  // It stands for other machines: of this one the programs that are looked at come first.
  setPriority(child.pid ?? 0, 10);
  const { promise, resolve, reject } = Promise.withResolvers<Offered>();
  child.once('message', (offered) => resolve(offered as Offered));
  child.once('exit', (code) => reject(new Error(`who makes the noise ended with ${code}`)));
  return {
    stop: () => {
      child.send('stop');
      return promise;
    },
  };
}

async function ask<T>(url: string, method: string, path: string): Promise<T> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const body = method === 'POST' ? { body: '{}' } : {};
  const signal = AbortSignal.timeout(10_000);
  const reply = await fetch(`${url}${path}`, { method, headers, signal, ...body });
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status}`);
  return (await reply.json()) as T;
}

async function isUp(url: string): Promise<boolean> {
  const { items } = await ask<{ items: readonly { readonly state: string }[] }>(
    url,
    'GET',
    '/v1/hosts',
  ).catch(() => ({ items: [] }));
  return items.filter(({ state }) => state === 'ready').length === size.hosts;
}
