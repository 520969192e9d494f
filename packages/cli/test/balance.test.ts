/** Balance as people see it: why nothing moves, what is proposed, and what they say about it. */
import type { api } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { host, idOf, operation } from './support/bodies.ts';
import { drover } from './support/drover.ts';
import { accepted, ok } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();
const id = '1f6c02a9be';

const recommendation: api.RecommendationBody = {
  id,
  priority: 2,
  vmId: idOf(1),
  vmName: 'web',
  source: 'h1',
  target: 'h3',
  mode: 'live',
  reason: 'h1 has 96 % of its CPU asked for, h3 8 %: contention is less uneven, 1.204 to 0.000',
  unevenBefore: 1_633_000,
  unevenAfter: 204_000,
  terms: [
    { name: 'contention', before: 1_204_000, after: 0 },
    { name: 'memory', before: 100, after: 100 },
  ],
  cost: { bytes: 128 * 1024 * 1024, elapsedMs: 3_000, downtimeMs: 74 },
  after: [],
  along: [],
  others: [{ hostId: 'h2', text: 'h2: it is cordoned' }],
  checked: true,
  sinceMs: 1_700_000_000_000,
};

const plan: api.BalancePlanBody = {
  revision: 7,
  moves: [recommendation],
  waves: [[0]],
  unevenBefore: 1_633_000,
  unevenAfter: 204_000,
  terms: [],
  estimatedSeconds: 3,
};

describe('drover plan', () => {
  it('shows what would move and why, and exits 2', async () => {
    const { url } = await serve({ 'POST /v1/balance/plan': () => ok(plan) });
    const { code, stdout } = await drover(['--api', url, 'plan']);
    expect(code).toBe(2);
    expect(stdout).toContain('1 VM moves in 1 wave, about 3s; uneven 1.633 to 0.204');
    expect(stdout).toMatch(/^web +h1 +h3 +h1 has 96 % of its CPU asked for/m);
  });

  it('says why nothing moves, and exits 0', async () => {
    const calm = { code: 'even-enough', text: 'the cluster is even enough' };
    const nothing = { ...plan, moves: [], waves: [], calm };
    const { url } = await serve({ 'POST /v1/balance/plan': () => ok(nothing) });
    const { code, stdout } = await drover(['--api', url, 'plan']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'Nothing moves: the cluster is even enough (uneven by 1.633)\n',
    });
  });
});

describe('recommendations', () => {
  it('are a table, and one of them a page with why, what it costs, and why not elsewhere', async () => {
    const { url } = await serve({
      'GET /v1/recommendations': () => ok({ items: [recommendation] }),
      [`GET /v1/recommendations/${id}`]: () => ok(recommendation),
    });
    const list = await drover(['--api', url, 'recommendations', 'list']);
    expect(list.stdout).toMatch(/^1f6c02a9be +2 +web +h1 +h3 +h1 has 96 %/m);
    const { stdout } = await drover(['--api', url, 'recommendations', 'show', id]);
    expect(stdout).toMatch(/^Uneven: +1.633 now, 0.204 after it/m);
    expect(stdout).toMatch(/^Made of: +contention: 1.204 to 0.000$/m);
    expect(stdout).toMatch(/^Cost: +copies 128MiB in about 3s, pauses the VM for 74 ms$/m);
    expect(stdout).toMatch(/^Not to: +h2: it is cordoned$/m);
  });

  it('are applied, and waited for', async () => {
    const route = { vmName: 'web', source: 'h1', target: 'h3' };
    const ended = operation('migrate', { ...route, state: 'succeeded', done: true });
    const { url } = await serve({
      [`POST /v1/recommendations/${id}/apply`]: () => accepted(ended),
      'GET /v1/operations/op-1': () => ok(ended),
    });
    const { code, stdout } = await drover(['--api', url, 'recommendations', 'apply', id]);
    expect(code).toBe(0);
    expect(stdout).toContain('web has moved (h1 → h3');
  });

  it('are dismissed for as long as was said', async () => {
    const body: api.BalanceBody = {
      mode: 'recommend',
      terms: [],
      movesLeft: 30,
      recommendations: 0,
      dismissed: [
        {
          id,
          vmId: idOf(1),
          vmName: 'web',
          source: 'h1',
          target: 'h3',
          untilMs: 2,
          by: 'anna',
          atMs: 1,
        },
      ],
    };
    const served = await serve({ [`POST /v1/recommendations/${id}/dismiss`]: () => ok(body) });
    const args = ['--api', served.url, 'recommendations', 'dismiss', id, '--for', '8h'];
    const { stdout } = await drover(args);
    expect(stdout).toBe('web is left alone for that time.\n');
    const [sent] = served.sent('POST', `/v1/recommendations/${id}/dismiss`);
    expect(sent?.body).toEqual({ minutes: 480 });
  });
});

describe('drover balance', () => {
  it('set keeps what was set before', async () => {
    const settings = { aggressiveness: 2, hours: { from: '22:00', to: '06:00' } } as const;
    const inForce = { ...settings, mode: 'automatic', movesAtOnce: 2, movesPerHour: 30 } as const;
    const body = { settings, inForce: { ...inForce, cooldownMinutes: 360 } };
    const served = await serve({
      'GET /v1/settings/balance': () => ok(body),
      'PUT /v1/settings/balance': () => ok(body),
    });
    const args = [
      '--api',
      served.url,
      'balance',
      'set',
      '--mode',
      'automatic',
      '--hours',
      'always',
    ];
    const { code, stdout } = await drover(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Mode: +automatic/m);
    const [sent] = served.sent('PUT', '/v1/settings/balance');
    expect(sent?.body).toEqual({ aggressiveness: 2, mode: 'automatic' });
  });

  it('show says why nothing is recommended', async () => {
    const body: api.BalanceBody = {
      mode: 'recommend',
      ranAtMs: 1,
      unevenBefore: 90_000,
      unevenAfter: 90_000,
      terms: [{ name: 'memory', millionths: 90_000 }],
      calm: { code: 'even-enough', text: 'the cluster is even enough' },
      movesLeft: 30,
      recommendations: 0,
      dismissed: [],
    };
    const { url } = await serve({ 'GET /v1/balance': () => ok(body) });
    const { stdout } = await drover(['--api', url, 'balance', 'show']);
    expect(stdout).toMatch(/^Uneven: +0.090; 0 is even$/m);
    expect(stdout).toMatch(/^Because: +the cluster is even enough$/m);
  });
});

describe('drover host restore', () => {
  const restorePlan: api.RestorePlanBody = {
    hostId: 'h1',
    revision: 7,
    moves: [
      {
        vmId: idOf(1),
        vmName: 'web',
        source: 'h2',
        target: 'h1',
        mode: 'live',
        memoryMib: 128,
        reason: 'goes back to h1, where it was before',
        checked: true,
      },
    ],
    waves: [[0]],
    blockers: [],
    estimatedSeconds: 3,
  };

  it('only uncordons unless asked', async () => {
    const { url } = await serve({ 'DELETE /v1/hosts/h1/cordon': () => ok(host('h1')) });
    const { stdout } = await drover(['--api', url, 'host', 'restore', 'h1']);
    expect(stdout).toContain('h1 takes VMs again');
  });

  it('shows the plan first, sends that one, and says how it ended', async () => {
    const item = {
      vmId: idOf(1),
      vmName: 'web',
      target: 'h1',
      state: 'moved',
      attempts: 0,
    } as const;
    const ended = operation('restore', {
      hostId: 'h1',
      state: 'succeeded',
      done: true,
      items: [item],
    });
    const served = await serve({
      'POST /v1/hosts/h1/restore?dryRun=true': () => ok(restorePlan),
      'POST /v1/hosts/h1/restore': () => accepted(ended),
      'GET /v1/operations/op-1': () => ok(ended),
    });
    const args = ['--api', served.url, 'host', 'restore', 'h1', '--move-back', '--yes'];
    const { code, stdout } = await drover(args);
    expect(code).toBe(0);
    expect(stdout).toContain('Plan to restore h1: 1 VM moves in 1 wave, about 3s');
    expect(stdout).toContain('h1 takes VMs again, and 1 VM went back');
    const sent = served.sent('POST', '/v1/hosts/h1/restore').at(-1);
    expect(sent?.body).toEqual({ plan: [{ vmId: idOf(1), target: 'h1' }] });
  });
});

describe('drover balance history', () => {
  const { id: _, vmId, source, target, reason } = recommendation;
  const about = { id, vmId, vmName: 'web', source, target, reason };
  const atMs = Date.now() - 60_000;
  const items: readonly api.PastRecommendationBody[] = [
    { ...about, answer: 'withdrawn', atMs, why: 'h3 is cordoned' },
    { ...about, answer: 'dismissed', by: 'bert', atMs, outcome: 'left-alone', untilMs: atMs * 2 },
    {
      ...about,
      answer: 'applied',
      by: 'anna',
      atMs,
      outcome: 'given-up',
      why: 'it did not converge',
      operationId: 'op-2',
    },
    {
      ...about,
      answer: 'by-itself',
      by: 'balance',
      atMs,
      outcome: 'moved',
      endedAtMs: atMs + 2_000,
      operationId: 'op-1',
    },
  ];

  it('says what was said to each, by whom, and how it ended', async () => {
    const { url } = await serve({ 'GET /v1/balance/history': () => ok({ items }) });
    const { code, stdout } = await drover(['--api', url, 'balance', 'history']);
    expect(code).toBe(0);
    const lines = stdout.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '));
    expect(lines[1]).toMatch(/^1m\d\ds \| web \| h1 \| h3 \| withdrawn \| - \| h3 is cordoned$/);
    expect(lines[2]).toContain('| dismissed by bert | left alone');
    expect(lines[3]).toContain('| applied by anna | given up | it did not converge');
    expect(lines[4]).toContain('| made by itself | moved in 2.0s');
  });

  it('names operations, and says where there is nothing', async () => {
    const { url } = await serve({ 'GET /v1/balance/history': () => ok({ items }) });
    const names = await drover(['--api', url, 'balance', 'history', '-o', 'name']);
    expect(names.stdout).toContain('op-2\nop-1\n');
    const none = await serve({ 'GET /v1/balance/history': () => ok({ items: [] }) });
    const nothing = await drover(['--api', none.url, 'balance', 'history']);
    expect(nothing.stderr + nothing.stdout).toContain('Nothing was recommended');
  });
});
