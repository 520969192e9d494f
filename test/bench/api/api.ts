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
/** Its test server takes one after the other, and more clients would only wait. */
const theirLoad: Load = { clients: 2, ms: 10_000 };
const ourLoad: Load = { clients: 16, ms: 10_000 };
const warmUp: Load = { clients: 16, ms: 3_000 };
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
  readonly theirs: Rate;
}

export async function benchApi(
  hostCounts: readonly number[],
  onStep: (text: string) => void,
): Promise<readonly Goal[]> {
  const measured: Measured[] = [];
  for (const hosts of hostCounts) measured.push(await measure(hosts, onStep));
  const last = measured.at(-1);
  if (last === undefined) throw new Error('no size to measure');
  const ratio = rounded(last.place.perSecond / last.theirs.perSecond, 1);
  const wait99 = rounded(last.beside.p99Ms / Math.max(1, last.alone.p99Ms), 1);
  return [
    {
      id: 'api-place',
      what: `places asked for over HTTP on ${last.hosts} hosts, over placement-api's allocation candidates on the same`,
      target: '≥ 100',
      reached: ratio,
      ok: ratio >= 100,
      raw: measured.map(({ hosts, place, explained, theirs }) => ({
        hosts,
        place,
        explained,
        theirs,
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
      what: 'what one VM takes to read beside 16 who ask for places without a pause, over what it takes alone (p99)',
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
  return { hosts, ...ours, theirs };
}

async function measureOurs(
  size: { readonly hosts: number; readonly vmsPerHost: number },
  onStep: (text: string) => void,
): Promise<Omit<Measured, 'hosts' | 'theirs'>> {
  await using cluster = await MadeUpCluster.start(size, onStep);
  const { url } = cluster;
  const get = (path: string): Asks => ({ url, headers, requests: [{ method: 'GET', path }] });
  const places = (more: object): Asks => ({
    url,
    headers,
    requests: sizes.map((size) => ({
      method: 'POST',
      path: '/v1/placements',
      body: JSON.stringify({ spec: { ...size, disks: [], networks: [] }, ...more }),
    })),
  });
  const place = places({ explain: false });
  onStep(`until the API knows ${size.hosts} hosts`);
  await until('every host is up', () => isUp(url, size.hosts), {
    timeoutMs: 300_000,
    pause: () => wait(1_000),
  });
  await rateOf(place, warmUp);
  onStep(`places and lists on ${size.hosts} hosts`);
  const placed = await rateOf(place, ourLoad);
  const explained = await rateOf(places({}), ourLoad);
  const list = await rateOf(get('/v1/hosts'), ourLoad);
  const page = await rateOf(get('/v1/vms?limit=100'), ourLoad);
  const one = get(`/v1/vms/${vmName(0, 1)}`);
  const alone = await rateOf(one, { clients: 1, ms: 3_000 });
  const [beside] = await Promise.all([
    rateOf(one, { clients: 1, ms: 8_000 }),
    rateOf(place, { ...ourLoad, ms: 8_000 }),
  ]);
  return { place: placed, explained, list, page, alone, beside };
}

async function isUp(url: string, hosts: number): Promise<boolean> {
  const reply = await fetch(`${url}/v1/hosts`, { headers }).catch(() => undefined);
  if (reply?.ok !== true) return false;
  const { items } = (await reply.json()) as { items: readonly { readonly state: string }[] };
  return items.filter(({ state }) => state === 'ready').length === hosts;
}
