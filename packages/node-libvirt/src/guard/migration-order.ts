/**
 * What one migration may do on its target, as it was ordered. Everything else that its source asks for is
 * refused; that is `migration-guard.ts`.
 */
import { migrateFlag } from '../protocol/constants.ts';

export interface MigrationOrder {
  readonly vmId: string;
  /** As libvirt has it. */
  readonly vmName: string;
  /** The target's own address for the memory stream, as in a URI but without brackets. */
  readonly address: string;
  /** `migrateFlag`s that the calls must carry, `live` and `peer2peer` among them. */
  readonly flags: number;
  /** Others that they may carry. */
  readonly optionalFlags?: number;
  /** Programs that the target has for VMs; absent on the source, whose own VM it is. */
  readonly emulators?: readonly string[];
}

/** Its memory goes through the connection that is guarded. */
export function isTunnelled({ flags }: MigrationOrder): boolean {
  return (flags & migrateFlag.tunnelled) !== 0;
}

/** From some moment on neither host has all of the VM. */
export function mayPostCopy({ flags, optionalFlags = 0 }: MigrationOrder): boolean {
  return ((flags | optionalFlags) & migrateFlag.postCopy) !== 0;
}

/** How `migrate_uri` names the address. */
export function memoryUri({ address }: Pick<MigrationOrder, 'address'>): string {
  return `tcp://${address.includes(':') ? `[${address}]` : address}`;
}
