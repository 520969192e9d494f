/**
 * The objects that libvirt's messages are made of: handles of domains, pools, volumes, networks, the
 * error record, and the limits of lists. Which procedure carries which is left to `procedures/`.
 */
import {
  array,
  i32,
  i64,
  mapped,
  opaqueFixed,
  optional,
  string,
  struct,
  u32,
  u64,
  type Codec,
  type TypeOf,
} from '../xdr/codec.ts';
import { typedParams } from '../xdr/typed-params.ts';
import { ProtocolError } from '../errors.ts';

export const listMax = {
  domains: 16_384,
  networks: 16_384,
  storagePools: 16_384,
  storageVols: 16_384,
  authTypes: 20,
  migrateParams: 64,
  migrateCookieBytes: 4_194_304,
  jobStats: 64,
  domainStatsParams: 262_144,
  memoryStats: 1024,
  nodeStats: 16,
  nodeCells: 1024,
  cpuBaseline: 256,
  tunableEvent: 2048,
  cpuModels: 8192,
  cpuMapBytes: 2048,
  saslDataBytes: 65_536,
  securityModelChars: 257,
  interfaces: 16_384,
  nodeDevices: 65_536,
  secrets: 16_384,
  secretValueBytes: 65_536,
  dhcpLeases: 65_536,
  snapshots: 16_384,
  checkpoints: 16_384,
  sendKeys: 16,
  blockStats: 16,
  blockCopyParams: 16,
  diskErrors: 256,
  cpuStats: 2048,
  domainMessages: 2048,
  domainInterfaces: 2048,
  interfaceAddresses: 2048,
  frozenMountpoints: 256,
  guestInfoParams: 2048,
  graphicsIdentities: 20,
  vcpus: 16_384,
  cpuMapsBytes: 8_388_608,
  schedulerParams: 16,
  blockIoTuneParams: 32,
  interfaceParams: 16,
  nwfilters: 16_384,
  nwfilterBindings: 16_384,
  nodeMemoryParams: 64,
  fileSystems: 256,
  fileSystemDisks: 256,
  sevInfo: 64,
  launchSecurity: 64,
  identityParams: 20,
  authorizedSshKeys: 2048,
  saveParams: 64,
} as const;

const hexUuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** 16 raw bytes on the wire; here lower-case text with dashes. */
export const uuid: Codec<string> = mapped(
  opaqueFixed(16),
  (bytes) =>
    Buffer.from(bytes)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  (text) => {
    if (!hexUuid.test(text)) throw new ProtocolError('cannot-encode', `not a uuid: ${text}`);
    return Buffer.from(text.replaceAll('-', ''), 'hex');
  },
);

/** `char x<n>` in libvirt's protocol: a count, then one four-byte int per byte. */
export function charList(max: number): Codec<Uint8Array> {
  return mapped(
    array(i32, max),
    (codes) => Uint8Array.from(codes),
    (bytes) => [...bytes],
  );
}

/** The same holding text. */
export function charText(max: number): Codec<string> {
  return mapped(
    charList(max),
    (bytes) => Buffer.from(bytes).toString('latin1'),
    (value) => Buffer.from(value, 'latin1'),
  );
}

export const text = string();
export const optionalText = optional(text);

/** The daemon finds a domain by uuid; name and id (-1 when inactive) only inform. */
export const domain = struct({ name: text, uuid, id: i32 });
export const network = struct({ name: text, uuid });
export const storagePool = struct({ name: text, uuid });
/** `key` names the volume for ever, `pool` and `name` where it was found. */
export const storageVol = struct({ pool: text, name: text, key: text });

/** One of the host's own network interfaces. */
export const hostInterface = struct({ name: text, mac: text });
export const nodeDevice = struct({ name: text });
/** The daemon finds a secret by uuid; what it is used for only informs. */
export const secret = struct({ uuid, usageType: i32, usageId: text });
export const snapshot = struct({ name: text, dom: domain });
export const checkpoint = struct({ name: text, dom: domain });

export const nwfilter = struct({ name: text, uuid });
export const nwfilterBinding = struct({ portDevice: text, filterName: text });
/** One connection of a network, such as an interface of a VM. */
export const networkPort = struct({ net: network, uuid });
/** `cpuTime` in ns; `cpu` is the host's CPU that it runs on. */
export const vcpuInfo = struct({ number: u32, state: i32, cpuTime: u64, cpu: i32 });
/** A file system that is mounted in a VM, and the disks of it by their target. */
export const fileSystem = struct({
  mountPoint: text,
  name: text,
  type: text,
  disks: array(text, listMax.fileSystemDisks),
});

export type DomainRef = TypeOf<typeof domain>;
export type NetworkRef = TypeOf<typeof network>;
export type StoragePoolRef = TypeOf<typeof storagePool>;
export type StorageVolRef = TypeOf<typeof storageVol>;
export type HostInterfaceRef = TypeOf<typeof hostInterface>;
export type SecretRef = TypeOf<typeof secret>;
export type SnapshotRef = TypeOf<typeof snapshot>;
export type CheckpointRef = TypeOf<typeof checkpoint>;

export const domainStatsRecord = struct({
  dom: domain,
  params: typedParams(listMax.domainStatsParams),
});

/** A named count of the host's CPU or memory statistics. */
export const namedCount = struct({ field: text, value: u64 });
export const namedCounts = array(namedCount, listMax.nodeStats);

/** Bytes that are zero and are not sent. */
export const streamHole = struct({ length: i64, flags: u32 });

/** What a reply or stream packet with status ERROR carries. */
export const remoteError = struct({
  code: i32,
  domain: i32,
  message: optionalText,
  level: i32,
  dom: optional(domain),
  text1: optionalText,
  text2: optionalText,
  text3: optionalText,
  number1: i32,
  number2: i32,
  net: optional(network),
});
