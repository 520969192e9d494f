/** What a host does to find out how a pool is, with programs that stand in for QEMU's tools. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool, PoolProbe } from '@drover/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PoolDoctorHand } from '../../src/shell/pool-doctor.ts';
import { markPool } from '../../src/shell/pool-mark.ts';
import { runAs } from '../../src/shell/run-as.ts';

const uuid = '33333333-3333-4333-8333-333333333333';
const user = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const path = process.env['PATH'] ?? '';

/** A lock is a process that lives: the file beside the image has its id. */
const qemuIo = `#!/bin/sh
for image; do :; done
[ -e "$image" ] || { echo "Could not open '$image': No such file or directory" >&2; exit 1; }
if [ -e "$image.pid" ] && kill -0 "$(cat "$image.pid")" 2> /dev/null; then
  echo 'Failed to get "write" lock' >&2; exit 1
fi
[ "$3" = -c ] && exit 0
echo $$ > "$image.pid"
read line
echo 'read 512/512 bytes at offset 0'
cat > /dev/null`;

beforeAll(() => {
  const bin = mkdtempSync(join(tmpdir(), 'drover-bin-'));
  writeFileSync(join(bin, 'qemu-io'), qemuIo);
  writeFileSync(join(bin, 'qemu-img'), '#!/bin/sh\n: > "$5"\n');
  for (const name of ['qemu-io', 'qemu-img']) chmodSync(join(bin, name), 0o755);
  process.env['PATH'] = `${bin}:${path}`;
});
afterAll(() => {
  process.env['PATH'] = path;
});

function aPool(): Pool {
  const folder = mkdtempSync(join(tmpdir(), 'drover-pool-'));
  chmodSync(folder, 0o777);
  return { name: 'vms', spec: { type: 'shared', path: folder } };
}

function handOf(condition: 'reachable' | 'stalled' = 'reachable'): PoolDoctorHand {
  const pool = { name: 'vms', state: 'active', condition, capacityMib: 9, freeMib: 5 } as const;
  return new PoolDoctorHand({
    files: {
      mounts: async () => [],
      kernel: async () => 'a kernel',
      recoversLostLocks: async () => undefined,
    },
    pools: async () => [pool],
    user: async () => user,
  });
}

const folderOf = ({ spec }: Pool) => (spec.type === 'shared' ? spec.path : '');

describe('a host that looks at a pool', () => {
  it('makes a file there as QEMU’s user, which others can see', async () => {
    using hand = handOf();
    const pool = aPool();
    const look = await hand.probe(pool, { act: 'look', file: 'a-h1.txt' });
    expect(look).toMatchObject({ act: 'look', condition: 'reachable', owner: user, freeMib: 5 });
    const probe: PoolProbe = { act: 'see', files: ['a-h1.txt', 'a-h2.txt'] };
    expect(await hand.probe(pool, probe)).toMatchObject({ seen: ['a-h1.txt'], unreadable: [] });
  });

  it('makes none where the server does not answer', async () => {
    using hand = handOf('stalled');
    const pool = aPool();
    const look = await hand.probe(pool, { act: 'look', file: 'a.txt' });
    expect(look).toMatchObject({ condition: 'stalled' });
    expect(look).not.toHaveProperty('owner');
    expect(existsSync(join(folderOf(pool), '.drover'))).toBe(false);
  });

  it('says why it could make none', async () => {
    using hand = handOf();
    const pool: Pool = { name: 'vms', spec: { type: 'shared', path: '/nowhere' } };
    const look = await hand.probe(pool, { act: 'look', file: 'a.txt' });
    expect(look).toMatchObject({ notMade: expect.stringContaining('nowhere') as string });
  });
});

describe('a lock', () => {
  it('that is held is found to be, until it is released', async () => {
    using holder = handOf();
    using other = handOf();
    const pool = aPool();
    const file = 'a.qcow2';
    await holder.probe(pool, { act: 'look', file: 'a.txt' });
    expect(await holder.probe(pool, { act: 'hold', file, holdMs: 60_000 })).not.toHaveProperty(
      'why',
    );
    expect(await other.probe(pool, { act: 'try', file })).toMatchObject({ found: 'locked' });
    expect(await holder.probe(pool, { act: 'release', file })).toMatchObject({ wasHeld: true });
    expect(await other.probe(pool, { act: 'try', file })).toMatchObject({ found: 'free' });
    expect(await holder.probe(pool, { act: 'release', file })).toMatchObject({ wasHeld: false });
  });

  it('on an image that is not seen is no lock', async () => {
    using hand = handOf();
    const answer = await hand.probe(aPool(), { act: 'try', file: 'other.qcow2' });
    expect(answer).toMatchObject({ found: 'unseen' });
  });

  it('ends with what held it, and nothing of all that stays', async () => {
    const pool = aPool();
    const file = 'a.qcow2';
    const hand = handOf();
    await hand.probe(pool, { act: 'look', file: 'a.txt' });
    await hand.probe(pool, { act: 'hold', file, holdMs: 60_000 });
    hand[Symbol.dispose]();
    using next = handOf();
    expect(await next.probe(pool, { act: 'try', file })).toMatchObject({ found: 'free' });
    await next.probe(pool, { act: 'clean', files: [file, `${file}.pid`, 'a.txt'] });
    expect(existsSync(join(folderOf(pool), '.drover/doctor'))).toBe(false);
  });
});

describe('the mark of a pool', () => {
  it('is written once, and stays', async () => {
    const pool = aPool();
    expect(await markPool(user, pool, uuid)).toEqual({ outcome: 'done' });
    expect(await markPool(user, pool, uuid)).toEqual({ outcome: 'done' });
    const other = uuid.replaceAll('3', '4');
    await expect(markPool(user, pool, other)).rejects.toThrow(`is another pool’s, it says ${uuid}`);
  });

  it('is not written where the directory is not there', async () => {
    const pool: Pool = { name: 'vms', spec: { type: 'shared', path: '/nowhere/at/all' } };
    await expect(markPool(user, pool, uuid)).rejects.toThrow('cannot be written');
  });

  it('is none where every host has a directory of its own', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drover-pool-'));
    await markPool(user, { name: 'x', spec: { type: 'local', path: folder } }, uuid);
    expect(existsSync(join(folder, '.drover'))).toBe(false);
  });
});

describe('a program that does not end', () => {
  it('is left behind, with all that it has started', async () => {
    const ran = await runAs(undefined, 'sh', ['-c', 'sleep 600 & sleep 600'], 100);
    expect(ran.code).toBeUndefined();
    expect(ran.stderr).toContain('has not ended within 100 ms');
  });

  it('of no such name is an answer too', async () => {
    const ran = await runAs(undefined, '/nowhere/program', [], 5_000);
    expect(ran).toMatchObject({ stderr: expect.stringContaining('ENOENT') as string });
  });
});

describe('a folder that somebody else has put there', () => {
  it('in the way of the probes is told of', async () => {
    using hand = handOf();
    const pool = aPool();
    mkdirSync(join(folderOf(pool), '.drover'));
    writeFileSync(join(folderOf(pool), '.drover/doctor'), 'a file');
    const look = await hand.probe(pool, { act: 'look', file: 'a.txt' });
    expect(look).toHaveProperty('notMade');
  });
});
