/**
 * Small clusters, where every way can be tried: what has a solution gets one, and none is much better than what
 * is found. The reference here knows hosts' room, health and rules by their definitions, and nothing of Drover's
 * own rule book, arrangement or searches.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allocatable,
  applyMoves,
  type Cluster,
  type Host,
  planBalance,
  planDrain,
  placeGang,
  planRule,
  type Rule,
  type Vm,
} from '../src/index.ts';
import { Arrangement } from '../src/search/arrangement.ts';
import { Loads } from '../src/search/loads.ts';
import { aCluster, aHost, aVm } from './builders.ts';

const hostIds = ['h1', 'h2', 'h3', 'h4'];

const smallCluster = (vmCount: number): fc.Arbitrary<Cluster> =>
  fc
    .record({
      hosts: fc.integer({ min: 2, max: 4 }),
      gib: fc.array(fc.integer({ min: 2, max: 4 }), { minLength: 4, maxLength: 4 }),
      vms: fc.array(
        fc.record({
          at: fc.nat(3),
          memoryMib: fc.constantFrom(512, 1024, 1536, 2048),
          cpus: fc.integer({ min: 1, max: 2 }),
          use: fc.integer({ min: 0, max: 2000 }),
        }),
        { minLength: 1, maxLength: vmCount },
      ),
    })
    .map(({ hosts, gib, vms }) => {
      const ids = hostIds.slice(0, hosts);
      const free = new Map(ids.map((id, at) => [id, { mib: (gib[at] ?? 2) * 1024, cpu: 4000 }]));
      const placed: Vm[] = [];
      for (const [index, { at, memoryMib, cpus, use }] of vms.entries()) {
        // Where it is drawn for, or at the next that has room.
        for (let step = 0; step < ids.length; step += 1) {
          const id = ids[(at + step) % ids.length] ?? 'h1';
          const here = free.get(id);
          if (here === undefined || here.mib < memoryMib || here.cpu < cpus * 1000) continue;
          here.mib -= memoryMib;
          here.cpu -= cpus * 1000;
          placed.push(
            aVm(`v${index}`, {
              hostId: id,
              request: { cpuMilli: cpus * 1000, memoryMib },
              usage: { cpuMilli: use, memoryMib },
              labels: index % 2 === 0 ? { app: 'db' } : {},
            }),
          );
          break;
        }
      }
      const all = ids.map((id, at) =>
        aHost(id, {
          capacity: { cpuMilli: 4000, memoryMib: (gib[at] ?? 2) * 1024 },
          zone: `z${at % 2}`,
        }),
      );
      return aCluster(all, placed);
    });

const someRule: fc.Arbitrary<Rule> = fc
  .record({
    type: fc.constantFrom('apart', 'together', 'pinned', 'away', 'spread'),
    over: fc.constantFrom('host', 'zone'),
    hosts: fc.subarray(hostIds.slice(0, 3), { minLength: 1 }),
  })
  .map(
    ({ type, over, hosts }) =>
      ({
        id: 'r',
        type,
        strength: 'hard',
        vms: { labels: { app: 'db' } },
        ...(type === 'pinned' || type === 'away' ? { hosts: { ids: hosts } } : { over }),
        ...(type === 'spread' ? { maxSkew: 1 } : {}),
      }) as Rule,
  );

type Where = ReadonlyMap<string, string>;

const whereIn = (cluster: Cluster): Where =>
  new Map([...cluster.vms.values()].map(({ id, hostId = '' }) => [id, hostId]));

/** By its definition: how the VMs of the rule lie in its scopes. */
function holds(cluster: Cluster, rule: Rule, where: Where): boolean {
  const ids = [...cluster.vms.values()].filter(({ labels }) => labels['app'] === 'db');
  const hosts = ids.flatMap(({ id }) => cluster.hosts.get(where.get(id) ?? '') ?? []);
  const scope = (host: Host) =>
    ('over' in rule && rule.over === 'zone' ? host.zone : host.id) ?? '';
  const counts = new Map<string, number>(
    [...cluster.hosts.values()].map((host) => [scope(host), 0]),
  );
  for (const host of hosts) counts.set(scope(host), (counts.get(scope(host)) ?? 0) + 1);
  const numbers = [...counts.values()];
  switch (rule.type) {
    case 'apart':
      return numbers.every((count) => count <= 1);
    case 'together':
      return numbers.filter((count) => count > 0).length <= 1;
    case 'pinned':
      return hosts.every(({ id }) => rule.hosts.ids?.includes(id) === true);
    case 'away':
      return hosts.every(({ id }) => rule.hosts.ids?.includes(id) !== true);
    case 'spread':
      return Math.max(...numbers) - Math.min(...numbers) <= rule.maxSkew;
  }
}

/** Whether there is room on the host for the VM next to all that is there. */
function hasRoom(cluster: Cluster, where: Where, vm: Vm, hostId: string): boolean {
  const host = cluster.hosts.get(hostId);
  if (host === undefined) return false;
  const total = allocatable(host);
  let { memoryMib, cpuMilli } = vm.request;
  for (const other of cluster.vms.values()) {
    if (other.id === vm.id || where.get(other.id) !== hostId) continue;
    memoryMib += other.request.memoryMib;
    cpuMilli += other.request.cpuMilli;
  }
  return memoryMib <= total.memoryMib && cpuMilli <= total.cpuMilli;
}

interface Reach {
  readonly enough?: (where: Where) => boolean;
  readonly once?: boolean;
}

/** Every arrangement that single moves with room for them lead to; `once`: no VM moves twice. */
function reachable(
  cluster: Cluster,
  movable: readonly Vm[],
  hosts: readonly string[],
  { enough = () => false, once = false }: Reach = {},
): readonly Where[] {
  const start = whereIn(cluster);
  const keyOf = (where: Where) => movable.map(({ id }) => where.get(id)).join(' ');
  const seen = new Map([[keyOf(start), start]]);
  for (const where of seen.values()) {
    if (enough(where)) break;
    for (const vm of movable) {
      if (once && where.get(vm.id) !== vm.hostId) continue;
      for (const hostId of hosts) {
        if (where.get(vm.id) === hostId || !hasRoom(cluster, where, vm, hostId)) continue;
        const next = new Map(where).set(vm.id, hostId);
        if (!seen.has(keyOf(next))) seen.set(keyOf(next), next);
      }
    }
  }
  return [...seen.values()];
}

const numRuns = 150;

describe('on a small cluster', () => {
  it('a gang finds places whenever there are any', () => {
    fc.assert(
      fc.property(smallCluster(4), smallCluster(5), fc.option(someRule), (base, other, rule) => {
        const cluster = rule === null ? base : { ...base, rules: [rule] };
        const gang = [...other.vms.values()].map((vm, at) =>
          aVm(`g${at}`, { request: vm.request, labels: vm.labels, state: 'pending' }),
        );
        const all = {
          ...cluster,
          vms: new Map([...base.vms, ...gang.map((vm) => [vm.id, vm] as const)]),
        };
        const brokenBefore = rule !== null && !holds(base, rule, whereIn(base));
        if (brokenBefore) return;
        const tryFrom = (at: number, where: Where): boolean => {
          const vm = gang[at];
          if (vm === undefined) return rule === null || holds(all, rule, where);
          return [...cluster.hosts.keys()].some(
            (hostId) =>
              hasRoom(all, where, vm, hostId) && tryFrom(at + 1, new Map(where).set(vm.id, hostId)),
          );
        };
        const answer = placeGang(cluster, gang);
        expect(answer.type).toBe(tryFrom(0, whereIn(base)) ? 'placed' : 'refused');
        if (answer.type === 'refused') return;
        const where = new Map(whereIn(base));
        for (const { vmId, hostId } of answer.placed) {
          const vm = all.vms.get(vmId);
          expect(vm !== undefined && hasRoom(all, where, vm, hostId)).toBe(true);
          where.set(vmId, hostId);
        }
        expect(answer.placed.map(({ vmId }) => vmId).toSorted()).toEqual(
          gang.map(({ id }) => id).toSorted(),
        );
        expect(rule === null || holds(all, rule, where)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('a drain that makes room finds a way whenever there is one', () => {
    fc.assert(
      fc.property(smallCluster(8), (cluster) => {
        const vms = [...cluster.vms.values()];
        const leaving = vms.filter(({ hostId }) => hostId === 'h1');
        const others = [...cluster.hosts.keys()].filter((id) => id !== 'h1');
        const empty = (where: Where) => leaving.every(({ id }) => where.get(id) !== 'h1');
        const possible = reachable(cluster, vms, others, { enough: empty }).some(empty);
        const plan = planDrain(cluster, 'h1', { makesRoom: true, steps: 500 });
        expect(plan.blockers.length === 0).toBe(possible);
        expect(empty(whereIn(applyMoves(cluster, plan.moves)))).toBe(possible);
      }),
      { numRuns },
    );
  });

  it('a balance comes within a twentieth of the best that can be reached', () => {
    fc.assert(
      fc.property(smallCluster(6), (cluster) => {
        const vms = [...cluster.vms.values()];
        const valueOf = (where: Where) => {
          const moves = [...where].map(([vmId, target]) => ({ vmId, target }));
          return new Loads(new Arrangement(applyMoves(cluster, moves))).total();
        };
        const hosts = [...cluster.hosts.keys()];
        const best = Math.min(...reachable(cluster, vms, hosts, { once: true }).map(valueOf));
        const bounds = { movesPerHour: 1000, mibPerHour: 1_000_000, regardless: true };
        const plan = planBalance(cluster, { ...bounds, aggressiveness: 5 });
        const found = valueOf(whereIn(applyMoves(cluster, plan.moves)));
        expect(found).toBeLessThanOrEqual(best * 1.05 + 0.02);
      }),
      { numRuns },
    );
  });

  it('a rule is feasible exactly when some order of moves makes it hold', () => {
    fc.assert(
      fc.property(smallCluster(8), someRule, (cluster, rule) => {
        const vms = [...cluster.vms.values()];
        const hosts = [...cluster.hosts.keys()];
        const good = (where: Where) => holds(cluster, rule, where);
        const possible = reachable(cluster, vms, hosts, { enough: good }).some(good);
        const plan = planRule(cluster, rule, { makesRoom: true });
        expect(plan.feasible).toBe(possible ? 'yes' : 'no');
        const where = new Map(whereIn(cluster));
        for (const { vmId, target } of plan.moves) {
          const vm = cluster.vms.get(vmId);
          expect(vm !== undefined && hasRoom(cluster, where, vm, target)).toBe(true);
          where.set(vmId, target);
        }
        expect(good(where)).toBe(possible);
      }),
      { numRuns },
    );
  });

  it('the fewest hosts whose loss breaks a rule are the fewest there are', () => {
    fc.assert(
      fc.property(smallCluster(6), someRule, (cluster, rule) => {
        const plan = planRule(cluster, rule);
        if (plan.feasible !== 'yes') return;
        const members = [...cluster.vms.values()].filter(({ labels }) => labels['app'] === 'db');
        if (members.length === 0) return;
        const staying = {
          ...cluster,
          vms: new Map([...cluster.vms].filter(([, vm]) => !members.includes(vm))),
        };
        const feasibleWithout = (lost: readonly string[]) => {
          const hosts = new Map([...cluster.hosts].filter(([id]) => !lost.includes(id)));
          const left = { ...cluster, hosts };
          const tryFrom = (at: number, where: Where): boolean => {
            const vm = members[at];
            if (vm === undefined) return holds(left, rule, where);
            return [...hosts.keys()].some(
              (id) =>
                hasRoom(left, where, vm, id) && tryFrom(at + 1, new Map(where).set(vm.id, id)),
            );
          };
          return tryFrom(0, whereIn(staying));
        };
        const sets = [...cluster.hosts.keys()].reduce<readonly (readonly string[])[]>(
          (all, id) => [...all, ...all.map((set) => [...set, id])],
          [[]],
        );
        const breaking = sets.filter((lost) => !feasibleWithout(lost));
        const fewest = Math.min(...breaking.map(({ length }) => length));
        expect(plan.breaksWithout?.length ?? Number.POSITIVE_INFINITY).toBe(fewest);
        expect(feasibleWithout(plan.breaksWithout ?? [])).toBe(plan.breaksWithout === undefined);
      }),
      { numRuns },
    );
  });
});
