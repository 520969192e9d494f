/** Pools as people see them, and what they may say of them. */
import type { api } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { operation, pool } from './support/bodies.ts';
import { drover } from './support/drover.ts';
import { ok } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();

const sick: api.PoolBody = {
  ...pool('vms'),
  doctor: {
    operationId: 'op-1',
    by: 'anna',
    atMs: 1_700_000_000_000,
    hosts: ['h1', 'h2'],
    protection: 'none',
    verdict: 'nothing keeps a second copy of a VM off its disk',
    findings: [
      {
        code: 'lock-not-seen',
        level: 'bad',
        hostId: 'h2',
        message: 'it does not see a lock that h1 has',
        remedy: 'use NFS 4.1 or later',
      },
    ],
  },
};

describe('pools', () => {
  it('are a table with hosts, room and alarms', async () => {
    const { url } = await serve({ 'GET /v1/pools': () => ok({ items: [pool('vms')] }) });
    const { stdout } = await drover(['--api', url, 'pool', 'list']);
    expect(stdout).toMatch(
      /^vms +shared +1\/2 \(wrong-mount\) +100MiB of 1000MiB +1.9GiB +nearly-full +\/srv\/vms$/m,
    );
  });

  it('are a page with each host, what is mounted, and what the doctor found', async () => {
    const { url } = await serve({ 'GET /v1/pools/vms': () => ok(sick) });
    const { stdout } = await drover(['--api', url, 'pool', 'show', 'vms']);
    expect(stdout).toContain('Alarm:       90 % are in use, 100 MiB are free');
    expect(stdout).toMatch(/^h1 +reachable +100MiB +nas:\/vms \(NFS 4.2, hard\)/m);
    expect(stdout).toMatch(/^h2 +wrong-mount .*it is not the directory that other hosts have$/m);
    expect(stdout).toMatch(/^h2 +lock-not-seen +it does not see a lock that h1 has +use NFS/m);
    expect(stdout).toContain('full in 10.5 hours');
  });

  it('are looked at together; what is bad has an exit code', async () => {
    const ended = operation('pool-doctor', { pool: 'vms', state: 'succeeded', done: true });
    const { url } = await serve({
      'POST /v1/pools/vms/doctor': () => ({ status: 202, body: ended }),
      'GET /v1/operations/op-1': () => ok(ended),
      'GET /v1/pools/vms': () => ok(sick),
    });
    const { code, stdout } = await drover(['--api', url, 'pool', 'doctor', 'vms']);
    expect(code).toBe(4);
    expect(stdout).toContain('Asked: h1, h2');
    expect(stdout).toContain('Protection: nothing keeps a second copy of a VM off its disk.');
  });

  it('get limits, and go when somebody says yes', async () => {
    const served = await serve({
      'PATCH /v1/pools/vms': () => ok(pool('vms')),
      'DELETE /v1/pools/vms': () => ok(pool('vms')),
    });
    const say = (...words: string[]) => drover(['--api', served.url, 'pool', ...words]);
    expect((await say('set', 'vms', '--alarm', '90%')).code).toBe(0);
    expect(served.sent('PATCH', '/v1/pools/vms')[0]?.body).toEqual({ alarmPercent: 90 });
    expect((await say('set', 'vms')).code).toBe(64);
    expect((await say('set', 'vms', '--thin-limit', '50')).code).toBe(64);
    expect((await say('delete', 'vms', '--yes')).code).toBe(0);
    expect(served.sent('DELETE', '/v1/pools/vms')).toHaveLength(1);
  });

  it('tell which of their files are nobody’s, all pages of it, and who could not say', async () => {
    const file = '99999999-0000-4000-8000-00000000000a.qcow2';
    const one: api.OrphanBody = {
      file,
      kind: 'disk',
      bytes: 4_096,
      allocatedBytes: 2 * 1024 ** 3,
      changedAtMs: 1_700_000_000_000,
      ageMs: 3 * 3_600_000,
    };
    const memory = { ...one, hostId: 'h1', file: 'b.memory', kind: 'memory' } as const;
    const { url } = await serve({
      'GET /v1/pools/vms/orphans': ({ query }) =>
        query.get('continue') === 'x'
          ? ok({ items: [memory], silent: ['h2'] })
          : ok({ items: [one], continue: 'x', silent: [] }),
    });
    const { stdout, stderr } = await drover(['--api', url, 'pool', 'orphans', 'vms']);
    expect(stdout).toMatch(/^HOST +FILE +SEEMS +TAKES +AGE$/m);
    expect(stdout).toMatch(/^- +9{8}-\S+\.qcow2 +image or volume +2GiB +3h/m);
    expect(stdout).toMatch(/^h1 +b\.memory +saved memory/m);
    expect(stderr).toContain('2 files, 4GiB');
    expect(stderr).toContain('h2 did not say what lies there');
  });

  it('lose such files one after the other when somebody says yes, and tell which stayed', async () => {
    const [a, b] = ['.drover/quarantine/op1', 'b.memory'];
    const ended = (file: string, more: Partial<api.OperationBody>) =>
      operation('orphan-delete', { pool: 'vms', file, id: file.slice(-3), done: true, ...more });
    const error = { code: 'volume-in-use', message: 'web has it' };
    const [stays, goes] = [ended(a, { state: 'failed', error }), ended(b, { state: 'succeeded' })];
    const served = await serve({
      'DELETE /v1/pools/vms/orphans/.drover%2Fquarantine%2Fop1': () => ({
        status: 202,
        body: stays,
      }),
      'GET /v1/operations/op1': () => ok(stays),
      'GET /v1/operations/ory': () => ok(goes),
      'DELETE /v1/pools/vms/orphans/b.memory': () => ({
        status: 202,
        body: goes,
      }),
    });
    const words = ['--api', served.url, 'pool', 'orphans', 'delete', 'vms', a, b, '--host', 'h1'];
    expect((await drover(words)).code).toBe(64);
    const { code, stdout, stderr } = await drover([...words, '--yes']);
    expect(stderr).toContain(
      'error: orphan-delete of vms/.drover/quarantine/op1 failed: web has it',
    );
    expect(stdout).toContain('vms/b.memory is deleted');
    expect(code).not.toBe(0);
    const [asked] = served.sent('DELETE', '/v1/pools/vms/orphans/b.memory');
    expect(asked?.query.get('host')).toBe('h1');
  });

  it('are declared with mount options, and not with those that harm', async () => {
    const served = await serve({ 'POST /v1/pools': () => ({ status: 201, body: pool('vms') }) });
    const create = (...words: string[]) =>
      drover(['--api', served.url, 'pool', 'create', 'vms', '--type', ...words]);
    const nfs = ['nfs', '--server', 'nas', '--export', '/vms', '--path', '/srv/vms'];
    await create(...nfs, '--mount-option', 'nconnect=4', '--mount-option', 'noatime');
    expect(served.sent('POST', '/v1/pools')[0]?.body).toMatchObject({
      spec: { version: '4.2', options: ['nconnect=4', 'noatime'] },
    });
    const soft = await create(...nfs, '--mount-option', 'soft');
    expect(soft.code).toBe(64);
    expect(soft.stderr).toContain('soft is refused: a server that is only slow');
    expect((await create('local', '--path', '/x', '--mount-option', 'noatime')).code).toBe(64);
    expect(served.sent('POST', '/v1/pools')).toHaveLength(1);
  });
});
