/** What a policy prefers, term by term, and weights of one's own. */
import { describe, expect, it } from 'vitest';
import {
  type Cluster,
  type Host,
  type HostId,
  place,
  policyNames,
  problemWithWeights,
  type PlacementRequest,
  scoreNames,
  scoreTitles,
  type ScoreName,
  type ScorePolicy,
} from '../src/index.ts';
import { aCluster, aHost, aVm } from './builders.ts';

const calm = { cpuMilli: 0, memoryMib: 0, cpuPressurePermille: 0, memoryPressurePermille: 0 };
const shape = aVm('new', { labels: { app: 'db' } });

function chosen(
  hosts: readonly Partial<Host>[],
  policy: ScorePolicy,
  more: Partial<Cluster> = {},
  request: Partial<PlacementRequest> = {},
): HostId | undefined {
  const cluster = aCluster(
    hosts.map((host, at) => aHost(`h${at + 1}`, host)),
    [],
    more,
  );
  const answer = place(cluster, { shape, policy, ...request });
  return answer.type === 'placed' ? answer.hostId : undefined;
}

const on = (hostId: string, more = {}) => aVm(`on-${hostId}`, { hostId, ...more });
const withVms = (...vms: ReturnType<typeof aVm>[]): Partial<Cluster> => ({
  vms: new Map(vms.map((vm) => [vm.id, vm])),
});

describe('a term prefers', () => {
  const large = { capacity: { cpuMilli: 8000, memoryMib: 8192 } };
  const plain: Partial<Host> = {};
  const table: readonly (readonly [
    ScoreName,
    string,
    readonly Partial<Host>[],
    Partial<Cluster>,
    Partial<PlacementRequest>,
  ])[] = [
    ['memoryLeft', 'the emptier host', [plain, large], {}, {}],
    ['cpuLeft', 'the emptier host', [plain, large], {}, {}],
    ['memoryFilled', 'the fuller host', [large, plain], {}, {}],
    ['cpuFilled', 'the fuller host', [large, plain], {}, {}],
    [
      'shapeLeft',
      'where CPU and memory are left alike',
      [{ capacity: { cpuMilli: 8000, memoryMib: 2048 } }, plain],
      {},
      {},
    ],
    ['cpuIdle', 'where less is in use', [{ usage: { ...calm, cpuMilli: 3000 } }, plain], {}, {}],
    [
      'cpuCalm',
      'where tasks wait less',
      [{ usage: { ...calm, cpuPressurePermille: 100 } }, plain],
      {},
      {},
    ],
    [
      'memoryCalm',
      'where memory is waited for less',
      [{ usage: { ...calm, memoryPressurePermille: 100 } }, plain],
      {},
      {},
    ],
    [
      'softRules',
      'where a soft rule is kept',
      [plain, plain],
      {
        ...withVms(on('h1', { labels: { app: 'db' } })),
        rules: [
          {
            id: 'r',
            type: 'apart',
            over: 'host',
            strength: 'soft',
            vms: { labels: { app: 'db' } },
          },
        ],
      },
      {},
    ],
    [
      'zoneSpread',
      'the zone with fewer of its kind',
      [{ zone: 'a' }, { zone: 'b' }],
      withVms(on('h1', { labels: { app: 'db' } })),
      {},
    ],
    ['stays', 'where it was', [plain, plain], {}, { home: 'h2' }],
    [
      'leavesTogether',
      'where others stay as long',
      [plain, plain],
      withVms(on('h1', { remainingHours: 1 }), on('h2', { remainingHours: 9 })),
      { shape: { ...shape, remainingHours: 8 } },
    ],
    [
      'headroom',
      'the room that no restart needs',
      [plain, large, { capacity: { cpuMilli: 8000, memoryMib: 16_384 } }],
      withVms(
        on('h1', { request: { cpuMilli: 1000, memoryMib: 4096 } }),
        aVm('big', { hostId: 'h3', request: { cpuMilli: 1000, memoryMib: 8192 } }),
      ),
      {},
    ],
  ];
  it.each(table)('%s: %s', (name, _, hosts, cluster, request) => {
    const best = `h${name === 'headroom' ? 3 : 2}`;
    expect(chosen(hosts, { [name]: 1 }, cluster, request)).toBe(best);
    // Without the term it is the first host's, as everywhere else it is equal.
    expect(chosen(hosts, {}, cluster, request)).toBe(name === 'headroom' ? 'h2' : 'h1');
  });

  it('for each that there is', () => {
    expect(table.map(([name]) => name).toSorted()).toEqual(scoreNames.toSorted());
    expect(new Set(Object.values(scoreTitles)).size).toBe(scoreNames.length);
  });
});

describe('a policy', () => {
  const half = aVm('there', { hostId: 'h1' });
  it.each([
    ['spread', 'h2'],
    ['balanced', 'h2'],
    ['pack', 'h1'],
  ] as const)('%s goes to %s, where h1 has a VM already', (policy, hostId) => {
    expect(chosen([{}, {}], policy, withVms(half))).toBe(hostId);
    expect(policyNames).toContain(policy);
  });

  it('is the request’s, or the VM’s, or the cluster’s', () => {
    const cluster = withVms(half);
    const asked = (more: Partial<PlacementRequest>, policy?: ScorePolicy) => {
      const both = aCluster([aHost('h1'), aHost('h2')], [], {
        ...cluster,
        ...(policy === undefined ? {} : { policy }),
      });
      const answer = place(both, { shape, ...more });
      return answer.type === 'placed' ? answer.hostId : undefined;
    };
    expect(asked({})).toBe('h2');
    expect(asked({}, 'pack')).toBe('h1');
    expect(asked({ shape: { ...shape, policy: 'spread' } }, 'pack')).toBe('h2');
    expect(asked({ shape: { ...shape, policy: 'spread' }, policy: 'pack' })).toBe('h1');
  });

  it('of one’s own says what is wrong with it', () => {
    expect(problemWithWeights({ memoryLeft: 3 })).toBeUndefined();
    expect(problemWithWeights({ memory: 3 })).toMatch(/^there is no score memory: memoryLeft, /);
    expect(problemWithWeights({ stays: 101 })).toBe(
      'the weight of stays is no whole number from 0 to 100',
    );
    expect(problemWithWeights({ stays: 0.5 })).toMatch(/no whole number/);
  });
});
