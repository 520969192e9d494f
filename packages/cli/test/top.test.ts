/** `drover top`: once for programs, and on a terminal’s screen as it changes. */
import { loadCluster, dumpCluster } from '@drover/core';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sorted, topScreen, useOf } from '../src/logic/top-view.ts';
import { plain } from '../src/logic/table.ts';
import { host } from './support/bodies.ts';
import { drover } from './support/drover.ts';
import { Pty } from './support/pty.ts';
import { ok, problem, type Route } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();
const dump = readFileSync(
  new URL('../../../docs/examples/three-hosts.json', import.meta.url),
  'utf8',
);
const usage = { cpuPressurePermille: 0, memoryPressurePermille: 0, memoryMib: 2048 };
const hosts = [
  host('h1', { usage: { ...usage, cpuMilli: 1000, cpuPressurePermille: 312 } }),
  host('h2', { usage: { ...usage, cpuMilli: 3800, memoryMib: 1024 } }),
  host('h3'),
];

function routes(changes: Readonly<Record<string, Route>> = {}): Readonly<Record<string, Route>> {
  return {
    'GET /v1/hosts': () => ok({ items: hosts }),
    'GET /v1/dump': () => (response) => void response.end(dump),
    ...changes,
  };
}

const firstWords = (lines: readonly string[]) => lines.map((line) => line.split(/ +/)[0]);

describe('once', () => {
  it('is two tables, who uses most first and who was not measured last', async () => {
    const { url } = await serve(routes());
    const { code, stdout, stderr } = await drover(['--api', url, 'top']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(firstWords(lines)).toEqual([
      'HOST',
      'h2',
      'h1',
      'h3',
      '',
      'VM',
      'web-1',
      'batch',
      'db-1',
      'db-2',
      'mail',
    ]);
    expect(lines[1]).toMatch(/^h2 +ready +2 +95 +3.8\/4 +0.0% +12 +1GiB\/8GiB +0.0%$/);
    expect(lines[2]).toMatch(/^h1 .* 31.2% /);
    expect(lines[3]).toMatch(/^h3 +ready +2 +- +- +- +- +- +-$/);
    expect(lines[6]).toMatch(/^web-1 +h1 +running +87 +3.5\/4 +- +4GiB\/4GiB$/);
  });

  it('is sorted as asked for, and is an object with --json', async () => {
    const { url } = await serve(routes());
    const names = async (key: string) => {
      const { stdout } = await drover(['--api', url, 'top', '--sort', key, '-o', 'name']);
      return stdout.trimEnd().split('\n');
    };
    expect(await names('name')).toEqual(['batch', 'db-1', 'db-2', 'mail', 'web-1']);
    expect(await names('memory')).toEqual(['db-1', 'web-1', 'batch', 'db-2', 'mail']);
    expect(await names('host')).toEqual(['web-1', 'batch', 'db-1', 'db-2', 'mail']);
    const { stdout } = await drover(['--api', url, 'top', '--json', '--sort', 'wait']);
    const use = JSON.parse(stdout) as { hosts: { id: string }[]; vms: object[] };
    expect(use.hosts.map(({ id }) => id)).toEqual(['h1', 'h2', 'h3']);
    expect(use.vms).toContainEqual({
      id: 'v1',
      name: 'web-1',
      state: 'running',
      hostId: 'h1',
      request: { cpuMilli: 4000, memoryMib: 4096 },
      usage: { cpuMilli: 3500, memoryMib: 4096 },
    });
  });

  it('leaves out VMs that are off', () => {
    const cluster = loadCluster(dump);
    const vms = new Map(cluster.vms);
    const mail = vms.get('v5');
    if (mail === undefined) throw new Error('the example has a VM v5');
    const { hostId: _, ...off } = mail;
    vms.set('v5', { ...off, state: 'stopped' });
    const use = useOf([], dumpCluster({ ...cluster, vms }));
    expect(use.vms.map(({ name }) => name)).not.toContain('mail');
    expect(use.vms).toHaveLength(4);
  });

  it('says so where nobody leads, with exit code 8', async () => {
    const { url } = await serve(
      routes({ 'GET /v1/dump': () => problem('no-leader', 503, 'nobody leads') }),
    );
    const end = await drover(['--api', url, 'top', '--once']);
    expect(end).toMatchObject({ code: 8, stdout: '' });
    expect(end.stderr).toContain('nobody leads');
  });
});

describe('the screen', () => {
  const use = sorted(useOf(hosts, dump), 'cpu');
  const screen = (rows: number) =>
    topScreen(use, { rows, sort: 'cpu', time: '14:02:11', note: '', paint: plain });

  it('is as high as the terminal, whatever that is, and counts what it leaves out', () => {
    for (const rows of [1, 2, 5, 9, 12, 24, 60]) expect(screen(rows)).toHaveLength(rows);
    expect(screen(12).join('\n')).toMatch(/^and [1-4] more$/m);
    expect(screen(24).join('\n')).not.toContain('more');
    expect(screen(24).at(-1)).toMatch(/^q quit/);
  });
});

describe('in a terminal', () => {
  it('is drawn anew as the load changes, sorted by a key, and q gives the screen back', async () => {
    let cpuMilli = 1000;
    const { url } = await serve(
      routes({
        'GET /v1/hosts': () =>
          ok({ items: [hosts[0], host('h2', { usage: { ...usage, cpuMilli } })] }),
      }),
    );
    const pty = new Pty(['--api', url, 'top', '--interval', '50ms'], 24, 100);
    const first = await pty.shows((lines) => lines.some((line) => /^h2 .* 25 /.test(line)));
    expect(first).toHaveLength(24);
    expect(firstWords(first)).toContain('web-1');
    cpuMilli = 4000;
    const second = await pty.shows((lines) => lines.some((line) => /^h2 .* 100 /.test(line)));
    expect(firstWords(second).indexOf('h2')).toBeLessThan(firstWords(second).indexOf('h1'));
    pty.type('n');
    const third = await pty.shows(([head = '']) => head.endsWith('by name'));
    expect(firstWords(third).indexOf('batch')).toBeLessThan(firstWords(third).indexOf('web-1'));
    pty.type('q');
    const { code, drawn } = await pty.ended;
    expect(code).toBe(0);
    expect(drawn).toContain('\u001b[?1049h');
    expect(drawn.endsWith('\u001b[?7h\u001b[?25h\u001b[?1049l')).toBe(true);
  }, 30_000);

  it('follows the size of the terminal, and Ctrl-C ends it with 0', async () => {
    const { url } = await serve(routes());
    const pty = new Pty(['--api', url, 'top', '--interval', '1h'], 24, 100);
    await pty.shows((lines) => lines.length === 24 && firstWords(lines).includes('web-1'));
    pty.resize(10, 80);
    const small = await pty.shows((lines) => lines.length === 10);
    expect(small.at(-1)).toMatch(/^q quit/);
    pty.type('\u0003');
    expect(await pty.ended).toMatchObject({ code: 0 });
  }, 30_000);

  it('says that the API is away, and goes on when it is back', async () => {
    const api = await serve(routes());
    const pty = new Pty(['--api', api.url, 'top', '--interval', '50ms'], 24, 100);
    await pty.shows((lines) => firstWords(lines).includes('web-1'));
    await api.stop();
    await pty.shows((lines) => lines.at(-1)?.includes('the API is away') === true);
    await api.start();
    await pty.shows((lines) => lines.at(-1)?.startsWith('q quit') === true);
    pty.type('q');
    expect(await pty.ended).toMatchObject({ code: 0 });
  }, 30_000);
});
