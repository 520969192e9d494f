/** Pools' directories, asked by a process of its own: what they answer, and what a dead server holds up. */
import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { poolFiles, readMark } from '../../src/shell/pool-files.ts';
import { PoolWatch } from '../../src/shell/pool-watch.ts';

const uuid = '33333333-3333-4333-8333-333333333333';
const user = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

function folder(mark?: string): string {
  const path = mkdtempSync(join(tmpdir(), 'drover-pool-'));
  chmodSync(path, 0o755);
  if (mark === undefined) return path;
  mkdirSync(join(path, '.drover'));
  writeFileSync(join(path, '.drover/pool.json'), mark);
  return path;
}

/** Answers for every path but those that have `dead` in them. */
const program = join(folder(), 'half-dead.mjs');
writeFileSync(
  program,
  `process.on('disconnect', () => process.exit(0));
   process.on('message', ({ id, path }) => {
     if (path.includes('dead')) return;
     process.send({ id, files: { type: 'failed', message: path } });
   });
   process.send({ ready: true });`,
);

describe('the files of a pool', () => {
  it('are answered with room and mark', async () => {
    const files = await poolFiles({ path: folder(JSON.stringify({ v: 1, uuid })), user });
    expect(files).toMatchObject({ type: 'answered', isReadOnly: false, mark: uuid });
    expect(files).toHaveProperty('capacityMib');
  });

  it('without a mark say so', async () => {
    expect(await poolFiles({ path: folder(), user })).toMatchObject({ mark: 'missing' });
  });

  it('that are not there fail with the kernel’s code', async () => {
    const path = join(folder(), 'gone');
    expect(await poolFiles({ path, user })).toMatchObject({ type: 'failed', code: 'ENOENT' });
  });

  it('lead nowhere else: a link in place of the mark is not followed', async () => {
    const path = folder();
    mkdirSync(join(path, '.drover'));
    symlinkSync('/etc/hostname', join(path, '.drover/pool.json'));
    expect(await poolFiles({ path, user })).toMatchObject({ mark: 'unreadable' });
  });

  it.each(['', 'x', '[]', '{"uuid":1}', '{"uuid":"../../etc"}'])('say nothing by %j', (text) => {
    expect(readMark(text)).toBe('unreadable');
  });
});

describe('the process that asks', () => {
  it('answers for a real directory', async () => {
    using watch = new PoolWatch({ patienceMs: 10_000 });
    const path = folder(JSON.stringify({ uuid }));
    expect(await watch.look({ path, user })).toMatchObject({ type: 'answered', mark: uuid });
  });

  it('is not waited for long, nor twice, where a server is dead; others are heard at once', async () => {
    using watch = new PoolWatch({ patienceMs: 300, program });
    const answers = ['/dead/1', '/a', '/dead/2', '/dead/3', '/b'].map((path) =>
      watch.look({ path, user }).then(({ type }) => `${path} ${type}`),
    );
    expect(await Promise.race(answers)).toBe('/a failed');
    expect(await Promise.all(answers)).toEqual([
      '/dead/1 silent',
      '/a failed',
      '/dead/2 silent',
      '/dead/3 silent',
      '/b failed',
    ]);
    const begun = performance.now();
    expect(await watch.look({ path: '/dead/1', user })).toEqual({ type: 'silent' });
    expect(performance.now() - begun).toBeLessThan(250);
  });

  it('is started anew when it has ended', async () => {
    using watch = new PoolWatch({ patienceMs: 10_000, program });
    await watch.look({ path: '/a', user });
    const asked = watch.look({ path: '/dead', user });
    const { pid = 0 } = watch;
    process.kill(pid, 'SIGKILL');
    expect(await asked).toMatchObject({ type: 'failed' });
    expect(await watch.look({ path: '/a', user })).toMatchObject({ message: '/a' });
    expect(watch.pid).not.toBe(pid);
  });
});
