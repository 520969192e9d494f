/** `drover events`: lines as things happen, resumed where a break left off. */
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Drover } from './support/drover.ts';
import { problem, type Route } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();

function vmEvent(id: number, state: string): string {
  const data = { type: 'vm', vm: { id: 'x', name: 'web', state, hostId: 'h1' } };
  return `event: vm\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

const stream = (write: (response: ServerResponse) => void) => (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  write(response);
};

async function follow(routes: readonly Route[], until: string, more: readonly string[] = []) {
  let at = 0;
  const api = await serve({
    'GET /v1/events': (request) => {
      const route = routes[Math.min(at, routes.length - 1)];
      at += 1;
      return route ? route(request) : problem('internal', 500, 'no route');
    },
  });
  const run = new Drover(['--api', api.url, 'events', ...more]);
  await run.says(until);
  run.child.kill('SIGINT');
  return { ...(await run.ended), api };
}

describe('events', () => {
  it('are told as they come, and Ctrl-C is a success', async () => {
    const { code, stdout } = await follow(
      [() => stream((response) => response.write(`: hello\n\n${vmEvent(7, 'running')}`))],
      'web is running on h1',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d {2}vm +web is running on h1$/m);
  });

  it('go on after a break from the last one seen', async () => {
    const { api, stdout } = await follow(
      [
        () => stream((response) => response.end(vmEvent(7, 'starting'))),
        () => stream((response) => response.write(vmEvent(8, 'running'))),
      ],
      'web is running',
    );
    expect(api.requests.map((one) => one.lastEventId)).toEqual([undefined, '7']);
    expect(stdout.match(/web is starting/g)).toHaveLength(1);
  });

  it('begin anew, and say so, where the last one is no longer kept', async () => {
    const { api, stderr } = await follow(
      [
        () => stream((response) => response.end(vmEvent(7, 'starting'))),
        () => problem('gone', 410, 'revision 7 is compacted', { retry: 'now' }),
        () => stream((response) => response.write(vmEvent(90, 'running'))),
      ],
      'web is running',
    );
    expect(api.requests.map((one) => one.lastEventId)).toEqual([undefined, '7', undefined]);
    expect(stderr).toContain('some events are no longer kept');
  });

  it('as JSON are one a line, as the API sent them', async () => {
    const { stdout } = await follow(
      [() => stream((response) => response.write(vmEvent(7, 'running')))],
      '"running"',
      ['-o', 'json'],
    );
    expect(JSON.parse(stdout)).toEqual({
      type: 'vm',
      vm: { id: 'x', name: 'web', state: 'running', hostId: 'h1' },
    });
  });
});
