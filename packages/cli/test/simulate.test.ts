/** `drover simulate`: files in, a timeline and a page out; no cluster is asked. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { drover } from './support/drover.ts';

const folder = mkdtempSync(join(tmpdir(), 'drover-simulate-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const host = (id: string) => ({
  id,
  intent: 'active',
  health: 'up',
  arch: 'x86_64',
  accelerator: 'kvm',
  capacity: { cpuMilli: 8_000, memoryMib: 8_192 },
  reserved: { cpuMilli: 0, memoryMib: 0 },
  cpuOvercommitPermille: 4_000,
  cpuModel: 'EPYC',
  machineTypes: [],
  qemuVersion: 10_000_000,
  libvirtVersion: 11_003_000,
  numaCells: [],
  labels: {},
  pools: [],
  bridges: [],
});
const cluster = file(
  'cluster.json',
  JSON.stringify({
    format: 'drover-cluster',
    version: 1,
    revision: 1,
    hosts: [host('h1'), host('h2')],
    vms: [],
    pools: [],
    rules: [],
    reservations: [],
    migrations: [],
  }),
);
const script = file('drain.yaml', 'script: [{ at: 10, do: drain, host: h1 }]\nuntil: 30\n');

describe('simulate', () => {
  it('prints the timeline, and writes the page that is asked for', async () => {
    const page = join(folder, 'out.html');
    const end = await drover(['simulate', '--dump', cluster, '--script', script, '--html', page]);
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(end.stdout).toMatch(/end +r001 drain h1 is succeeded/);
    expect(readFileSync(page, 'utf8')).toMatch(/^<!doctype html>/);
  });

  it('exits 64, and says what is wrong where, with a file that cannot be read or understood', async () => {
    const none = join(folder, 'none.json');
    const missing = await drover(['simulate', '--dump', none, '--script', script]);
    expect(missing.code).toBe(64);
    expect(missing.stderr).toContain(`${none} cannot be read`);
    const odd = file('odd.yaml', 'script: [{ at: 1, do: dance }]\nuntil: 2\n');
    const wrong = await drover(['simulate', '--dump', cluster, '--script', odd]);
    expect(wrong.code).toBe(64);
    expect(wrong.stderr).toContain('nobody knows how to do dance');
    expect((await drover(['simulate', '--dump', cluster])).code).toBe(64);
  });
});
