/**
 * Rows about the connection: opening and closing it, what is at its other end, and lists of what is there.
 */
import { array, bool, i32, u32, u64 } from '../../xdr/codec.ts';
import { typedParams } from '../../xdr/typed-params.ts';
import { high, low } from '../procedure.ts';
import {
  domain,
  domainStatsRecord,
  hostInterface,
  listMax,
  network,
  nodeDevice,
  optionalText,
  secret,
  storagePool,
  text,
} from '../types.ts';

const listArgs = { needResults: i32, flags: u32 };

export const connectProcedures = {
  connectOpen: high(1, { name: optionalText, flags: u32 }, undefined),
  connectClose: high(2, undefined, undefined),
  connectGetType: high(3, undefined, { type: text }),
  connectGetVersion: high(4, undefined, { version: u64 }),
  connectGetHostname: high(59, undefined, { hostname: text }),
  connectSupportsFeature: high(60, { feature: i32 }, { supported: bool }),
  connectGetLibVersion: high(157, undefined, { version: u64 }),
  connectListAllDomains: high(
    273,
    { needResults: i32, flags: u32 },
    { domains: array(domain, listMax.domains), count: u32 },
  ),
  connectListAllStoragePools: high(
    281,
    { needResults: i32, flags: u32 },
    { pools: array(storagePool, listMax.storagePools), count: u32 },
  ),
  connectGetAllDomainStats: low(
    344,
    { doms: array(domain, listMax.domains), stats: u32, flags: u32 },
    { records: array(domainStatsRecord, listMax.domains) },
  ),
  connectGetUri: high(110, undefined, { uri: text }),
  connectListAllNetworks: high(283, listArgs, {
    nets: array(network, listMax.networks),
    count: u32,
  }),
  connectListAllInterfaces: high(284, listArgs, {
    ifaces: array(hostInterface, listMax.interfaces),
    count: u32,
  }),
  connectListAllNodeDevices: high(285, listArgs, {
    devices: array(nodeDevice, listMax.nodeDevices),
    count: u32,
  }),
  connectListAllSecrets: high(287, listArgs, {
    secrets: array(secret, listMax.secrets),
    count: u32,
  }),
  connectGetMaxVcpus: high(5, { type: optionalText }, { maxVcpus: i32 }),
  connectIsSecure: high(149, undefined, { secure: i32 }),
  connectGetSysinfo: high(203, { flags: u32 }, { sysinfo: text }),
  connectSetIdentity: low(
    419,
    { params: typedParams(listMax.identityParams), flags: u32 },
    undefined,
  ),
};
