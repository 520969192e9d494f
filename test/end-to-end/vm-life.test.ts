/**
 * The life of a VM by the command line alone, from its making to its end, each step seen from outside: by the host's own
 * libvirt, by what the VM answers, and by what is left in the pool.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressOf, askCounter, runningOn } from '@drover/deploy/lab';
import type { api } from '@drover/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from './support/cluster.ts';
import { type Drover, droverOf } from './support/drover.ts';
import { until } from './support/until.ts';

let cluster: Cluster;
let drover: Drover;
let folder: string;
let mac: string;

beforeAll(async () => {
  cluster = await Cluster.attach();
  drover = droverOf(cluster);
  await cluster.clear();
  folder = await mkdtemp(join(tmpdir(), 'drover-life-'));
  const [card] = cluster.tinySpec()['networks'] as readonly { mac: string }[];
  mac = card?.mac ?? '';
});
afterAll(async () => {
  await cluster.clear();
  await rm(folder, { recursive: true, force: true });
});

const done = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await drover(...args);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return stdout;
};
const vm = async (name: string) =>
  JSON.parse(await done('vm', 'show', name, '--json')) as api.VmBody;
const boot = async () =>
  (await until('it answers', () => askCounter(addressOf(mac)), { deadlineMs: 90_000 })).boot;
/** Of a domain, by the host's own libvirt. */
const virsh = async (host: string, ...args: readonly string[]) =>
  (await cluster.lab.virsh(host, args)).stdout.trim();
/** In the pool, of one VM. */
const files = async (id: string) =>
  (await cluster.shell('h1', 'ls -A /var/lib/drover/pools/vms'))
    .split('\n')
    .filter((file) => file.startsWith(id));

describe('a VM', () => {
  it('is made with a size, a disk, a card, user data, a policy and a label whose rule says where', async () => {
    const userData = join(folder, 'user.yaml');
    await writeFile(userData, '#cloud-config\npassword: hunter2\n');
    await done(
      'rule',
      'create',
      'web-on-h2',
      'pinned',
      '--vm-label',
      'tier=web',
      '--host',
      'h2',
      '-y',
    );
    const size = ['--memory', '128MiB', '--max-memory', '192MiB', '--max-vcpus', '2'];
    const parts = ['--image', 'vms/tiny.qcow2', '--network', `br-guest,mac=${mac}`];
    const wishes = ['--label', 'tier=web', '--cloud-init', userData, '--migration', 'gentle'];
    const said = await done('vm', 'create', 'life', ...size, ...parts, ...wishes);
    expect(said).toContain('life runs on h2');
    expect(await runningOn(cluster.lab, 'h2')).toContain('life');
    const { id, spec } = await vm('life');
    expect(spec.migration).toEqual({ preset: 'gentle' });
    expect(await files(id)).toHaveLength(2);
    expect(await virsh('h2', 'domblklist', 'life')).toContain(`${id}-seed-`);
  });

  it('stands still in its boot while it is paused, and runs on when it is told to', async () => {
    const before = await boot();
    await done('vm', 'pause', 'life');
    expect(await virsh('h2', 'domstate', 'life')).toBe('paused');
    expect((await vm('life')).state).toBe('paused');
    await done('vm', 'unpause', 'life');
    expect(await virsh('h2', 'domstate', 'life')).toBe('running');
    expect(await boot()).toBe(before);
  });

  it('gets more vCPUs while it runs, in the same boot; fewer only at its next start', async () => {
    const before = await boot();
    expect(await done('vm', 'resize', 'life', '--vcpus', '2', '--dry-run')).toContain('2 vCPUs');
    await done('vm', 'resize', 'life', '--vcpus', '2');
    expect(await virsh('h2', 'vcpucount', 'life', '--live', '--active')).toBe('2');
    const back = await drover('vm', 'resize', 'life', '--vcpus', '1');
    expect(back.code).not.toBe(0);
    expect(back.stderr).toContain('--at-next-start');
    expect(await boot()).toBe(before);
  });

  it('gets more memory while it runs, and gives some back, in the same boot', async () => {
    const before = await boot();
    const mib = async () =>
      Number(/^actual (\d+)$/m.exec(await virsh('h2', 'dommemstat', 'life'))?.[1]) / 1024;
    await until('it has what it was made with', async () =>
      (await mib()) === 128 ? true : undefined,
    );
    await done('vm', 'resize', 'life', '--memory', '176MiB');
    expect(await mib()).toBe(176);
    await done('vm', 'resize', 'life', '--memory', '112MiB');
    expect(await mib()).toBe(112);
    expect((await vm('life')).spec.memoryMib).toBe(112);
    expect(await boot()).toBe(before);
  });

  it('stays where its rule wants it; without the rule it moves with all it has, in the same boot', async () => {
    const before = await boot();
    const refused = await drover('vm', 'migrate', 'life');
    expect(refused.stderr).toContain('web-on-h2');
    await done('rule', 'delete', 'web-on-h2', '--yes');
    await done('vm', 'migrate', 'life', '--to', 'h3');
    expect(await cluster.hostsThatRun('life')).toEqual(['h3']);
    expect(await virsh('h3', 'vcpucount', 'life', '--live', '--active')).toBe('2');
    expect(await boot()).toBe(before);
  });

  it('boots anew on the same host when it is rebooted', async () => {
    const before = await boot();
    await done('vm', 'reboot', 'life');
    await until('it has booted anew', async () => ((await boot()) === before ? undefined : true));
    expect(await cluster.hostsThatRun('life')).toEqual(['h3']);
  });

  it('has told what it used, wherever it was', async () => {
    const points = async () =>
      (JSON.parse(await done('vm', 'usage', 'life', '--json')) as api.UsageBody).points;
    const measured = await until(
      'something was measured',
      async () => ((await points()).length > 0 ? points() : undefined),
      { deadlineMs: 90_000 },
    );
    expect(measured.some(({ cpuMilli = 0 }) => cpuMilli > 0)).toBe(true);
  });

  it('runs nowhere once it is stopped, takes another name, and is cloned with its disk', async () => {
    await done('vm', 'stop', 'life');
    expect(await cluster.hostsThatRun('life')).toEqual([]);
    await done('vm', 'rename', 'life', 'old-life');
    await done('vm', 'clone', 'old-life', 'twin', '--start');
    const [{ hostId = '', id, macs, spec }, old] = [await vm('twin'), await vm('old-life')];
    expect(await runningOn(cluster.lab, hostId)).toContain('twin');
    expect([spec.vcpus, spec.memoryMib]).toEqual([2, 112]);
    expect([id, macs[0]]).not.toEqual([old.id, mac]);
    // What it reads and writes is its own.
    expect(await virsh(hostId, 'domblklist', 'twin')).not.toContain(old.id);
  });

  it('is deleted only when somebody says so, and nothing of it is left; its clone runs on', async () => {
    const { id } = await vm('old-life');
    const asked = await drover('vm', 'delete', 'old-life');
    expect(asked.code).toBe(64);
    expect(asked.stderr).toContain('--yes');
    expect(await files(id)).not.toEqual([]);
    await done('vm', 'delete', 'old-life', '--yes');
    expect((await drover('vm', 'show', 'old-life')).code).toBe(3);
    expect(await files(id)).toEqual([]);
    expect((await vm('twin')).state).toBe('running');
    await done('vm', 'stop', 'twin', '--force', '--yes');
    await done('vm', 'delete', 'twin', '--yes');
    expect(await done('volume', 'delete', 'twin-0', '--yes')).toContain('twin-0 is deleted');
  });
});
