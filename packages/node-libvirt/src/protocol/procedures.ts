/**
 * The procedure table: name to number, argument and result types. libvirt only ever appends procedures,
 * so this table only grows. A new call is one new row in `procedures/`; nothing else changes.
 */
import type { TypeOf } from '../xdr/codec.ts';
import type { Procedure } from './procedure.ts';
import { connectProcedures } from './procedures/connect.ts';
import { domainProcedures } from './procedures/domain.ts';
import { migrateProcedures } from './procedures/migrate.ts';
import { qemuProcedures } from './procedures/qemu.ts';
import { storageProcedures } from './procedures/storage.ts';

export const procedures = {
  ...connectProcedures,
  ...domainProcedures,
  ...migrateProcedures,
  ...storageProcedures,
  ...qemuProcedures,
} satisfies Readonly<Record<string, Procedure>>;

export type ProcedureName = keyof typeof procedures;
export type ArgsOf<P extends ProcedureName> = TypeOf<(typeof procedures)[P]['args']>;
export type RetOf<P extends ProcedureName> = TypeOf<(typeof procedures)[P]['ret']>;

export function procedureOf(name: ProcedureName): Procedure {
  return procedures[name];
}
