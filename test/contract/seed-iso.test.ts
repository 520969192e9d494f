/**
 * The ISO image that the agent makes is one that cloud-init's NoCloud finds and reads: its label, its names, its
 * content; made and read back by the tools that hosts have.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SeedToAttach } from '@drover/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seedContent } from '../../packages/agent/src/shell/seed-files.ts';
import { docker, requireImage } from './support/docker.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const image = 'drover-lab/host:latest';
const vmId = '00000000-0000-4000-8000-00000000000a';
const hash = '0123456789ab';

let container: string;
let folder: string;

beforeAll(async () => {
  await requireImage(image);
  folder = await mkdtemp(join(tmpdir(), 'drover-seed-'));
  container = await docker(
    'run',
    '--detach',
    '--rm',
    '--init',
    '--network=none',
    '--entrypoint=sleep',
    `--volume=${checkout}:/opt/drover:ro`,
    `--volume=${folder}:/pool`,
    image,
    '600',
  );
});
afterAll(async () => {
  await docker('rm', '--force', container);
  await rm(folder, { recursive: true });
});

const inside = (...argv: string[]) => docker('exec', container, ...argv);

it('has the label, the names and the content that cloud-init looks for', async () => {
  const seed: SeedToAttach = {
    pool: { name: 'p', spec: { type: 'shared', path: '/pool' } },
    hash,
    hostname: 'web.lan',
    sshKeys: [`ssh-ed25519 ${'A'.repeat(64)} anna@desk`],
    userData: '#cloud-config\npassword: "ü$`"\n',
    networkConfig: 'version: 2\n',
  };
  const path = `/pool/${vmId}-seed-${hash}.iso`;
  const module = '/opt/drover/packages/agent/src/shell/seed.ts';
  const script = `const { makeSeed } = await import(${JSON.stringify(module)});
    await makeSeed(${JSON.stringify(vmId)}, ${JSON.stringify(seed)}, ${JSON.stringify(path)});`;
  const node = '/opt/drover/node_modules/node/bin/node';
  await inside(node, '--input-type=module', '--eval', script);

  expect(await inside('blkid', '-o', 'value', '-s', 'LABEL', path)).toBe('cidata');
  await inside('xorriso', '-osirrox', 'on', '-indev', path, '-extract', '/', '/tmp/read');
  const expected = Object.entries(seedContent(vmId, seed));
  expect((await inside('ls', '-A', '/tmp/read')).split('\n').toSorted()).toEqual(
    expected.map(([name]) => name).toSorted(),
  );
  for (const [name, text] of expected) {
    expect(
      Buffer.from(await inside('base64', '-w0', `/tmp/read/${name}`), 'base64').toString(),
    ).toBe(text);
  }
});
