/**
 * What the agent in a VM's own system tells (`virDomainGetGuestInfo`), from typed parameters into fields.
 * What was not asked for, or the system does not know, is absent or an empty list.
 */
import { stringOf, type ParamsRecord } from '../xdr/typed-params.ts';
import { countOf, readFields, readList, type FieldsOf } from './fields.ts';

export const guestUserFields = {
  name: ['name', 'string'],
  domain: ['domain', 'string'],
  /** Milliseconds since 1970. */
  loginTimeMs: ['login-time', 'number'],
} as const;

export const guestSystemFields = {
  /** Such as `debian`. */
  id: ['os.id', 'string'],
  name: ['os.name', 'string'],
  prettyName: ['os.pretty-name', 'string'],
  version: ['os.version', 'string'],
  versionId: ['os.version-id', 'string'],
  variant: ['os.variant', 'string'],
  variantId: ['os.variant-id', 'string'],
  kernelRelease: ['os.kernel-release', 'string'],
  kernelVersion: ['os.kernel-version', 'string'],
  /** Such as `x86_64`. */
  machine: ['os.machine', 'string'],
} as const;

export const guestTimezoneFields = {
  name: ['timezone.name', 'string'],
  /** East of UTC. */
  offsetSeconds: ['timezone.offset', 'number'],
} as const;

export const guestFileSystemFields = {
  mountpoint: ['mountpoint', 'string'],
  name: ['name', 'string'],
  type: ['fstype', 'string'],
  totalBytes: ['total-bytes', 'number'],
  usedBytes: ['used-bytes', 'number'],
} as const;

export const guestFileSystemDiskFields = {
  /** The target in the domain's XML, such as `vda`, where libvirt could tell. */
  alias: ['alias', 'string'],
  serial: ['serial', 'string'],
  device: ['device', 'string'],
} as const;

export const guestDiskFields = {
  name: ['name', 'string'],
  partition: ['partition', 'boolean'],
  /** The target in the domain's XML. */
  alias: ['alias', 'string'],
  serial: ['serial', 'string'],
  guestAlias: ['guest_alias', 'string'],
  guestBus: ['guest_bus', 'string'],
} as const;

export const guestInterfaceFields = {
  name: ['name', 'string'],
  mac: ['hwaddr', 'string'],
} as const;

export const guestAddressFields = {
  /** `ipv4` or `ipv6`. */
  type: ['type', 'string'],
  address: ['addr', 'string'],
  prefix: ['prefix', 'number'],
} as const;

export const guestLoadFields = {
  /** Over one, five and fifteen minutes. */
  minutes1: ['load.1m', 'number'],
  minutes5: ['load.5m', 'number'],
  minutes15: ['load.15m', 'number'],
} as const;

export interface GuestInfo {
  readonly hostname?: string;
  readonly system: FieldsOf<typeof guestSystemFields>;
  readonly timezone: FieldsOf<typeof guestTimezoneFields>;
  readonly load: FieldsOf<typeof guestLoadFields>;
  readonly users: readonly FieldsOf<typeof guestUserFields>[];
  readonly fileSystems: readonly GuestFileSystem[];
  readonly disks: readonly GuestDisk[];
  readonly interfaces: readonly GuestInterface[];
  /** Every parameter as sent. */
  readonly params: ParamsRecord;
}

export interface GuestFileSystem extends FieldsOf<typeof guestFileSystemFields> {
  readonly disks: readonly FieldsOf<typeof guestFileSystemDiskFields>[];
}

export interface GuestDisk extends FieldsOf<typeof guestDiskFields> {
  /** Names of what it is made of. */
  readonly dependencies: readonly string[];
}

export interface GuestInterface extends FieldsOf<typeof guestInterfaceFields> {
  readonly addresses: readonly FieldsOf<typeof guestAddressFields>[];
}

export function readGuestInfo(params: ParamsRecord): GuestInfo {
  const hostname = stringOf(params, 'hostname');
  return {
    ...(hostname === undefined ? {} : { hostname }),
    system: readFields(guestSystemFields, params),
    timezone: readFields(guestTimezoneFields, params),
    load: readFields(guestLoadFields, params),
    users: readList(guestUserFields, params, 'user.'),
    fileSystems: readList(guestFileSystemFields, params, 'fs.').map((fileSystem, index) => ({
      ...fileSystem,
      disks: readList(guestFileSystemDiskFields, params, `fs.${index}.disk.`),
    })),
    disks: readList(guestDiskFields, params, 'disk.').map((disk, index) => ({
      ...disk,
      dependencies: namesUnder(params, `disk.${index}.dependency.`),
    })),
    interfaces: readList(guestInterfaceFields, params, 'if.').map((each, index) => ({
      ...each,
      addresses: readList(guestAddressFields, params, `if.${index}.addr.`),
    })),
    params,
  };
}

function namesUnder(params: ParamsRecord, prefix: string): readonly string[] {
  return Array.from({ length: countOf(params, `${prefix}count`) }, (_, index) =>
    stringOf(params, `${prefix}${index}.name`),
  ).filter((name) => name !== undefined);
}
