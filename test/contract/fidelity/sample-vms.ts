/** The two VMs that are played with; see `VmName`. */
import type { HypervisorAction } from '@drover/agent/logic';
import type { VmName } from './host-operations.ts';

export const diskFile = 'listening.raw';
export const poolName = 'fidelity';
export const poolUuid = '00000000-0000-4000-8000-0000000000f1';

export function sampleVms(folder: string): {
  readonly vmIds: Readonly<Record<VmName, string>>;
  readonly start: (vm: VmName) => Extract<HypervisorAction, { type: 'start-vm' }>;
} {
  const vmIds = {
    disk: '00000000-0000-4000-8000-00000000d15c',
    bare: '00000000-0000-4000-8000-00000000ba2e',
  };
  const pool = { name: poolName, spec: { type: 'shared', path: folder } } as const;
  const disks = { disk: [{ pool, file: diskFile, format: 'raw' }], bare: [] } as const;
  return {
    vmIds,
    start: (vm) => ({
      type: 'start-vm',
      vmId: vmIds[vm],
      generation: vm === 'disk' ? 7 : 3,
      vm: {
        name: `fidelity-${vm}`,
        vcpus: 1,
        memoryMib: vm === 'disk' ? 64 : 32,
        arch: 'x86_64',
        disks: [...disks[vm]],
        networks: [],
      },
    }),
  };
}
