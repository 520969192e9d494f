/** Lists, pages and the overview: what stands on stdout in each form, and what does not. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  cluster,
  drain,
  host,
  idOf,
  migration,
  operation,
  placement,
  pool,
  vm,
} from './support/bodies.ts';
import { Drover, drover } from './support/drover.ts';
import { ok } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();

const hosts = { items: [host('h1'), host('h2', { state: 'cordoned', schedulable: false })] };
const vms = { items: [vm(1, 'web'), vm(2, 'db', { state: 'stopped', desired: 'stopped' })] };

describe('a list', () => {
  it('is a table without boxes or colour where no terminal is', async () => {
    const { url } = await serve({ 'GET /v1/hosts': () => ok(hosts) });
    const { code, stdout, stderr } = await drover(['--api', url, 'host', 'list']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'NAME  STATE     VMS  CPU    MEMORY         HEARD',
      'h1    ready     2    1/3.5  1.5GiB/7.5GiB  900ms ago',
      'h2    cordoned  2    1/3.5  1.5GiB/7.5GiB  900ms ago',
      '',
    ]);
  });

  it('as JSON is exactly what the API answered', async () => {
    const { url } = await serve({ 'GET /v1/vms': () => ok(vms) });
    const { stdout } = await drover(['--api', url, 'vm', 'list', '-o', 'json']);
    expect(JSON.parse(stdout)).toEqual(vms);
  });

  it('as YAML means the same, without quotes where none are needed', async () => {
    const { url } = await serve({ 'GET /v1/vms': () => ok(vms) });
    const { stdout } = await drover(['--api', url, 'vm', 'list', '-o', 'yaml']);
    expect(parse(stdout)).toEqual(vms);
    expect(stdout).toMatch(/^items:\n  - id: .*\n/);
    expect(stdout).toContain('name: web\n');
  });

  it('is a table without its first line where that is asked for', async () => {
    const { url } = await serve({ 'GET /v1/hosts': () => ok(hosts) });
    const { stdout } = await drover(['--api', url, 'host', 'list', '--no-headers']);
    expect(stdout.split('\n')).toEqual([
      'h1  ready     2  1/3.5  1.5GiB/7.5GiB  900ms ago',
      'h2  cordoned  2  1/3.5  1.5GiB/7.5GiB  900ms ago',
      '',
    ]);
  });

  it('tells on stderr what was asked of the API, and never the token', async () => {
    const { url } = await serve({ 'GET /v1/hosts': () => ok(hosts) });
    const asked = ['host', 'list', '-o', 'name', '--debug', '--token', 'a-secret-of-mine'];
    const { stdout, stderr } = await drover(['--api', url, ...asked]);
    expect(stdout).toBe('h1\nh2\n');
    expect(stderr).toMatch(/^GET http:\S+\/v1\/hosts\S* 200 \d+ ms\n$/);
    expect(stderr).not.toContain('secret');
  });

  it('tells there also what nothing answered', async () => {
    const asked = ['host', 'list', '--debug', '--api', 'http://127.0.0.1:1023'];
    const { code, stderr } = await drover(asked);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(
      /^GET http:\/\/127\.0\.0\.1:1023\/v1\/hosts\S* failed: ECONNREFUSED \d+ ms$/m,
    );
  });

  it('as names is a name a line', async () => {
    const { url } = await serve({ 'GET /v1/vms': () => ok(vms) });
    const { stdout } = await drover(['vm', 'list', '-o', 'name', '--api', url]);
    expect(stdout).toBe('web\ndb\n');
  });

  it('that is wide has more columns, and a dash where there is nothing', async () => {
    const { url } = await serve({ 'GET /v1/vms': () => ok(vms) });
    const { stdout } = await drover(['--api', url, 'vm', 'ls', '-o', 'wide']);
    expect(stdout).toMatch(/^NAME +STATE +HOST.* OBSERVED +OPERATION +MACS +LABELS +ID$/m);
    expect(stdout).toMatch(
      new RegExp(`^db +stopped .* - +- +52:54:00:00:00:01 +- +${idOf(2)}$`, 'm'),
    );
  });

  it('that is empty says so on stderr, and stdout stays empty', async () => {
    const { url } = await serve({ 'GET /v1/vms': () => ok({ items: [] }) });
    const { code, stdout, stderr } = await drover(['--api', url, 'vm', 'list']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain('drover vm create');
  });

  it('lets no control character through, neither in a table nor in JSON', async () => {
    const evil = { items: [host('h1', { reasons: ['\u001b[2Jgone\u202e\u009b1m\nline'] })] };
    const { url } = await serve({ 'GET /v1/hosts': () => ok(evil) });
    // oxlint-disable-next-line no-control-regex -- it is what must not be there
    const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/;
    const table = await drover(['--api', url, 'host', 'list', '-o', 'wide']);
    expect(table.stdout).not.toMatch(control);
    expect(table.stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(table.stdout).toContain('\\x1b[2Jgone');
    const json = await drover(['--api', url, 'host', 'list', '-o', 'json']);
    expect(json.stdout).not.toMatch(control);
    expect(JSON.parse(json.stdout)).toEqual(evil);
  });

  it('sends its filters to the API', async () => {
    const api = await serve({ 'GET /v1/operations': () => ok({ items: [operation('start')] }) });
    await drover(['--api', api.url, 'operation', 'list', '--type', 'drain', '--limit', '5']);
    expect(api.requests[0]?.query.toString()).toBe('limit=5&type=drain');
  });
});

describe('--watch without a terminal', () => {
  it('prints the list once, then a line for each change, and ends with 0 on Ctrl-C', async () => {
    let state = 'running';
    const api = await serve({
      'GET /v1/vms': () => ok({ items: [vm(1, 'web', { state }), vm(2, 'db')] }),
    });
    const run = new Drover(['--api', api.url, 'vm', 'list', '--watch']);
    await run.says('db ');
    state = 'migrating';
    await run.says('migrating');
    run.child.kill('SIGINT');
    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    const firsts = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ +/).slice(0, 2).join(' '));
    expect(firsts).toEqual(['NAME STATE', 'web running', 'db running', 'web migrating']);
  });

  it('prints an object a line with -o json', async () => {
    const api = await serve({ 'GET /v1/vms': () => ok(vms) });
    const run = new Drover(['--api', api.url, 'vm', 'list', '-w', '-o', 'json']);
    await run.says('"db"');
    run.child.kill('SIGINT');
    const { stdout } = await run.ended;
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(vms.items);
  });
});

describe('one thing', () => {
  it('is a page that names what a person would ask', async () => {
    const { url } = await serve({ 'GET /v1/vms/web': () => ok(vm(1, 'web')) });
    const { stdout } = await drover(['--api', url, 'vm', 'show', 'web']);
    expect(stdout).toMatch(/^State: +running on h2$/m);
    expect(stdout).toMatch(/^Disk: +vms: thin clone of tiny.qcow2$/m);
  });

  it('of a host says whether memory is encrypted on its way, and what its tunnels have refused', async () => {
    const about = {
      migrationTls: { able: false, reason: 'set migrate_tls_x509_cert_dir' },
      tunnelRefusals: [{ opId: 'op-1', reason: 'procedure', message: 'domainDestroy' }],
    };
    const { url } = await serve({
      'GET /v1/hosts/h1': () => ok(host('h1', about)),
      'GET /v1/vms': () => ok(vms),
    });
    const { stdout } = await drover(['--api', url, 'host', 'show', 'h1']);
    expect(stdout).toMatch(/^Memory: +QEMU cannot encrypt it on its way: set migrate_tls_x509/m);
    expect(stdout).toMatch(/^Refused: +procedure in the tunnel of op-1: domainDestroy$/m);
  });

  it('explains each host with its numbers', async () => {
    const answer = {
      ...placement('h1'),
      sentences: ['web is running on h2; if it moved now:', 'h1 is best'],
    };
    const { url } = await serve({ 'GET /v1/vms/web/explain': () => ok(answer) });
    const { stdout } = await drover(['--api', url, 'explain', 'web']);
    expect(stdout).toContain('web is running on h2; if it moved now:');
    expect(stdout).toMatch(/^h1 +yes +740 +memory 4×185$/m);
    expect(stdout).toMatch(/^h3 +no +- +needs 4GiB of memory, has 1.1GiB free$/m);
  });
});

describe('the overview', () => {
  it('begins with what needs attention, and shows what is under way', async () => {
    const down = host('h3', { state: 'down', reportAgeMs: 95_000 });
    const { url } = await serve({
      'GET /v1/cluster': () => ok(cluster()),
      'GET /v1/cluster/headroom': () =>
        ok({ revision: 1, bears: 1, exact: true, upTo: 2, atRisk: [], untried: [] }),
      'GET /v1/pools': () => ok({ items: [pool('vms')] }),
      'GET /v1/hosts': () => ok({ items: [...hosts.items, down] }),
      'GET /v1/vms': () => ok(vms),
      'GET /v1/migrations': () => ok({ items: [migration('op-7', 43)] }),
      'GET /v1/operations': () => ok({ items: [drain('running', [])] }),
    });
    const { code, stdout } = await drover(['--api', url, 'status']);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'Hosts: 3 (1 ready, 1 cordoned, 1 down)   VMs: 2 (1 running, 1 stopped)',
    );
    expect(stdout).toContain('h3 is down, heard 1m35s ago');
    expect(stdout).toContain('pool vms: 90 % are in use, 100 MiB are free');
    expect(stdout).toContain('moving web (h2 → h1): perform 43 %');
    expect(stdout).toContain('Headroom: any one host may be lost\n');
    expect(stdout).toContain('draining h2');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe('version', () => {
  it('is that of the package, also where no API answers', async () => {
    const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    const { version } = JSON.parse(text) as { version: string };
    const shown = await drover(['version', '--api', 'http://127.0.0.1:1']);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain(`drover ${version}`);
    expect(shown.stdout).toContain('http://127.0.0.1:1 (from --api): not known');
    expect((await drover(['--version'])).stdout).toBe(`${version}\n`);
  });
});

describe('a move', () => {
  it('says how it is made', async () => {
    const moved = operation('migrate', { mode: 'paused' });
    const { url } = await serve({ [`GET /v1/operations/${moved.id}`]: () => ok(moved) });
    const { stdout } = await drover(['--api', url, 'operation', 'show', moved.id]);
    expect(stdout).toMatch(/^Mode: +live, its copy stays paused until the source is known/m);
  });

  it.each([
    [{ memoryPath: 'tls' }, 'encrypted by QEMU'],
    [
      { memoryPath: 'clear', memoryPathReason: 'h2: set it in qemu.conf' },
      'in the clear, because h2: set it in qemu.conf',
    ],
  ] as const)('says how its memory travels: %j', async (more, text) => {
    const moved = operation('migrate', more);
    const { url } = await serve({ [`GET /v1/operations/${moved.id}`]: () => ok(moved) });
    const { stdout } = await drover(['--api', url, 'operation', 'show', moved.id]);
    expect(stdout).toContain(text);
  });
});
