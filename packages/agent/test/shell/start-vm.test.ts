/** A VM that is on its way up already: begun in a former life of the agent that nobody remembers. */
import type { Domain, DomainStateInfo } from 'node-libvirt';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DomainHost } from '../../src/shell/domain-xml.ts';
import type { HostFiles } from '../../src/shell/host-files.ts';
import type { LibvirtLink } from '../../src/shell/libvirt-link.ts';
import { startVm } from '../../src/shell/start-vm.ts';

const vmId = '11111111-1111-4111-8111-111111111111';
let seen: Pick<DomainStateInfo, 'state' | 'reason'>[];
let created: number;
beforeEach(() => {
  seen = [];
  created = 0;
});

const domain = {
  uuid: vmId,
  state: async () => (seen.length > 1 ? seen.shift() : seen[0]),
  job: { stats: async () => ({ type: 'none' }) },
} as unknown as Domain;
const link = {
  whenConnected: async () => undefined,
  libvirt: {
    domains: {
      byUuid: async () => domain,
      create: async () => {
        created += 1;
      },
    },
  },
} as unknown as LibvirtLink;

const start = () =>
  startVm(
    link,
    {} as HostFiles,
    {
      type: 'start-vm',
      vmId,
      generation: 1,
      vm: { name: 'web', vcpus: 1, memoryMib: 128, disks: [], networks: [] },
    } as unknown as Parameters<typeof startVm>[2],
    {} as DomainHost,
  );

describe('a start of a VM that is on its way up already', () => {
  it('says so once that one runs, and begins none beside it', async () => {
    seen = [
      { state: 'paused', reason: 'starting-up' },
      { state: 'paused', reason: 'starting-up' },
      { state: 'running', reason: 'booted' },
    ] as typeof seen;
    const error = { code: 'vm-busy', message: 'it runs here already' };
    expect(await start()).toEqual({ outcome: 'failed', error });
    expect(created).toBe(0);
  });

  it('is refused where that one stays paused', async () => {
    seen = [
      { state: 'paused', reason: 'starting-up' },
      { state: 'paused', reason: 'user' },
    ] as typeof seen;
    expect(await start()).toMatchObject({ outcome: 'failed', error: { code: 'vm-busy' } });
    expect(created).toBe(0);
  });
});
