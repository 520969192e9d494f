/** What goes wrong: exit codes that scripts can trust, and words that help. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseApi, chooseToken } from '../src/logic/config.ts';
import { parsePoolFlags } from '../src/logic/pool-flags.ts';
import { parseVmFlags } from '../src/logic/vm-flags.ts';
import { drover } from './support/drover.ts';
import { ok, problem } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();
const folder = mkdtempSync(join(tmpdir(), 'drover-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the exit code', () => {
  const answers = [
    ['vm-not-found', 404, 3],
    ['vm-busy', 409, 4],
    ['unauthenticated', 401, 6],
    ['forbidden', 403, 6],
    ['no-leader', 503, 8],
    ['invalid-body', 400, 64],
    ['internal', 500, 1],
  ] as const;
  for (const [code, status, exitCode] of answers) {
    it(`of ${code} is ${exitCode}, with cause, code and request on stderr`, async () => {
      const { url } = await serve({
        'GET /v1/vms/web': () => problem(code, status, `web: because of ${code}`),
      });
      const end = await drover(['--api', url, 'vm', 'show', 'web']);
      expect({ code: end.code, stdout: end.stdout }).toEqual({ code: exitCode, stdout: '' });
      expect(end.stderr).toContain(`error: web: because of ${code}`);
      expect(end.stderr).toContain(`code: ${code} (HTTP ${status}), request req-1`);
    });
  }
});

it('what is not there is told with the command that lists such things, not with a request', async () => {
  const said = 'there is no VM web; GET /v1/vms lists them';
  const { url } = await serve({ 'GET /v1/vms/web': () => problem('vm-not-found', 404, said) });
  const { stderr } = await drover(['--api', url, 'vm', 'show', 'web']);
  expect(stderr).toContain('error: there is no VM web\n  next: see the VMs with “drover vm list”');
});

describe('an API that is not there', () => {
  it('is named with the place its address is from, and exits 8', async () => {
    const end = await drover(['vm', 'list'], { DROVER_API: 'http://127.0.0.1:1' });
    expect(end.code).toBe(8);
    expect(end.stderr).toContain('http://127.0.0.1:1 cannot be reached');
    expect(end.stderr).toContain('the address is from DROVER_API');
    const flagged = await drover(['vm', 'list', '--api', 'http://127.0.0.1:2'], {
      DROVER_API: 'http://127.0.0.1:1',
    });
    expect(flagged.stderr).toContain('the address is from --api');
  });

  it('but something else is, is said so', async () => {
    const { url } = await serve({
      'GET /v1/vms': () => (response) => response.end('<html>hello</html>'),
    });
    const end = await drover(['vm', 'list', '--api', url]);
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('is a Drover API there?');
  });

  it('in the middle of an order says that it may have arrived', async () => {
    const { url } = await serve({
      'POST /v1/vms/web/start': () => (response) => response.destroy(),
    });
    const end = await drover(['vm', 'start', 'web', '--api', url]);
    expect(end.code).toBe(8);
    expect(end.stderr).toContain('may have arrived all the same');
  });
});

describe('a token', () => {
  const file = join(folder, 'token');
  writeFileSync(file, 'from-file\n');
  const ways = [
    [['--token', 'from-flag'], { DROVER_TOKEN: 'from-env' }, 'Bearer from-flag'],
    [['--token-file', file], { DROVER_TOKEN: 'from-env' }, 'Bearer from-file'],
    [[], { DROVER_TOKEN: 'from-env', DROVER_TOKEN_FILE: file }, 'Bearer from-env'],
    [[], { DROVER_TOKEN_FILE: file }, 'Bearer from-file'],
    [[], {}, undefined],
  ] as const;
  for (const [flags, env, sent] of ways) {
    it(`of ${JSON.stringify([flags, Object.keys(env)])} is ${sent}`, async () => {
      const api = await serve({ 'GET /v1/vms': () => ok({ items: [] }) });
      await drover([...flags, '--api', api.url, 'vm', 'list'], env);
      expect(api.requests.map((one) => one.authorization)).toEqual([sent]);
    });
  }

  it('that is not shown in any error', async () => {
    const { url } = await serve({ 'GET /v1/vms': () => problem('unauthenticated', 401, 'no') });
    const end = await drover(['--token', 'secret-word', '--api', url, 'vm', 'list']);
    expect(end.stdout + end.stderr).not.toContain('secret-word');
    expect(end.stderr).toContain('--token-file');
  });
});

describe('what is not understood', () => {
  const wrong: readonly (readonly [readonly string[], string])[] = [
    [['vm', 'frobnicate'], "unknown command 'frobnicate'"],
    [['host', 'lst'], 'Did you mean one of list'],
    [['vm', 'list', '--wach'], 'Did you mean --watch?'],
    [['vm', 'show'], "missing required argument 'vm'"],
    [['vm', 'list', '-o', 'xml'], 'table, wide, json, yaml, name'],
    [['vm', 'create', 'web'], '--memory'],
    [['vm', 'create', 'web', '--memory', '2GB'], 'MiB, GiB or TiB, such as 128MiB or 2GiB'],
    [['host', 'drain', 'h2', '--timeout', '10'], 'such as 30s, 10m or 1h30m'],
    [['host', 'drain', 'h2', '--watch', '--cancel'], '--pause, --resume, --retry and --cancel'],
    [['operation', 'list', '--state', 'odd'], 'pending, running, succeeded'],
    [['--token-file', '/does/not/exist', 'vm', 'list'], 'cannot be read'],
    [['completion', 'tcsh'], 'bash, zsh, fish'],
  ];
  for (const [args, said] of wrong) {
    it(`exits 64 and says what is taken: ${args.join(' ')}`, async () => {
      const end = await drover(args);
      expect({ code: end.code, stdout: end.stdout }).toEqual({ code: 64, stdout: '' });
      expect(end.stderr).toContain(said);
    });
  }
});

describe('a value of the wrong form', () => {
  const flags = { memory: '1GiB', vcpus: '1', image: [], volume: [], network: [], label: [] };
  const wrong: readonly (readonly [string, () => unknown, string])[] = [
    ['a name', () => parseVmFlags('Web!', flags), 'the name is not right'],
    ['an image', () => parseVmFlags('w', { ...flags, image: ['tiny'] }), 'vms/tiny.qcow2'],
    ['a path', () => parseVmFlags('w', { ...flags, volume: ['a/b/c'] }), 'POOL/FILE'],
    ['a MAC', () => parseVmFlags('w', { ...flags, network: ['b,mac=1'] }), 'BRIDGE,mac=52:54'],
    ['a label', () => parseVmFlags('w', { ...flags, label: ['x'] }), 'KEY=VALUE'],
    ['vCPUs', () => parseVmFlags('w', { ...flags, vcpus: '65' }), 'from 1 to 64'],
    ['a machine', () => parseVmFlags('w', { ...flags, machine: 'Q 35' }), '--machine'],
    ['a pool', () => parsePoolFlags('p', { type: 'nfs' }), 'needs --server'],
    ['a pool’s path', () => parsePoolFlags('p', { type: 'shared', path: 'vms' }), 'absolute'],
    ['an address', () => chooseApi({ api: 'h1:8440' }, {}), 'http://127.0.0.1:8440'],
    ['two tokens', () => chooseToken({ token: 'a', tokenFile: 'b' }, {}), 'not both'],
    ['a token', () => chooseToken({ token: 'a\nb' }, {}), 'no token has'],
  ];
  for (const [what, parse, said] of wrong) {
    it(`is refused, naming what is taken: ${what}`, () => expect(parse).toThrow(said));
  }
});
