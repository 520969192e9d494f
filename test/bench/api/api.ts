/**
 * Places that are asked for and lists that are read, per second, on clusters that are made up; how that grows with the
 * cluster; what others wait for meanwhile; and OpenStack's placement-api asked for a place of the same VM on the same hosts.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { until } from '../../contract/support/until.ts';
import { MadeUpCluster, token, vmName } from '../control/made-up-cluster.ts';
import { type Goal, rounded } from '../htools/goal.ts';
import { PlacementService, type VmSize } from './placement-service.ts';
import { type Asks, type Load, type Rate, rateOf } from './rate.ts';

const vmsPerHost = 20;
/** Of placement-api's hosts that have room, in one answer: it is faster the fewer it names. */
const candidates = 1;
/** It answers as many at once as it has processes: more clients would only wait. */
const theirLoad: Load = { clients: 4, ms: 10_000 };
const ourLoad: Load = { clients: 48, ms: 8_000 };
const warmUp: Load = { clients: 48, ms: 8_000 };
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
const sizes: readonly VmSize[] = [1, 2, 4, 8].flatMap((vcpus) =>
  [1, 2, 4, 8].map((times) => ({ vcpus, memoryMib: times * 1_024 })),
);

interface Measured {
  readonly hosts: number;
  readonly place: Rate;
  /** With every host's reasons. */
  readonly explained: Rate;
  readonly list: Rate;
  readonly page: Rate;
  /** Of somebody who asks for one VM now and then: alone, and beside those who ask for places. */
  readonly alone: Rate;
  readonly beside: Rate;
  /** By its own server, and by uWSGI with a process for each core. */
  readonly theirs: Rate;
  readonly theirsByUwsgi: Rate;
}

export async function benchApi(
  hostCounts: readonly number[],
  onStep: (text: string) => void,
): Promise<readonly Goal[]> {
  const measured: Measured[] = [];
  for (const hosts of hostCounts) {
    const one = await measure(hosts, onStep);
    measured.push(one);
    onStep(JSON.stringify(one));
  }
  const last = measured.at(-1);
  if (last === undefined) throw new Error('no size to measure');
  const over = (theirs: Rate) => rounded(last.place.perSecond / theirs.perSecond, 1);
  const ratio = over(last.theirs);
  const wait99 = rounded(last.beside.p99Ms / Math.max(1, last.alone.p99Ms), 1);
  return [
    {
      id: 'api-place',
      what: `places asked for over HTTP on ${last.hosts} hosts, over placement-api's allocation candidates on the same: by its own server, and by uWSGI`,
      target: '≥ 100, told',
      reached: `${ratio}, ${over(last.theirsByUwsgi)}`,
      ok: ratio >= 100,
      raw: measured.map(({ hosts, place, explained, theirs, theirsByUwsgi }) => ({
        hosts,
        place,
        explained,
        theirs,
        theirsByUwsgi,
      })),
    },
    {
      id: 'api-list',
      what: `reads a second on ${last.hosts} hosts: all hosts; the first page of ${last.hosts * vmsPerHost} VMs`,
      target: 'told',
      reached: `${last.list.perSecond}, ${last.page.perSecond}`,
      ok: true,
      raw: measured.map(({ hosts, list, page }) => ({ hosts, list, page })),
    },
    {
      id: 'api-others',
      what: `what one VM takes to read beside ${ourLoad.clients} who ask for places without a pause, over what it takes alone (p99)`,
      target: 'told',
      reached: wait99,
      ok: true,
      raw: measured.map(({ hosts, alone, beside }) => ({ hosts, alone, beside })),
    },
  ];
}

async function measure(hosts: number, onStep: (text: string) => void): Promise<Measured> {
  const size = { hosts, vmsPerHost };
  const ours = await measureOurs(size, onStep);
  onStep(`${hosts} hosts into placement-api`);
  await using service = await PlacementService.start(size);
  onStep(`places by placement-api on ${hosts} hosts`);
  const theirs = await rateOf(service.candidates(sizes, candidates), theirLoad);
  await service.runBy('uwsgi');
  const theirsByUwsgi = await rateOf(service.candidates(sizes, candidates), theirLoad);
  return { hosts, ...ours, theirs, theirsByUwsgi };
}

async function measureOurs(
  size: { readonly hosts: number; readonly vmsPerHost: number },
  onStep: (text: string) => void,
): Promise<Omit<Measured, 'hosts' | 'theirs' | 'theirsByUwsgi'>> {
  await using cluster = await MadeUpCluster.start(size, onStep);
  const { url } = cluster;
  const { place, explained: explain, list: all, page: first, one } = asksOf(url);
  onStep(`until the API knows ${size.hosts} hosts`);
  await until('every host is up', () => isUp(url, size.hosts), {
    timeoutMs: 300_000,
    pause: () => wait(1_000),
  });
  // A leader that has just heard of all hosts may be late with its first answers.
  await rateOf(place, warmUp).catch((error: Error) => onStep(error.message));
  onStep(`places and lists on ${size.hosts} hosts`);
  const placed = await rateOf(place, ourLoad);
  const explained = await rateOf(explain, ourLoad);
  const list = await rateOf(all, ourLoad);
  const page = await rateOf(first, ourLoad);
  const alone = await rateOf(one, { clients: 1, ms: 3_000 });
  const [beside] = await Promise.all([
    rateOf(one, { clients: 1, ms: 8_000 }),
    rateOf(place, { ...ourLoad, ms: 8_000 }),
  ]);
  return { place: placed, explained, list, page, alone, beside };
}

/** What the API is asked. */
function asksOf(url: string) {
  const get = (path: string): Asks => ({ url, headers, requests: [{ method: 'GET', path }] });
  // The labels choose no host: they only keep two who ask at once from being given one answer.
  const places = (more: object): Asks => ({
    url,
    headers,
    requests: Array.from({ length: 8 }, (_, at) => ({ bench: String(at) })).flatMap((labels) =>
      sizes.map((size) => ({
        method: 'POST' as const,
        path: '/v1/placements',
        body: JSON.stringify({ spec: { ...size, disks: [], networks: [], labels }, ...more }),
      })),
    ),
  });
  return {
    place: places({ explain: false }),
    explained: places({}),
    list: get('/v1/hosts'),
    page: get('/v1/vms?limit=100'),
    one: get(`/v1/vms/${vmName(0, 1)}`),
  };
}

async function isUp(url: string, hosts: number): Promise<boolean> {
  const reply = await fetch(`${url}/v1/hosts`, { headers }).catch(() => undefined);
  if (reply?.ok !== true) return false;
  const { items } = (await reply.json()) as { items: readonly { readonly state: string }[] };
  return items.filter(({ state }) => state === 'ready').length === hosts;
}
