/** `drover host forget`: what is asked first, what is sent, and what is said when it is refused. */
import { describe, expect, it } from 'vitest';
import { operation } from './support/bodies.ts';
import { drover, Drover } from './support/drover.ts';
import { accepted, ok, problem } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();
const path = 'DELETE /v1/hosts/h4';
const forgetting = (changes = {}) => operation('forget-host', { hostId: 'h4', ...changes });
const run = (url: string, ...more: readonly string[]) =>
  drover(['--api', url, 'host', 'forget', 'h4', ...more]);

describe('host forget', () => {
  it('forgets the host, waits, and says so', async () => {
    const api = await serve({
      [path]: () => accepted(forgetting()),
      'GET /v1/operations/op-1': () => ok(forgetting({ state: 'succeeded' })),
    });
    const end = await run(api.url, '--yes');
    expect(end.code).toBe(0);
    expect(end.stdout).toMatch(/^h4 is forgotten/);
  });

  it('is never done without a yes', async () => {
    const api = await serve({ [path]: () => accepted(forgetting()) });
    const end = await run(api.url);
    expect(end.code).not.toBe(0);
    expect(end.stderr).toContain('Forget h4? It comes back only with a new join token.');
    expect(api.requests).toEqual([]);
  });

  it('with --dry-run asks nothing, changes nothing, and says what would become of its key', async () => {
    const changes = [
      { change: 'made', what: 'request', id: 'x' },
      { change: 'removed', what: 'host-key', id: 'h4' },
    ];
    let rehearsed = changes;
    const api = await serve({
      [`${path}?dryRun=true`]: () => ok({ dryRun: true, changes: rehearsed }),
    });
    const joined = await run(api.url, '--dry-run');
    expect(joined).toMatchObject({
      code: 0,
      stdout: 'h4 would be forgotten, and the key that it joined with would be good for nothing\n',
    });
    rehearsed = changes.slice(0, 1);
    expect((await run(api.url, '-n')).stdout).toBe('h4 would be forgotten\n');
    const json = JSON.parse((await run(api.url, '-n', '-o', 'json')).stdout) as object;
    expect(json).toEqual({ dryRun: true, changes: rehearsed });
    expect(api.requests.every(({ query }) => query.get('dryRun') === 'true')).toBe(true);
  });

  it('exits 4 where it is refused, with the next step, before and after it was taken', async () => {
    const detail = 'web is on h4: start its VMs elsewhere (drover host recover h4), or delete them';
    const before = await serve({ [path]: () => problem('host-in-use', 409, detail) });
    const refused = await run(before.url, '--yes');
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain(detail);
    const error = { code: 'host-not-down', message: 'h4 was heard 1 s ago: stop its agent first' };
    const after = await serve({
      [path]: () => accepted(forgetting()),
      'GET /v1/operations/op-1': () => ok(forgetting({ state: 'failed', error })),
    });
    const failed = await run(after.url, '--yes');
    expect(failed.code).toBe(4);
    expect(failed.stderr).toContain('stop its agent first');
    expect(failed.stderr).toContain('recovered or forgotten');
  });
});

it('events say that a host was forgotten', async () => {
  const data = { type: 'host', host: { id: 'h4', cordoned: false, isForgotten: true } };
  const api = await serve({
    'GET /v1/events': () => (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`event: host\nid: 7\ndata: ${JSON.stringify(data)}\n\n`);
    },
  });
  const events = new Drover(['--api', api.url, 'events']);
  await events.says('h4 is forgotten');
  events.child.kill('SIGINT');
  expect((await events.ended).stdout).toMatch(/host {7}h4 is forgotten$/m);
});
