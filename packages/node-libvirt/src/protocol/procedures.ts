/**
 * The procedure table: name to number, argument and result types. libvirt only ever appends procedures,
 * so this table only grows. A new call is one new row in `procedures/`; nothing else changes.
 */
import type { TypeOf } from '../xdr/codec.ts';
import type { Procedure } from './procedure.ts';
import { authProcedures } from './procedures/auth.ts';
import { connectEventProcedures } from './procedures/connect-events.ts';
import { connectProcedures } from './procedures/connect.ts';
import { cpuProcedures } from './procedures/cpu.ts';
import { domainAgentProcedures } from './procedures/domain-agent.ts';
import { domainBlockProcedures } from './procedures/domain-block.ts';
import { domainDeviceProcedures } from './procedures/domain-devices.ts';
import { domainLifeProcedures } from './procedures/domain-life.ts';
import { domainLookProcedures } from './procedures/domain-look.ts';
import { domainMemoryProcedures } from './procedures/domain-memory.ts';
import { domainPlainProcedures } from './procedures/domain-plain.ts';
import { nodeDeviceProcedures } from './procedures/node-device.ts';
import { nwfilterProcedures } from './procedures/nwfilter.ts';
import { domainTuneProcedures } from './procedures/domain-tune.ts';
import { domainSaveProcedures } from './procedures/domain-save.ts';
import { domainSnapshotProcedures } from './procedures/domain-snapshot.ts';
import { hostProcedures } from './procedures/host.ts';
import { migrateProcedures } from './procedures/migrate.ts';
import { networkProcedures } from './procedures/network.ts';
import { qemuProcedures } from './procedures/qemu.ts';
import { secretProcedures } from './procedures/secret.ts';
import { storagePoolProcedures } from './procedures/storage-pool.ts';
import { storageVolumeProcedures } from './procedures/storage-volume.ts';

export const procedures = {
  ...authProcedures,
  ...connectEventProcedures,
  ...connectProcedures,
  ...cpuProcedures,
  ...domainAgentProcedures,
  ...domainBlockProcedures,
  ...domainDeviceProcedures,
  ...domainLifeProcedures,
  ...domainLookProcedures,
  ...domainMemoryProcedures,
  ...domainPlainProcedures,
  ...nodeDeviceProcedures,
  ...nwfilterProcedures,
  ...domainTuneProcedures,
  ...domainSaveProcedures,
  ...domainSnapshotProcedures,
  ...hostProcedures,
  ...migrateProcedures,
  ...networkProcedures,
  ...qemuProcedures,
  ...secretProcedures,
  ...storagePoolProcedures,
  ...storageVolumeProcedures,
} satisfies Readonly<Record<string, Procedure>>;

export type ProcedureName = keyof typeof procedures;
export type ArgsOf<P extends ProcedureName> = TypeOf<(typeof procedures)[P]['args']>;
export type RetOf<P extends ProcedureName> = TypeOf<(typeof procedures)[P]['ret']>;

export function procedureOf(name: ProcedureName): Procedure {
  return procedures[name];
}
