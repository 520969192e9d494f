/** `drover host drain --pause`, `--resume`, `--retry`: said to a drain that is under way. */
import { expect, it } from 'vitest';
import { eventText } from '../src/logic/event-text.ts';
import { progressLine } from '../src/logic/operation-view.ts';
import { drain, item } from './support/bodies.ts';
import { drover } from './support/drover.ts';
import { accepted, ok } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();
const underWay = drain('running', [item(1, 'web', { state: 'moving' })]);
const paused = { ...underWay, paused: { by: 'anna', atMs: 1 } };
const deadlineMs = Date.now() + 3_599_000;

it('a pause says who paused it, that its deadline goes on, and how it goes on', async () => {
  const api = await serve({
    'POST /v1/hosts/h2/drain/pause': () => accepted({ ...paused, deadlineMs }),
  });
  const { code, stdout } = await drover(['--api', api.url, 'host', 'drain', 'h2', '--pause']);
  expect(code).toBe(0);
  expect(stdout).toContain('The drain of h2: paused by anna: no move begins');
  expect(stdout).toMatch(/its deadline goes on\.\n {2}deadline: {2}in 59m\d\ds\n/);
  expect(stdout).toContain('drover host drain h2 --resume');
});

it('a drain that is resumed goes on', async () => {
  const api = await serve({ 'POST /v1/hosts/h2/drain/resume': () => accepted(underWay) });
  const { code, stdout } = await drover(['--api', api.url, 'host', 'drain', 'h2', '--resume']);
  expect([code, stdout]).toEqual([
    0,
    'The drain of h2 goes on.\n  watch it:  drover host drain h2 --watch\n',
  ]);
});

it('a VM is named that is to be tried again', async () => {
  const api = await serve({ 'POST /v1/hosts/h2/drain/retry': () => accepted(underWay) });
  const words = ['--api', api.url, 'host', 'drain', 'h2', '--retry', 'web'];
  const { code, stdout } = await drover(words);
  expect([code, stdout.split('\n')[0]]).toEqual([0, 'The drain of h2 is to try web once more.']);
  expect(api.requests.map(({ body }) => body)).toEqual([{ vm: 'web' }]);
});

it('only one of them is said at a time', async () => {
  const api = await serve({});
  const words = ['--api', api.url, 'host', 'drain', 'h2', '--pause', '--cancel'];
  expect((await drover(words)).code).toBe(64);
});

it('whoever watches is told that it is paused, once', async () => {
  const looks = [paused, paused, drain('succeeded', [item(1, 'web', { state: 'moved' })])];
  let at = -1;
  const api = await serve({
    'GET /v1/hosts/h2/drain': () => ok(looks[0]),
    'GET /v1/operations/op-1': () => ok(looks[(at = Math.min(at + 1, 2))]),
    'GET /v1/migrations': () => ok({ items: [] }),
  });
  const { stderr } = await drover(['--api', api.url, 'host', 'drain', 'h2', '--watch']);
  expect(stderr.match(/paused by anna: no move begins; go on with/g)).toHaveLength(1);
});

it('status and events say so', () => {
  expect(progressLine(paused)).toBe('draining h2: paused by anna: no move begins');
  expect(eventText({ type: 'operation', operation: paused })).toContain('paused by anna');
});
