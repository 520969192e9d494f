/** What was changed and denied can be read, also after a restart, and a line that was changed shows. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { World } from './support/world.ts';

let world: World;
let folder: string;
let path: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drover-audit-'));
  path = join(folder, 'audit');
  world = await World.start({ audit: { path, mostBytes: 1_000_000 } });
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

async function restart(mostBytes = 1_000_000): Promise<void> {
  await world[Symbol.asyncDispose]();
  world = await World.start({ audit: { path, mostBytes } });
}

async function entries(query = '') {
  const { body } = await world.send('GET', `/v1/audit${query}`);
  return body['items'] as readonly Readonly<Record<string, unknown>>[];
}

it('has each change and each denial, and no question', async () => {
  await world.send('GET', '/v1/vms');
  await world.send('POST', '/v1/hosts/h1/cordon');
  await world.send('POST', '/v1/hosts/h2/cordon?dryRun=true');
  await world.send('POST', '/v1/hosts/none/cordon', undefined, { role: 'operator' });
  await world.send('POST', '/v1/hosts/h1/cordon', undefined, { role: 'viewer' });
  await world.send('GET', '/v1/vms', undefined, { role: 'nobody' });
  const all = await entries();
  const told = all.map(({ by, method, path: at, outcome, code }) => [
    by,
    method,
    at,
    outcome,
    code,
  ]);
  expect(told).toEqual([
    [undefined, 'GET', '/v1/vms', 'denied', 'unauthenticated'],
    ['the-viewer', 'POST', '/v1/hosts/h1/cordon', 'denied', 'forbidden'],
    ['the-operator', 'POST', '/v1/hosts/none/cordon', 'refused', 'host-not-found'],
    ['the-admin', 'POST', '/v1/hosts/h1/cordon', 'done', undefined],
  ]);
  expect(all.every(({ from, requestId }) => from === '127.0.0.1' && requestId !== '')).toBe(true);
  expect(await entries('?outcome=denied&by=the-viewer')).toHaveLength(1);
  expect(await entries('?limit=1&outcome=done')).toEqual([all[3]]);
  const { status } = await world.send('GET', '/v1/audit', undefined, { role: 'operator' });
  expect(status).toBe(403);
});

it('is there again after a restart, and a line that was changed shows', async () => {
  const isBroken = () =>
    world.log.some(({ msg }) => String(msg).includes('line 2 does not follow'));
  await world.send('POST', '/v1/hosts/h1/cordon');
  await world.send('DELETE', '/v1/hosts/h1/cordon');
  await restart();
  const methods = (await entries()).map(({ id, method }) => [id, method]);
  expect([methods, isBroken()]).toEqual([
    [
      [2, 'DELETE'],
      [1, 'POST'],
    ],
    false,
  ]);
  const changed = readFileSync(path, 'utf8').replace('"method":"DELETE"', '"method":"PATCH"');
  writeFileSync(path, changed);
  await restart();
  expect(isBroken()).toBe(true);
});

it('has files that never grow beyond what is allowed for', async () => {
  await restart(1_000);
  for (let count = 0; count < 40; count += 1) await world.send('POST', '/v1/hosts/h1/cordon');
  for (const name of [path, ...[1, 2, 3, 4, 5].map((index) => `${path}.${index}`)]) {
    expect(readFileSync(name).length).toBeLessThanOrEqual(1_000);
  }
  expect(() => readFileSync(`${path}.6`)).toThrow('ENOENT');
  expect(await entries()).toHaveLength(40);
});

it('keeps what cannot be written, says so once, and writes it first when it can', async () => {
  const warned = (text: string) => world.log.filter(({ msg }) => String(msg).includes(text));
  path = join(folder, 'away', 'audit');
  await restart();
  await world.send('POST', '/v1/hosts/h1/cordon');
  await world.send('DELETE', '/v1/hosts/h1/cordon');
  expect(await entries()).toHaveLength(2);
  expect(warned('cannot be written')).toHaveLength(1);
  mkdirSync(join(folder, 'away'));
  await world.send('POST', '/v1/hosts/h2/cordon');
  expect(warned('written again')).toHaveLength(1);
  await restart();
  expect(await entries()).toHaveLength(3);
  expect(warned('does not follow')).toEqual([]);
});
