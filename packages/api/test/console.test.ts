/** The console’s files, as a browser asks for them, out of a folder that a test made. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from './support/world.ts';

let world: World;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drover-console-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Drover</title>');
  writeFileSync(join(folder, 'assets', 'a.js'), 'export {};');
  writeFileSync(join(folder, 'assets', 'a.js.gz'), 'packed');
  world = await World.start({ consoleFolder: folder });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const get = (url: string, headers: Record<string, string> = browser) =>
  world.app.inject({ method: 'GET', url, headers });

describe('a browser', () => {
  it.each(['/', '/vms/web', '/hosts/h2/drain', '/v1vms'])('gets the page at %s', async (url) => {
    const { statusCode, headers, payload } = await get(url);
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toMatch(/^text\/html/);
    expect(payload).toContain('<title>Drover</title>');
  });

  it('is told to load nothing from elsewhere, and to run nothing that is not a file of ours', async () => {
    const policy = String((await get('/')).headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });

  it('keeps files whose name is their content, and asks again for the page', async () => {
    const { headers, payload } = await get('/assets/a.js');
    expect(headers['cache-control']).toContain('immutable');
    expect(headers['content-type']).toMatch(/javascript/);
    expect(payload).toBe('export {};');
    expect((await get('/')).headers['cache-control']).toBe('no-cache');
  });

  it('gets files as they were packed', async () => {
    const { headers, payload } = await get('/assets/a.js', { 'accept-encoding': 'gzip' });
    expect(headers['content-encoding']).toBe('gzip');
    expect(payload).toBe('packed');
  });

  it('gets no file that is not the console’s', async () => {
    for (const url of [
      '/assets/../../package.json',
      '/assets/%2e%2e/%2e%2e/etc/passwd',
      '/assets/b.js',
    ]) {
      const { payload, statusCode, headers } = await get(url, { accept: '*/*' });
      expect(statusCode).toBe(404);
      expect(headers['content-type']).toMatch(/^application\/problem\+json/);
      expect(payload).not.toContain('root:');
    }
  });
});

describe('a program', () => {
  it('is told by the root what this is, and of other addresses that they are none', async () => {
    expect((await get('/', { accept: '*/*' })).json()).toMatchObject({ name: 'drover' });
    const { statusCode, headers } = await get('/vms/web', { accept: '*/*' });
    expect(statusCode).toBe(404);
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it('never gets a page from the API itself', async () => {
    for (const url of ['/v1', '/v1/nothing', '/v1/vms?limit=1']) {
      expect((await get(url)).headers['content-type']).toMatch(/json/);
    }
  });
});

it('an API beside which no console was built answers as before', async () => {
  await using bare = await World.start({ consoleFolder: join(folder, 'not-there') });
  const { statusCode, payload } = await bare.app.inject({
    method: 'GET',
    url: '/',
    headers: browser,
  });
  expect(statusCode).toBe(200);
  expect(JSON.parse(payload)).toMatchObject({ name: 'drover' });
});
