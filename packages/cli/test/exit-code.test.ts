/** Each exit code that docs/cli.md promises, from a run of the real program. */
import { describe, expect, it } from 'vitest';
import { exitCodeMeanings } from '../src/logic/exit-code.ts';
import { operation, vm } from './support/bodies.ts';
import { Drover, drover } from './support/drover.ts';
import { ok, problem, type Route } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();

const move = {
  id: '1f6c02a9be',
  priority: 2,
  vmId: '00000000-0000-4000-8000-000000000001',
  vmName: 'web',
  source: 'h1',
  target: 'h2',
  mode: 'live',
  reason: 'memory is less uneven',
  unevenBefore: 2,
  unevenAfter: 1,
  terms: [],
  cost: { bytes: 1, elapsedMs: 1, downtimeMs: 1 },
  after: [],
  along: [],
  others: [],
  checked: true,
  sinceMs: 1,
};
const plan = {
  revision: 7,
  moves: [move],
  waves: [[0]],
  unevenBefore: 2,
  unevenAfter: 1,
  terms: [],
  estimatedSeconds: 1,
};
const of =
  (state: 'running' | 'cancelled' | 'failed'): Route =>
  () =>
    ok(operation('start', { state, vmName: 'web' }));

const runs: readonly (readonly [number, string, readonly string[], Record<string, Route>])[] = [
  [0, 'done', ['vm', 'show', 'web'], { 'GET /v1/vms/web': () => ok(vm(1, 'web')) }],
  [1, 'failed', ['operation', 'wait', 'op-1'], { 'GET /v1/operations/op-1': of('failed') }],
  [2, 'a plan that has moves', ['plan'], { 'POST /v1/balance/plan': () => ok(plan) }],
  [
    3,
    'not found',
    ['vm', 'show', 'web'],
    { 'GET /v1/vms/web': () => problem('vm-not-found', 404, 'no') },
  ],
  [
    4,
    'refused',
    ['vm', 'delete', 'web', '--yes'],
    { 'DELETE /v1/vms/web': () => problem('vm-running', 409, 'it runs') },
  ],
  [
    5,
    'not ended in time',
    ['operation', 'wait', 'op-1', '--timeout', '300ms'],
    { 'GET /v1/operations/op-1': of('running') },
  ],
  [
    6,
    'not allowed',
    ['host', 'cordon', 'h1'],
    { 'POST /v1/hosts/h1/cordon': () => problem('forbidden', 403, 'a viewer may not') },
  ],
  [7, 'cancelled', ['operation', 'wait', 'op-1'], { 'GET /v1/operations/op-1': of('cancelled') }],
  [8, 'nobody leads', ['plan'], { 'POST /v1/balance/plan': () => problem('no-leader', 503, 'no') }],
  [64, 'not understood', ['vm', 'create', 'web', '--memory', '2GB'], {}],
];

describe('the exit code', () => {
  for (const [code, what, args, routes] of runs) {
    it(`is ${code}: ${what}`, async () => {
      const { url } = await serve(routes);
      const end = await drover(['--api', url, ...args]);
      expect(end.code).toBe(code);
    });
  }

  it('that is promised has a run here', () => {
    const shown = [...runs.map(([code]) => code), 130];
    expect(shown).toEqual(exitCodeMeanings.map(([code]) => code));
  });

  it('is 130 where a person detaches, and what was begun goes on', async () => {
    const api = await serve({ 'GET /v1/operations/op-1': of('running') });
    const run = new Drover(['--api', api.url, 'operation', 'wait', 'op-1']);
    await run.says('web');
    run.child.kill('SIGINT');
    const end = await run.ended;
    expect(end.code).toBe(130);
    expect(api.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});
