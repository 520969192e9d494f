/** What is asked of libvirt for another size, and what is said of it: done only where libvirt then says so. */
import { type Domain, LibvirtError } from 'node-libvirt';
import { beforeEach, expect, it } from 'vitest';
import type { LibvirtLink } from '../../src/shell/libvirt-link.ts';
import { resizeVm } from '../../src/shell/resize-vm.ts';

const vmId = '11111111-1111-4111-8111-111111111111';
const most = { vcpus: 4, mib: 2_048 };
let has: { vcpus: number; mib: number };
let follows: boolean;
let state: string;
let asked: (readonly [string, number, number | undefined])[];
let refusesVcpus: boolean;
beforeEach(() => {
  has = { vcpus: 1, mib: 1_024 };
  follows = true;
  state = 'running';
  asked = [];
  refusesVcpus = false;
});

const domain = {
  xml: async () => `<domain type='kvm'><name>web</name><uuid>${vmId}</uuid>
    <memory unit='MiB'>${most.mib}</memory><currentMemory unit='MiB'>${has.mib}</currentMemory>
    <vcpu current='${has.vcpus}'>${most.vcpus}</vcpu></domain>`,
  state: async () => ({ state, reason: 'booted' }),
  job: { stats: async () => ({ type: 'none' }) },
  memory: {
    set: async (kib: number, { flags }: { flags?: number } = {}) => {
      asked.push(['memory', kib, flags]);
      if (follows) has.mib = kib / 1_024;
    },
    setVcpus: async (vcpus: number, { flags }: { flags?: number } = {}) => {
      asked.push(['vcpus', vcpus, flags]);
      if (refusesVcpus) throw new LibvirtError({ code: 84, message: 'no', domain: 0, level: 2 });
      has.vcpus = vcpus;
    },
  },
} as unknown as Domain;
const link = { libvirt: { domains: { byUuid: async () => domain } } } as unknown as LibvirtLink;
const resize = (more: object) => resizeVm(link, { type: 'resize-vm', vmId, timeoutMs: 0, ...more });
const live = 1;

it('memory first, then vCPUs, both as it runs', async () => {
  expect(await resize({ vcpus: 2, memoryMib: 2_048 })).toEqual({ outcome: 'done' });
  expect(asked).toEqual([
    ['memory', 2_048 * 1_024, live],
    ['vcpus', 2, live],
  ]);
});

it('what it has already is not asked for', async () => {
  expect(await resize({ vcpus: 1, memoryMib: 1_024 })).toEqual({ outcome: 'done' });
  expect(asked).toEqual([]);
});

it('a system that does not follow in time keeps what it had, and gets no vCPU either', async () => {
  follows = false;
  const outcome = await resize({ vcpus: 2, memoryMib: 512 });
  expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'resize-timeout' } });
  expect(asked.map(([what, amount]) => [what, amount])).toEqual([
    ['memory', 512 * 1_024],
    ['memory', 1_024 * 1_024],
  ]);
});

it('vCPUs that libvirt refuses take the memory back', async () => {
  refusesVcpus = true;
  await expect(resize({ vcpus: 2, memoryMib: 2_048 })).rejects.toThrow('no');
  expect(has).toEqual({ vcpus: 1, mib: 1_024 });
});

it.each([{ vcpus: 5 }, { memoryMib: 4_096 }])(
  '%j is beyond what it was started with',
  async (more) => {
    expect(await resize(more)).toMatchObject({ error: { code: 'resize-needs-restart' } });
    expect(asked).toEqual([]);
  },
);

it('vCPUs are not taken away', async () => {
  has.vcpus = 2;
  expect(await resize({ vcpus: 1 })).toMatchObject({ error: { code: 'resize-needs-restart' } });
});

it('one that does not run is left alone', async () => {
  state = 'paused';
  expect(await resize({ vcpus: 2 })).toMatchObject({ error: { code: 'vm-not-running' } });
});
