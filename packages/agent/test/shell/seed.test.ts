import type { SeedToAttach } from '@drover/protocol';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HostFiles } from '../../src/shell/host-files.ts';
import { prepareSeed } from '../../src/shell/seed.ts';
import { seedContent } from '../../src/shell/seed-files.ts';

const vmId = '00000000-0000-4000-8000-00000000000a';
const other = '00000000-0000-4000-8000-00000000000b';
const { PATH } = process.env;
let folder: string;
let programs: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-test-'));
  programs = await mkdtemp(join(tmpdir(), 'drover-test-'));
});
afterEach(async () => {
  process.env['PATH'] = PATH;
  await rm(folder, { recursive: true });
  await rm(programs, { recursive: true });
});

const pool = () => ({ name: 'vms', spec: { type: 'shared', path: folder } }) as const;
const seed = (changes: Partial<SeedToAttach> = {}): SeedToAttach => ({
  pool: pool(),
  hash: '0123456789ab',
  hostname: 'a',
  sshKeys: [],
  ...changes,
});
const vm = {
  name: 'a',
  vcpus: 1,
  memoryMib: 128,
  arch: 'x86_64',
  disks: [],
  networks: [],
} as const;
const prepare = (told: object) =>
  prepareSeed(new HostFiles(), vmId, { ...vm, disks: [], networks: [], ...told });

/** A maker of images that packs what it is given, one after the other. */
async function installMaker(
  script = 'while [ "$1" != -output ]; do shift; done; image=$2; shift 2; cat "$@" > "$image"',
) {
  const path = join(programs, 'xorriso');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  process.env['PATH'] = [programs, PATH].join(delimiter);
}

describe('what cloud-init is told', () => {
  it('is a new instance exactly for another content', () => {
    const { 'meta-data': metaData } = seedContent(vmId, seed({ sshKeys: ['ssh-ed25519 AAAA'] }));
    expect(JSON.parse(metaData)).toEqual({
      'instance-id': `${vmId}-0123456789ab`,
      'local-hostname': 'a',
      'public-keys': ['ssh-ed25519 AAAA'],
    });
  });

  it('has user data also where there are only keys: without that file cloud-init takes none', () => {
    expect(seedContent(vmId, seed())).toMatchObject({ 'user-data': '#cloud-config\n' });
    expect(Object.keys(seedContent(vmId, seed({ networkConfig: 'version: 2' })))).toContain(
      'network-config',
    );
  });
});

describe('a seed', () => {
  it('is made once, for root alone, and its name tells its content', async () => {
    await installMaker();
    await prepare({ seed: seed({ userData: '#!/bin/sh\n' }) });
    const name = `${vmId}-seed-0123456789ab.iso`;
    expect(await readdir(folder)).toEqual([name]);
    expect(await readFile(join(folder, name), 'utf8')).toContain('#!/bin/sh');
    const { mode, ino } = await stat(join(folder, name));
    expect(mode & 0o777).toBe(0o600);
    await prepare({ seed: seed() });
    expect((await stat(join(folder, name))).ino).toBe(ino);
  });

  it('of other content goes, and what was never whole; another VM’s stays', async () => {
    await installMaker();
    const gone = [`${vmId}-seed-aaaaaaaaaaaa.iso`, `.${vmId}-seed-bbbbbbbbbbbb.iso.part`];
    const kept = [`${vmId}-0.qcow2`, `${other}-seed-aaaaaaaaaaaa.iso`];
    for (const name of [...gone, ...kept]) await writeFile(join(folder, name), '');
    await prepare({ seed: seed(), formerSeeds: pool() });
    expect((await readdir(folder)).toSorted()).toEqual(
      [...kept, `${vmId}-seed-0123456789ab.iso`].toSorted(),
    );
    await prepare({ formerSeeds: pool() });
    expect((await readdir(folder)).toSorted()).toEqual(kept.toSorted());
  });

  it('that cannot be made leaves nothing, and says what to do, not what was in it', async () => {
    await installMaker('echo "no room" >&2; exit 5');
    const secret = seed({ userData: '#cloud-config\npassword: hunter2\n' });
    const error = await prepare({ seed: secret }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'seed-failed', message: 'its cloud-init seed: no room' });
    expect(await readdir(folder)).toEqual([]);
    await rm(join(programs, 'xorriso'));
    process.env['PATH'] = programs;
    await expect(prepare({ seed: secret })).rejects.toThrow(/install the package xorriso/);
  });
});
