/** Are the arguments of a migration's two calls on its target those that were ordered? */
import type { ArgsOf } from '../protocol/procedures.ts';
import type { TypedParam } from '../xdr/typed-params.ts';
import { isTunnelled, memoryUri, type MigrationOrder } from './migration-order.ts';
import { checkMovedXml } from './moved-xml.ts';
import { Refused } from './refusal.ts';

type Prepare = ArgsOf<'domainMigratePrepare3Params'>;
type Finish = ArgsOf<'domainMigrateFinish3Params'>;

/** Throws `Refused`. */
export function checkPrepare({ params, flags }: Prepare, order: MigrationOrder): void {
  checkFlags(flags, order);
  checkParams(params, order, 'prepare');
  need(params, 'destination_xml');
  if (!isTunnelled(order)) need(params, 'migrate_uri');
}

/** Throws `Refused`. Whether it is cancelled is the source's to say. */
export function checkFinish({ params, flags }: Finish, order: MigrationOrder): void {
  checkFlags(flags, order);
  checkParams(params, order, 'finish');
  // libvirt looks the VM up by this.
  need(params, 'destination_name');
}

function checkFlags(flags: number, order: MigrationOrder): void {
  const { flags: wanted, optionalFlags = 0 } = order;
  const missing = wanted & ~flags;
  const tooMany = flags & ~(wanted | optionalFlags);
  if (missing === 0 && tooMany === 0) return;
  const message = `flags ${flags >>> 0}, ordered are ${wanted}`;
  throw new Refused('arguments', message);
}

function checkParams(
  params: readonly TypedParam[],
  order: MigrationOrder,
  call: 'prepare' | 'finish',
): void {
  const seen = new Set<string>();
  for (const param of params) {
    if (seen.has(param.field)) throw new Refused('arguments', `parameter ${param.field} twice`);
    seen.add(param.field);
    checkParam(param, order, call);
  }
}

function checkParam(param: TypedParam, order: MigrationOrder, call: 'prepare' | 'finish'): void {
  const { field, type, value } = param;
  const uri = memoryUri(order);
  switch (`${field} ${type}`) {
    case 'destination_xml string':
      return checkMovedXml(String(value), order);
    case 'destination_name string':
      if (value === order.vmName) return;
      throw new Refused('other-vm', `the name ${quoted(value)}, ordered is ${order.vmName}`);
    case 'migrate_uri string':
      if (isTunnelled(order)) break;
      // What the target has answered comes back to it, its port with it.
      if (value === uri || (call === 'finish' && isWithPort(String(value), uri))) return;
      throw new Refused('arguments', `memory to ${quoted(value)}, ordered is ${uri}`);
    case 'listen_address string':
      if (value === order.address) return;
      break;
    // How fast and on how many connections memory goes is the source's own affair.
    case 'bandwidth ullong':
    case 'bandwidth.postcopy ullong':
    case 'parallel.connections int':
      return;
  }
  throw new Refused('arguments', `parameter ${quoted(field)}, which is not ordered`);
}

function isWithPort(value: string, uri: string): boolean {
  return value.startsWith(`${uri}:`) && /^\d{1,5}$/.test(value.slice(uri.length + 1));
}

function need(params: readonly TypedParam[], field: string): void {
  if (params.some((param) => param.field === field)) return;
  throw new Refused('arguments', `no ${field}`);
}

function quoted(value: unknown): string {
  return JSON.stringify(String(value).slice(0, 128));
}
