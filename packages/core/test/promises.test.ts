/**
 * What holds on any cluster for the deciding core as a whole: what was placed can be drained, more load never
 * looks like less, reasons are true, plans come out as they say, gangs are whole, budgets are kept.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyMoves,
  type Cluster,
  type Host,
  planBalance,
  planDrain,
  place,
  placeBatch,
  placeGang,
  type RecentMove,
  type RefusalReason,
  type Rejection,
  type Vm,
} from '../src/index.ts';
import { freeOn } from '../src/cluster/load.ts';
import { Arrangement } from '../src/search/arrangement.ts';
import { Loads } from '../src/search/loads.ts';
import { aCluster, aHost, aVm, reversed, someCluster } from './builders.ts';

const numRuns = 1000;
const steps = 1500;

const someVms = fc
  .array(
    fc.record({
      memoryMib: fc.constantFrom(256, 512, 1024, 2048),
      cpus: fc.integer({ min: 1, max: 4 }),
      priority: fc.integer({ min: 0, max: 2 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((list) =>
    list.map(({ memoryMib, cpus, priority }, at) =>
      aVm(`new${at}`, {
        state: 'pending',
        priority,
        request: { cpuMilli: cpus * 1000, memoryMib },
      }),
    ),
  );

const withVm = (cluster: Cluster, vm: Vm): Cluster => ({
  ...cluster,
  vms: new Map(cluster.vms).set(vm.id, vm),
});

describe('on any cluster', () => {
  it('what was just placed can be drained again, where another host would have done', () => {
    fc.assert(
      fc.property(someCluster, someVms, (cluster, [vm]) => {
        if (vm === undefined) return;
        const answer = place(cluster, { shape: vm });
        if (answer.type === 'refused') return;
        const { hostId } = answer;
        const source = cluster.hosts.get(hostId);
        const second = answer.candidates.find((one) => {
          const host = cluster.hosts.get(one.hostId);
          return (
            one.hostId !== hostId &&
            host?.accelerator === source?.accelerator &&
            (host?.qemuVersion ?? 0) >= (source?.qemuVersion ?? 0)
          );
        });
        if (second === undefined) return;
        // Others that leave as well could take the place.
        const vms = new Map([...cluster.vms].filter(([, one]) => one.hostId !== hostId));
        const alone = { ...cluster, vms: vms.set(vm.id, { ...vm, state: 'running', hostId }) };
        const plan = planDrain(alone, hostId, { steps });
        expect(plan.blockers).toEqual([]);
        expect(plan.moves.map(({ vmId }) => vmId)).toEqual([vm.id]);
      }),
      { numRuns },
    );
  });

  it('more load never lowers how loaded a host is, nor what is promised on it', () => {
    fc.assert(
      fc.property(someCluster, someVms, fc.nat(), (cluster, [vm], at) => {
        const hosts = [...cluster.hosts.values()];
        const host = hosts[at % hosts.length];
        if (vm === undefined || host === undefined) return;
        const usage = { cpuMilli: vm.request.cpuMilli, memoryMib: vm.request.memoryMib };
        const more = withVm(cluster, { ...vm, state: 'running', hostId: host.id, usage });
        const contention = (of: Cluster) => new Loads(new Arrangement(of)).contention;
        expect(contention(more)).toBeGreaterThanOrEqual(contention(cluster) - 1e-9);
        const before = freeOn(cluster, host);
        const after = freeOn(more, host);
        expect(after.memoryMib).toBeLessThanOrEqual(before.memoryMib);
        expect(after.cpuMilli).toBeLessThanOrEqual(before.cpuMilli);
        const scoreOn = (of: Cluster) => {
          const answer = place(of, {
            shape: aVm('asked', { request: { cpuMilli: 1, memoryMib: 1 } }),
            policy: 'spread',
          });
          return answer.type === 'placed'
            ? answer.candidates.find(({ hostId }) => hostId === host.id)?.score
            : undefined;
        };
        expect(scoreOn(more) ?? 0).toBeLessThanOrEqual(scoreOn(cluster) ?? 0);
      }),
      { numRuns },
    );
  });

  it('the reasons of a refusal are true', () => {
    fc.assert(
      fc.property(someCluster, someVms, fc.boolean(), (cluster, [vm], moves) => {
        if (vm === undefined) return;
        const request = { shape: vm, ...(moves ? { source: 'h1' } : {}) };
        for (const rejection of place(cluster, request).rejections) {
          const host = cluster.hosts.get(rejection.hostId);
          expect(host !== undefined && isTrue(cluster, host, vm, rejection)).toBe(true);
        }
      }),
      { numRuns },
    );
  });

  it.each<[string, (cluster: Cluster) => { readonly moves: readonly unknown[] }]>([
    ['a drain', (cluster) => planDrain(cluster, 'h1', { makesRoom: true, steps })],
    ['a balance', (cluster) => planBalance(cluster, { steps })],
  ])('the plan of %s does not depend on the order of its input', (_, plan) => {
    fc.assert(
      fc.property(someCluster, (cluster) => {
        expect(plan(reversed(cluster))).toEqual(plan(cluster));
      }),
      { numRuns },
    );
  });

  it('applying all of a plan gives the score that it reports, and that its last move does', () => {
    fc.assert(
      fc.property(someCluster, fc.array(fc.nat(4000), { minLength: 1 }), (base, load) => {
        const cluster = measured(using(base, load));
        const { moves, unevenAfter } = planBalance(cluster, { steps, regardless: true });
        const after = new Loads(new Arrangement(applyMoves(cluster, moves)));
        expect(Math.abs(after.uneven() - unevenAfter)).toBeLessThanOrEqual(1);
        const last = moves.at(-1)?.unevenAfter ?? unevenAfter;
        expect(Math.abs(last - unevenAfter)).toBeLessThanOrEqual(5);
        for (const { terms = [], unevenBefore } of moves) {
          expect(terms.reduce((sum, term) => sum + term.before, 0)).toBe(unevenBefore);
        }
      }),
      { numRuns },
    );
  });

  it.each([
    ['nfs', 'refused', 'v2'],
    ['local', 'placed', undefined],
  ] as const)('the disks of VMs placed together share a pool’s room: %s', (type, gang, refused) => {
    const host = (id: string) =>
      aHost(id, { pools: [{ name: 'p', state: 'active', capacityMib: 200, freeMib: 100 }] });
    const cluster = aCluster([host('h1'), host('h2')], [], {
      pools: new Map([['p', { name: 'p', type }]]),
    });
    const vms = ['v1', 'v2'].map((id) =>
      aVm(id, { state: 'pending', disks: [{ pool: 'p', sizeMib: 60 }] }),
    );
    expect(placeGang(cluster, vms).type).toBe(gang);
    expect(placeBatch(cluster, vms).refused[0]?.vmId).toBe(refused);
  });

  it('a gang is placed whole or not at all; of a batch each is placed or refused with every host’s reason', () => {
    fc.assert(
      fc.property(someCluster, someVms, (cluster, vms) => {
        const ids = vms.map(({ id }) => id).toSorted();
        const gang = placeGang(cluster, vms);
        const placed = gang.type === 'placed' ? gang.placed : [];
        expect(placed.map(({ vmId }) => vmId).toSorted()).toEqual(
          gang.type === 'placed' ? ids : [],
        );
        const batch = placeBatch(cluster, vms);
        const named = [...batch.placed, ...batch.refused].map(({ vmId }) => vmId);
        expect(named.toSorted()).toEqual(ids);
        for (const { rejections } of batch.refused) {
          expect(rejections).toHaveLength(cluster.hosts.size);
        }
        expect(gang.type === 'placed' || batch.refused.length > 0).toBe(true);
        let now = cluster;
        for (const { vmId, hostId } of batch.placed) {
          const vm = vms.find(({ id }) => id === vmId);
          if (vm === undefined) throw new Error('no such VM');
          expect(place(now, { shape: vm, only: hostId }).type).toBe('placed');
          now = withVm(now, { ...vm, state: 'starting', hostId });
        }
      }),
      { numRuns },
    );
  });

  it('budget and cooldown hold over any trace of load', () => {
    const movesPerHour = 3;
    const mibPerHour = 4096;
    const cooldownMs = 2 * 3_600_000;
    const minute = 60_000;
    const loads = fc.array(fc.nat(5000), { minLength: 24, maxLength: 24 });
    fc.assert(
      fc.property(
        someCluster,
        fc.array(loads, { minLength: 3, maxLength: 8 }),
        (cluster, trace) => {
          let now = cluster;
          const recent: RecentMove[] = [];
          for (const [tick, load] of trace.entries()) {
            const nowMs = tick * 20 * minute;
            now = using(now, load);
            const budget = { nowMs, recent, movesPerHour, mibPerHour, cooldownMs, steps: 500 };
            const { moves } = planBalance(now, { ...budget, aggressiveness: 5 });
            for (const { vmId, memoryMib } of moves)
              recent.push({ vmId, atMs: nowMs, mib: memoryMib });
            now = applyMoves(now, moves);
            const ofThisHour = recent.filter(({ atMs }) => nowMs - atMs < 60 * minute);
            expect(ofThisHour.length).toBeLessThanOrEqual(movesPerHour);
            expect(ofThisHour.reduce((sum, { mib }) => sum + mib, 0)).toBeLessThanOrEqual(
              mibPerHour,
            );
          }
          for (const { vmId, atMs } of recent) {
            const again = recent.filter((one) => one.vmId === vmId && one.atMs > atMs);
            expect(again.every((one) => one.atMs - atMs >= cooldownMs)).toBe(true);
          }
        },
      ),
      { numRuns },
    );
  });
});

function using(cluster: Cluster, load: readonly number[]): Cluster {
  const vms = [...cluster.vms.values()].map((vm, at): [string, Vm] => [
    vm.id,
    { ...vm, usage: { cpuMilli: load[at % load.length] ?? 0, memoryMib: 0 } },
  ]);
  return { ...cluster, vms: new Map(vms) };
}

/** What hosts use is what their VMs are measured to use. */
function measured(cluster: Cluster): Cluster {
  const hosts = [...cluster.hosts.values()].map(({ usage: _usage, ...host }): [string, Host] => [
    host.id,
    host,
  ]);
  return { ...cluster, hosts: new Map(hosts) };
}

/** By what the host is, not by what the filter computed. */
function isTrue(
  cluster: Cluster,
  host: Host,
  vm: Vm,
  { reason, required, available }: Rejection,
): boolean {
  const source = cluster.hosts.get('h1');
  const short = (resource: 'memoryMib' | 'cpuMilli') =>
    required === vm.request[resource] &&
    usedBy(cluster, host, resource) + vm.request[resource] > totalOf(host)[resource];
  const truths: Partial<Record<RefusalReason, boolean>> = {
    'host-not-up': host.health === available && host.health !== 'up',
    'host-draining': host.intent === 'draining',
    'host-cordoned': host.intent === 'cordoned',
    'host-excluded': host.id === 'h1',
    'accelerator-differs': host.accelerator !== source?.accelerator,
    'qemu-older': host.qemuVersion < (source?.qemuVersion ?? 0),
    'bridge-missing': !host.bridges.includes('br0'),
    'not-enough-memory': short('memoryMib'),
    'not-enough-cpu': short('cpuMilli'),
  };
  return truths[reason] === true;
}

function usedBy(cluster: Cluster, host: Host, resource: 'cpuMilli' | 'memoryMib'): number {
  return [...cluster.vms.values()]
    .filter(({ hostId, state }) => hostId === host.id && state !== 'stopped')
    .reduce((sum, { request }) => sum + request[resource], 0);
}

function totalOf({ capacity, reserved, cpuOvercommitPermille }: Host) {
  return {
    cpuMilli: (capacity.cpuMilli * cpuOvercommitPermille) / 1000 - reserved.cpuMilli,
    memoryMib: capacity.memoryMib - reserved.memoryMib,
  };
}
