/** `drover host recover`: what is asked first, what is sent, and what is said when it is refused. */
import { describe, expect, it } from 'vitest';
import { item, operation } from './support/bodies.ts';
import { drover } from './support/drover.ts';
import { accepted, ok, problem } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();
const path = 'POST /v1/hosts/h2/recover';
const recovery = (changes = {}) => operation('recover', { hostId: 'h2', ...changes });

describe('host recover', () => {
  it('says that the host is off, waits, and says that its VMs run elsewhere', async () => {
    const api = await serve({
      [path]: () => accepted(recovery()),
      'GET /v1/operations/op-1': () => ok(recovery({ state: 'succeeded' })),
    });
    const end = await drover(['--api', api.url, 'host', 'recover', 'h2', '--yes']);
    expect(end.code).toBe(0);
    expect(end.stdout).toMatch(/^h2 is recovered: its VMs run elsewhere/);
    expect(api.sent('POST', '/v1/hosts/h2/recover')[0]?.body).toEqual({ confirm: 'h2' });
  });

  it('is never said without a yes', async () => {
    const api = await serve({ [path]: () => accepted(recovery()) });
    const end = await drover(['--api', api.url, 'host', 'recover', 'h2']);
    expect(end.code).not.toBe(0);
    expect(end.stderr).toContain('Is the power of h2 off?');
    expect(api.requests).toEqual([]);
  });

  it('names what could not be started, and why', async () => {
    const left = item(1, 'web', { state: 'blocked', reason: 'no host fits: h1: full' });
    const error = { code: 'no-host-fits', message: '1 VMs could not be started elsewhere: web' };
    const api = await serve({
      [path]: () => accepted(recovery()),
      'GET /v1/operations/op-1': () => ok(recovery({ state: 'blocked', items: [left], error })),
    });
    const end = await drover(['--api', api.url, 'host', 'recover', 'h2', '--yes']);
    expect(end.code).toBe(4);
    expect(end.stderr).toContain('could not be started elsewhere: web');
  });

  it('of a host that runs exits 4, and says what to do instead', async () => {
    const message = 'h2 was heard 0 s ago: a host that runs is drained';
    const error = { code: 'host-not-down', message };
    const api = await serve({
      [path]: () => accepted(recovery()),
      'GET /v1/operations/op-1': () => ok(recovery({ state: 'failed', error })),
    });
    const end = await drover(['--api', api.url, 'host', 'recover', 'h2', '--yes']);
    expect(end.code).toBe(4);
    expect(end.stderr).toContain('drover host drain h2');
  });

  it('under a mass loss is refused with the word that makes it meant, which is sent', async () => {
    const detail = '3 of 9 hosts are down: a network that is away is likelier';
    const api = await serve({
      [path]: ({ body }) =>
        (body as { despiteMassLoss?: boolean }).despiteMassLoss === true
          ? accepted(recovery({ state: 'succeeded' }))
          : problem('mass-loss', 409, detail),
      'GET /v1/operations/op-1': () => ok(recovery({ state: 'succeeded' })),
    });
    const refused = await drover(['--api', api.url, 'host', 'recover', 'h2', '--yes']);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('drover host recover h2 --despite-mass-loss');
    const meant = ['--api', api.url, 'host', 'recover', 'h2', '--yes', '--despite-mass-loss'];
    expect((await drover(meant)).code).toBe(0);
  });
});
