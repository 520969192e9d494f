/** From what the scheduler ordered to what libvirt on the one host may ask of libvirt on the other. */
import type { MemoryPath } from '@drover/protocol';
import { flags, migrateFlag } from 'node-libvirt';
import type { MigrationOrder } from 'node-libvirt/guard';

export interface Ordered {
  readonly vmId: string;
  readonly vmName: string;
  readonly address: string;
  readonly mode: 'live' | 'paused';
  readonly memoryPath: MemoryPath;
  readonly may?: readonly ('post-copy' | 'parallel')[];
  /** On the target: the programs that its libvirt has for VMs. */
  readonly emulators?: readonly string[];
}

/** What libvirt on the source then asks libvirt on the target for. */
export function migrationOrder(ordered: Ordered): MigrationOrder {
  const { vmId, vmName, address, may = [], emulators } = ordered;
  return {
    vmId,
    vmName,
    address,
    flags: orderedFlags(ordered),
    optionalFlags: flags(
      may.includes('post-copy') ? migrateFlag.postCopy : 0,
      may.includes('parallel') ? migrateFlag.parallel : 0,
    ),
    ...(emulators === undefined ? {} : { emulators }),
  };
}

/** The flags of a migration that both hosts see. */
export function orderedFlags({ mode, memoryPath }: Pick<Ordered, 'mode' | 'memoryPath'>): number {
  const { live, peer2peer, paused, tls, tunnelled } = migrateFlag;
  return flags(
    live,
    peer2peer,
    mode === 'paused' ? paused : 0,
    memoryPath === 'tls' ? tls : 0,
    memoryPath === 'tunnel' ? tunnelled : 0,
  );
}
