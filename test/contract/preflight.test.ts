/**
 * A preflight between two real libvirts of different age: the agent's looks at a VM that runs, and at a host that it
 * would come to, find everything that is in the way at once, and nothing where nothing is.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { heldReasons, modeFor, targetReasons, type PreflightReason } from '@drover/core';
import { Answer, parseValue, VmFacts } from '@drover/protocol';
import { buildXml, connect, element, type Domain, type Libvirt } from 'node-libvirt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { baselineCpu, checkCpu, readCpu } from '../../packages/agent/src/shell/host-cpu.ts';
import { HostFiles } from '../../packages/agent/src/shell/host-files.ts';
import { checkIncoming, inspectVm } from '../../packages/agent/src/shell/preflight.ts';
import { docker } from './support/docker.ts';
import { type Libvirtd, type Release, startLibvirtd } from './support/libvirt-daemon.ts';

interface Side {
  readonly daemon: Libvirtd;
  readonly libvirt: Libvirt;
  readonly files: HostFiles;
}

const stack = new AsyncDisposableStack();
const uuid = randomUUID();
let newer: Side;
let twin: Side;
let older: Side;

beforeAll(async () => {
  const shared = await mkdtemp(join(tmpdir(), 'drover-preflight-'));
  stack.defer(() => rm(shared, { recursive: true, force: true }));
  await mkdir(join(shared, 'images'));
  const start = async (release: Release, prepare: string): Promise<Side> => {
    const daemon = stack.use(
      await startLibvirtd({
        release,
        hypervisor: true,
        prepare,
        containerOptions: [`--volume=${join(shared, 'images')}:/images`],
      }),
    );
    const socketPath = daemon.socketPath;
    const libvirt = stack.use(await connect({ uri: 'qemu:///system', socketPath }));
    const pid = await docker('inspect', '--format', '{{.State.Pid}}', daemon.container);
    return { daemon, libvirt, files: new HostFiles(`/proc/${pid}/root`) };
  };
  const bridge = 'ip link add br-one type bridge && ip link set br-one up';
  const iso = 'mkdir -p /iso && truncate -s 1M /iso/a.iso';
  [newer, twin, older] = await Promise.all([
    start('Debian 13', `${bridge} && ${iso} && truncate -s 4M /images/a.raw`),
    start('Debian 13', `${bridge} && ${iso}`),
    start('Debian 12', 'true'),
  ]);
  await newer.libvirt.domains.create(vmXml());
});

afterAll(() => stack.disposeAsync());

/** On QEMU 10, with what an older host or one without the same storage cannot give. */
function vmXml(): string {
  const disk = (device: string, file: string, target: string, ...more: string[]) =>
    element('disk', { type: 'file', device }, [
      element('driver', { name: 'qemu', type: 'raw', cache: 'none' }),
      element('source', { file }),
      element('target', { dev: target, bus: target.startsWith('vd') ? 'virtio' : 'sata' }),
      ...more.map((name) => element(name)),
    ]);
  return buildXml(
    element('domain', { type: 'qemu' }, [
      element('name', {}, ['mover']),
      element('uuid', {}, [uuid]),
      element('memory', { unit: 'MiB' }, ['64']),
      element('vcpu', {}, ['1']),
      element('os', {}, [element('type', { arch: 'x86_64', machine: 'pc-q35-10.0' }, ['hvm'])]),
      element('cpu', { mode: 'custom', match: 'exact', check: 'none' }, [
        element('model', { fallback: 'forbid' }, ['qemu64']),
        element('feature', { policy: 'require', name: 'sha-ni' }),
      ]),
      element('devices', {}, [
        disk('disk', '/images/a.raw', 'vda'),
        disk('cdrom', '/iso/a.iso', 'sda', 'readonly'),
        element('interface', { type: 'bridge' }, [
          element('source', { bridge: 'br-one' }),
          element('model', { type: 'virtio' }),
        ]),
      ]),
    ]),
  );
}

const said = (reasons: readonly PreflightReason[]) =>
  reasons.map(({ code, subject }) => (subject === undefined ? code : `${code} ${subject}`));

async function facts(): Promise<VmFacts> {
  const found = await inspectVm(newer.libvirt, newer.files, uuid);
  expect(parseValue(VmFacts, found)).toMatchObject({ ok: true });
  return found;
}

async function incoming(side: Side) {
  const answer = await checkIncoming(side.libvirt, side.files, uuid, await facts());
  expect(parseValue(Answer, { kind: 'check-incoming', incoming: answer })).toMatchObject({
    ok: true,
  });
  return answer;
}

describe('a VM that runs', () => {
  it('is what its live XML and its host say', async () => {
    const found = await facts();
    expect(found).toMatchObject({
      state: 'running',
      machine: 'pc-q35-10.0',
      virtType: 'qemu',
      cpuMode: 'custom',
      snapshots: 0,
      blockJobs: [],
      networks: [{ kind: 'bridge', name: 'br-one', mtu: 1500 }],
    });
    expect(found.disks.map(({ name, device, readOnly }) => [name, device, readOnly])).toEqual([
      ['vda', 'disk', false],
      ['sda', 'cdrom', true],
    ]);
    expect(found.cpu).toContain('sha-ni');
    expect(heldReasons(found)).toEqual([]);
  });

  it('with a snapshot and a block job is held by both, all the while and no longer', async () => {
    const domain = await newer.libvirt.domains.byUuid(uuid);
    const virsh = (...args: string[]) => newer.daemon.virsh('qemu:///system', ...args);
    const own = ['--diskspec', 'vda,file=/images/over.qcow2', '--diskspec', 'sda,snapshot=no'];
    await virsh('snapshot-create-as', 'mover', 'kept', '--disk-only', ...own);
    const chain = (await facts()).disks[0]?.images.map(({ path }) => path);
    expect(chain).toEqual(['/images/over.qcow2', '/images/a.raw']);
    const blocking = await copying(domain);
    expect(said(heldReasons(await facts()))).toEqual(['block-job vda', 'snapshot']);
    await blocking.end();
    await virsh('snapshot-delete', 'mover', 'kept', '--metadata');
    expect(heldReasons(await facts())).toEqual([]);
  });
});

/** A copy of the disk that does not end by itself. */
async function copying(domain: Domain) {
  const destinationXml = buildXml(
    element('disk', { type: 'file' }, [
      element('source', { file: '/images/copy.qcow2' }),
      element('driver', { type: 'qcow2' }),
    ]),
  );
  await domain.disk('vda').copy({ destinationXml }, { flags: 8 });
  return { end: () => domain.disk('vda').abortJob() };
}

describe('a host that is as the VM’s own', () => {
  it('has nothing in its way, and the VM goes live: both see one kernel’s locks', async () => {
    const answer = await incoming(twin);
    expect(answer.findings).toEqual([]);
    expect(modeFor(await facts(), answer)).toEqual({ mode: 'live' });
  });

  it('that has another file under the path of its disk is found out', async () => {
    const asked = await facts();
    const [disk] = asked.disks;
    const [image] = disk?.images ?? [];
    const moved = { ...asked, disks: [{ ...disk!, images: [{ ...image!, inode: '1' }] }] };
    const { findings } = await checkIncoming(twin.libvirt, twin.files, uuid, moved);
    expect(findings).toMatchObject([{ code: 'path-differs' }]);
  });
});

describe('an older host without the same storage', () => {
  it('has every reason at once, each with its numbers', async () => {
    const { findings } = await incoming(older);
    const reasons = targetReasons(await facts(), 'h2', { findings, kernel: '', guards: [] });
    expect(said(reasons)).toEqual([
      'cpu-incompatible',
      'machine-type-missing',
      'qemu-older',
      'network-missing bridge br-one',
      'path-missing /iso/a.iso',
    ]);
    expect(reasons.find(({ code }) => code === 'qemu-older')).toMatchObject({
      required: expect.any(Number),
      available: expect.any(Number),
    });
  });
});

describe('the CPU that all hosts give', () => {
  it('is computed by one of them from what each gives, and every one gives it', async () => {
    const sides = [newer, older];
    const given = await Promise.all(sides.map(({ libvirt }) => readCpu(libvirt, 'tcg')));
    const cpus = given.flatMap(({ cpu }) => cpu ?? []);
    expect(new Set(cpus).size).toBe(2);
    const asked = { arch: 'x86_64', virtType: 'qemu' } as const;
    const { cpu } = await baselineCpu(newer.libvirt, { ...asked, cpus });
    for (const { libvirt } of sides) {
      expect(await checkCpu(libvirt, { ...asked, cpu })).toEqual({
        kind: 'check-cpu',
        gives: true,
      });
    }
  });

  it('of the newer host alone is more than the older one gives, or even knows of', async () => {
    const { cpu = '' } = await readCpu(newer.libvirt, 'tcg');
    const asked = { arch: 'x86_64', virtType: 'qemu', cpu } as const;
    expect(await checkCpu(older.libvirt, asked)).toMatchObject({ gives: false });
  });
});
