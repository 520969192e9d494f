/** Rules on the command line: what is sent, what is shown first, and the labels that they go by. */
import type { api } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { host, idOf, operation, vm } from './support/bodies.ts';
import { drover } from './support/drover.ts';
import { accepted, ok, type Route } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();

const spec = {
  type: 'apart' as const,
  strength: 'hard' as const,
  over: 'host' as const,
  vms: { ids: [idOf(1), idOf(2)] },
};
const ruled = [
  { id: idOf(1), name: 'db1', hostId: 'h1' },
  { id: idOf(2), name: 'db2', hostId: 'h1' },
];

function rule(changes: Partial<api.RuleBody> = {}): api.RuleBody {
  return {
    name: 'db-apart',
    spec,
    vmNames: { [idOf(1)]: 'db1', [idOf(2)]: 'db2' },
    status: { state: 'broken', broken: 1, vms: ruled, brokenBy: ruled },
    createdAtMs: 1_700_000_000_000,
    changedAtMs: 1_700_000_000_000,
    by: 'anna',
    ...changes,
  };
}
const holds = rule({ status: { state: 'holds', broken: 0, vms: ruled, brokenBy: [] } });

function plan(changes: Partial<api.RulePlanBody> = {}): api.RulePlanBody {
  return {
    rule: 'db-apart',
    revision: 7,
    broken: 1,
    brokenBy: ruled,
    feasible: 'yes',
    conflicts: [],
    moves: [
      {
        vmId: idOf(2),
        vmName: 'db2',
        source: 'h1',
        target: 'h2',
        mode: 'live',
        memoryMib: 512,
        reason: 'for the rule db-apart',
        checked: false,
      },
    ],
    waves: [[0]],
    breaksWithout: ['h2', 'h3'],
    estimatedSeconds: 7,
    ...changes,
  };
}
const kept = plan({ broken: 0, brokenBy: [], moves: [], waves: [] });
const impossible = plan({ feasible: 'no', moves: [], waves: [] });

const create = ['rule', 'create', 'db-apart', 'apart', '--vm', 'db1', '--vm', 'db2'];
const saving = (answer: api.RulePlanBody, saved = rule()): Record<string, Route> => ({
  'POST /v1/rules?dryRun=true': () => ok(answer),
  'POST /v1/rules': () => ({ status: 201, body: saved }),
});

describe('rules', () => {
  it('are a table: what each says, whether it holds, and who breaks it', async () => {
    const soft = { ...spec, strength: 'soft' as const, vms: { labels: { tier: 'web' } } };
    const pin = {
      type: 'pinned',
      strength: 'hard',
      vms: spec.vms,
      hosts: { ids: ['h1'] },
    } as const;
    const items = [
      rule(),
      { ...holds, name: 'web', spec: soft },
      { ...holds, name: 'pin', spec: pin },
    ];
    const { url } = await serve({ 'GET /v1/rules': () => ok({ items }) });
    const { stdout } = await drover(['--api', url, 'rule', 'list']);
    expect(stdout).toMatch(/^db-apart +broken +hard +db1, db2 apart, over hosts +db1,db2$/m);
    expect(stdout).toMatch(/^web +holds +soft +all with tier=web apart, over hosts +-$/m);
    expect(stdout).toMatch(/^pin +holds +hard +db1, db2 only on h1 /m);
  });

  it('are a page with their VMs', async () => {
    const { url } = await serve({ 'GET /v1/rules/db-apart': () => ok(rule()) });
    const { stdout } = await drover(['--api', url, 'rule', 'show', 'db-apart']);
    expect(stdout).toMatch(/^Says: +db1, db2 apart, over hosts$/m);
    expect(stdout).toMatch(/^Broken by: +db1 \(h1\), db2 \(h1\)$/m);
  });
});

describe('rule create', () => {
  it('shows what it would move, saves it, and moves nothing', async () => {
    const api = await serve(saving(plan()));
    const { code, stdout } = await drover(['--api', api.url, ...create]);
    expect(code).toBe(0);
    expect(stdout).toContain('1 move would make it hold, about 7s');
    expect(stdout).toMatch(/^1 +db2 +h1 +h2 +512MiB$/m);
    expect(stdout).toContain('“drover rule enforce db-apart” moves what has to');
    const body = { name: 'db-apart', spec: { ...spec, vms: { ids: ['db1', 'db2'] } } };
    expect(api.sent('POST', '/v1/rules').map((one) => one.body)).toEqual([body, body]);
  });

  it('asks where it cannot hold, and then needs --yes', async () => {
    const api = await serve(saving(impossible));
    expect((await drover(['--api', api.url, ...create])).code).toBe(64);
    expect(api.sent('POST', '/v1/rules')).toHaveLength(1);
    expect((await drover(['--api', api.url, ...create, '--yes'])).code).toBe(0);
  });

  it('only says it with --dry-run, and by the exit code whether it can be', async () => {
    const api = await serve(saving(plan()));
    expect((await drover(['--api', api.url, ...create, '--dry-run'])).code).toBe(0);
    expect(api.sent('POST', '/v1/rules')).toHaveLength(1);
    const conflicts = [{ rule: 'pair', why: 'they exclude each other' }];
    const other = await serve(saving(plan({ feasible: 'no', moves: [], conflicts })));
    const { code, stdout } = await drover(['--api', other.url, ...create, '--dry-run']);
    expect(code).toBe(4);
    expect(stdout).toContain('It contradicts:\n  pair: they exclude each other');
    expect(stdout).toContain('It could not hold any more without h2 and h3.');
  });

  it.each<[readonly string[], object]>([
    [
      ['spread', '--vm-label', 'tier=web', '--over', 'zone', '--soft', '--weight', '20'],
      {
        type: 'spread',
        strength: 'soft',
        weight: 20,
        over: 'zone',
        maxSkew: 1,
        vms: { labels: { tier: 'web' } },
      },
    ],
    [
      ['away', '--vm', 'db1', '--host-label', 'old=yes', '--bends'],
      {
        type: 'away',
        strength: 'hard',
        bendsForDrain: true,
        vms: { ids: ['db1'] },
        hosts: { labels: { old: 'yes' } },
      },
    ],
  ])('takes %j', async (words, said) => {
    const api = await serve(saving(kept, holds));
    const { code, stdout } = await drover(['--api', api.url, 'rule', 'create', 'r', ...words]);
    expect([code, stdout]).toEqual([0, 'rule db-apart is saved, and holds\n']);
    expect(api.sent('POST', '/v1/rules')[1]?.body).toEqual({ name: 'r', spec: said });
  });

  it.each([
    [['near', '--vm', 'a'], /“near” is no type of rule/],
    [['apart'], /say which VMs/],
    [['pinned', '--vm', 'a'], /needs --host/],
    [['apart', '--vm', 'a', '--host', 'h1'], /takes no --host/],
    [['away', '--vm', 'a', '--host', 'h1', '--over', 'zone'], /takes no --over/],
    [['apart', '--vm', 'a', '--max-skew', '2'], /--max-skew is of/],
    [['apart', '--vm', 'A b'], /the rule is not right/],
  ])('does not understand %j', async (words, why) => {
    const { url } = await serve({});
    const { code, stderr } = await drover(['--api', url, 'rule', 'create', 'r', ...words]);
    expect(code).toBe(64);
    expect(stderr).toMatch(why);
  });
});

describe('rule set', () => {
  const path = '/v1/rules/db-apart';
  const routes = (saved = holds): Record<string, Route> => ({
    [`GET ${path}`]: () => ok(rule({ spec: { ...spec, bendsForDrain: true } })),
    [`PUT ${path}?dryRun=true`]: () => ok(kept),
    [`PUT ${path}`]: () => ok(saved),
  });

  it.each<[readonly string[], object]>([
    [['--soft', '--weight', '50'], { ...spec, strength: 'soft', weight: 50 }],
    [['--no-bends'], { ...spec, bendsForDrain: false }],
    [['--vm', 'db3'], { ...spec, bendsForDrain: true, vms: { ids: ['db3'] } }],
    [['--over', 'rack'], { ...spec, bendsForDrain: true, over: 'rack' }],
  ])('changes %j and leaves the rest', async (words, said) => {
    const api = await serve(routes());
    const { code } = await drover(['--api', api.url, 'rule', 'set', 'db-apart', ...words]);
    expect(code).toBe(0);
    expect(api.sent('PUT', path).map(({ body }) => body)).toEqual([{ spec: said }, { spec: said }]);
  });

  it('wants something to change', async () => {
    const api = await serve(routes());
    expect((await drover(['--api', api.url, 'rule', 'set', 'db-apart'])).code).toBe(64);
    expect(api.sent('PUT', path)).toEqual([]);
  });
});

it('rule delete asks, and moves nothing', async () => {
  const api = await serve({ 'DELETE /v1/rules/db-apart': () => ok(rule()) });
  expect((await drover(['--api', api.url, 'rule', 'delete', 'db-apart'])).code).toBe(64);
  const end = await drover(['--api', api.url, 'rule', 'delete', 'db-apart', '--yes']);
  expect([end.code, end.stdout]).toEqual([0, 'rule db-apart is deleted\n']);
});

describe('rule enforce', () => {
  const path = '/v1/rules/db-apart/enforce';
  const ended = operation('enforce', { rule: 'db-apart', state: 'succeeded', done: true });

  it('shows the plan, asks, sends that plan, and waits', async () => {
    const api = await serve({
      [`POST ${path}?dryRun=true`]: () => ok(plan()),
      [`POST ${path}`]: () => accepted(operation('enforce', { rule: 'db-apart' })),
      'GET /v1/operations/op-1': () => ok(ended),
    });
    expect((await drover(['--api', api.url, 'rule', 'enforce', 'db-apart'])).code).toBe(64);
    const { code, stdout } = await drover(['--api', api.url, 'rule', 'enforce', 'db-apart', '-y']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1 +db2 +h1 +h2/m);
    expect(stdout).toContain('rule db-apart holds');
    expect(api.sent('POST', path).at(-1)?.body).toEqual({
      plan: [{ vmId: idOf(2), target: 'h2' }],
    });
  });

  it('does nothing where it holds, and is refused where it cannot', async () => {
    for (const [answer, exit] of [
      [kept, 0],
      [impossible, 4],
    ] as const) {
      const api = await serve({ [`POST ${path}?dryRun=true`]: () => ok(answer) });
      const { code } = await drover(['--api', api.url, 'rule', 'enforce', 'db-apart', '-y']);
      expect(code).toBe(exit);
    }
  });
});

describe('labels', () => {
  it('of a host are set and taken away', async () => {
    const api = await serve({
      'PATCH /v1/hosts/h1': ({ body }) => ok(host('h1', body as Partial<api.HostBody>)),
    });
    const set = await drover([
      '--api',
      api.url,
      'host',
      'set',
      'h1',
      '-l',
      'zone=a',
      '-l',
      'rack=3',
    ]);
    expect([set.code, set.stdout]).toEqual([0, 'h1 has the labels zone=a, rack=3\n']);
    const none = await drover(['--api', api.url, 'host', 'set', 'h1', '--no-label']);
    expect(none.stdout).toBe('h1 has no labels\n');
    expect((await drover(['--api', api.url, 'host', 'set', 'h1'])).code).toBe(64);
    expect(api.sent('PATCH', '/v1/hosts/h1').map(({ body }) => body)).toEqual([
      { labels: { zone: 'a', rack: '3' } },
      { labels: {} },
    ]);
  });

  it('of a VM are set without a word about what it is told', async () => {
    const web = vm(1, 'web');
    const api = await serve({
      'PATCH /v1/vms/web': () => ok({ ...web, spec: { ...web.spec, labels: { tier: 'web' } } }),
    });
    const { code, stdout } = await drover(['--api', api.url, 'vm', 'set', 'web', '-l', 'tier=web']);
    expect([code, stdout]).toEqual([0, 'web has the labels tier=web\n']);
    expect(api.sent('PATCH', '/v1/vms/web')[0]?.body).toEqual({ labels: { tier: 'web' } });
  });
});
