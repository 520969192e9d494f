/** What a look at a VM before its move makes of questions that libvirt does not answer. */
import { LibvirtError, type Libvirt } from 'node-libvirt';
import { describe, expect, it } from 'vitest';
import { HostFiles } from '../../src/shell/host-files.ts';
import { inspectVm } from '../../src/shell/preflight.ts';

const vmId = '0e3f1f2a-7d6e-4a8f-9d63-0d3f1f2a9b02';
const xml = `<domain type='qemu' id='7'><name>web</name><uuid>${vmId}</uuid>
  <memory unit='KiB'>65536</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc-q35-10.0'>hvm</type></os>
  <devices><disk type='file' device='disk'><driver name='qemu' type='raw'/>
    <source file='/srv/a.raw'/><target dev='vda' bus='virtio'/></disk></devices></domain>`;
const capabilities = `<capabilities><host><uuid>6f1c2a52-7d6e-4a8f-9d63-0d3f1f2a9b01</uuid>
  <cpu><arch>x86_64</arch></cpu></host></capabilities>`;

type Question = 'stats' | 'snapshots' | 'checkpoints' | 'disk';
const codes = { internal: 1, unsupported: 3, invalid: 55 } as const;

/** A libvirt that has one VM, and fails to answer one question about it. */
function libvirtThat(fails: Question | undefined, code: keyof typeof codes): Libvirt {
  const answer = async <T>(question: Question, value: T): Promise<T> => {
    if (question !== fails) return value;
    throw new LibvirtError({ code: codes[code], domain: 10, level: 2, message: 'it is stuck' });
  };
  // The first look asks for the job as well, and has no fault here.
  let looks = 0;
  const dom = {
    uuid: vmId,
    name: 'web',
    state: async () => ({ state: 'running', reason: 'booted' }),
    xml: async () => xml,
    job: {
      stats: async () => {
        looks += 1;
        return looks === 1 ? { type: 'none' } : answer('stats', { type: 'none' });
      },
    },
    snapshots: { list: () => answer('snapshots', [{}]) },
    checkpoints: { list: () => answer('checkpoints', []) },
    disk: () => ({ job: () => answer('disk', undefined) }),
  };
  return {
    domains: { byUuid: async () => dom },
    host: {
      capabilities: async () => capabilities,
      hypervisorVersion: async () => ({ number: 10_000_000 }),
    },
  } as unknown as Libvirt;
}

const inspect = (fails?: Question, code: keyof typeof codes = 'internal') =>
  inspectVm(libvirtThat(fails, code), new HostFiles(), vmId);

describe('a look at a VM', () => {
  it('tells what libvirt says', async () => {
    expect(await inspect()).toMatchObject({ name: 'web', snapshots: 1, checkpoints: 0 });
  });

  it.each<[Question, string]>([
    ['stats', 'its job cannot be learnt: it is stuck'],
    ['snapshots', 'its snapshots cannot be learnt: it is stuck'],
    ['checkpoints', 'its checkpoints cannot be learnt: it is stuck'],
    ['disk', 'the job of disk vda cannot be learnt: it is stuck'],
  ])('that cannot learn of %s does not take it for nothing', async (question, message) => {
    await expect(inspect(question)).rejects.toMatchObject({ code: 'hypervisor-error', message });
  });

  it.each<[Question, keyof typeof codes]>([
    ['stats', 'invalid'],
    ['stats', 'unsupported'],
    ['checkpoints', 'unsupported'],
    ['disk', 'invalid'],
  ])('takes it for nothing where libvirt means that: %s, %s', async (question, code) => {
    expect(await inspect(question, code)).toMatchObject({ checkpoints: 0, blockJobs: [] });
  });
});
