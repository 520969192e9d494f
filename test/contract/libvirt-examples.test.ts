/**
 * The examples of node-libvirt do what they say, on a real libvirtd.
 */
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildXml, connect, element } from 'node-libvirt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Libvirtd, startLibvirtd } from './support/libvirt-daemon.ts';

const folder = fileURLToPath(new URL('../../packages/node-libvirt/examples/', import.meta.url));

let daemon: Libvirtd;

beforeAll(async () => {
  daemon = await startLibvirtd({ hypervisor: true });
});

afterAll(() => daemon?.[Symbol.asyncDispose]());

const uriOf = (driver: string) =>
  `${driver.replace(':', '+unix:')}?socket=${encodeURIComponent(daemon.socketPath)}`;

interface Running {
  readonly text: () => string;
  readonly ended: Promise<number | null>;
  readonly interrupt: () => void;
}

function example(file: string, ...args: readonly string[]): Running {
  const child = spawn('node', [join(folder, file), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      text += bytes.toString();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { text: () => text, ended, interrupt: () => void child.kill('SIGINT') };
}

it('list tells what runs', async () => {
  const list = example('list.ts', uriOf('test:///default'));
  expect({ code: await list.ended, text: list.text() }).toMatchObject({ code: 0 });
  expect(list.text()).toMatch(/: 16 CPUs, 3072 MiB\ntest: running \(/);
});

it('start takes away what it made', async () => {
  await using libvirt = await connect(uriOf('test:///default'));
  const start = example('start.ts', uriOf('test:///default'));
  expect({ code: await start.ended, text: start.text() }).toMatchObject({ code: 0 });
  expect(start.text()).toContain("title: 'A <title> that stays text'");
  expect(start.text()).toContain("state: 'running'");
  expect((await libvirt.domains.list()).map(({ name }) => name)).toEqual(['test']);
});

it('watch follows what happens, over a restart of the daemon too', async () => {
  const watch = example('watch.ts', uriOf('test:///default'));
  await expect.poll(watch.text).toContain("{ test: 'running' }");
  {
    await using libvirt = await connect(uriOf('test:///default'));
    await (await libvirt.domains.byName('test')).suspend();
    await expect.poll(watch.text).toContain("test suspended (paused): { test: 'paused' }");
  }
  await daemon.stop('KILL');
  await daemon.start();
  await expect.poll(watch.text, { timeout: 10_000 }).toMatch(/is disconnected[\s\S]*is connected/);
  await expect.poll(() => watch.text().split("{ test: 'running' }").length).toBe(3);
  watch.interrupt();
  expect({ code: await watch.ended, text: watch.text() }).toMatchObject({ code: 0 });
});

it('volume brings a file there and back', async () => {
  await using libvirt = await connect(uriOf('qemu:///system'));
  const pool = await libvirt.pools.define(
    buildXml(
      element('pool', { type: 'dir' }, [
        element('name', {}, ['examples']),
        element('target', {}, [element('path', {}, ['/var/lib/examples'])]),
      ]),
    ),
  );
  await pool.build();
  await pool.start();
  const file = join(daemon.folder, 'disk.raw');
  const copy = join(daemon.folder, 'copy.raw');
  const content = Buffer.concat([Buffer.alloc(300_000, 'data'), Buffer.alloc(3_000_000)]);
  await writeFile(file, content);
  const volume = example('volume.ts', uriOf('qemu:///system'), 'examples', file, copy);
  expect({ code: await volume.ended, text: volume.text() }).toMatchObject({ code: 0 });
  expect(volume.text()).toMatch(/^3300000 bytes there and back, \d{6} of them stored/);
  expect((await readFile(copy)).equals(content)).toBe(true);
  await pool.refresh();
  expect(await pool.volumes()).toEqual([]);
});
