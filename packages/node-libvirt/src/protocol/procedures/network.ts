/**
 * Rows about virtual networks.
 */
import { array, i32, i64, struct, u32 } from '../../xdr/codec.ts';
import { high, low } from '../procedure.ts';
import { listMax, network, optionalText, text } from '../types.ts';

const dhcpLease = struct({
  iface: text,
  /** Seconds since 1970; 0 never expires. */
  expiryTime: i64,
  type: i32,
  mac: optionalText,
  iaid: optionalText,
  address: text,
  prefix: u32,
  hostname: optionalText,
  clientId: optionalText,
});

export const networkProcedures = {
  networkCreate: low(39, { net: network }, undefined),
  networkDefineXml: high(41, { xml: text }, { net: network }),
  networkDestroy: high(42, { net: network }, undefined),
  networkGetXmlDesc: high(43, { net: network, flags: u32 }, { xml: text }),
  networkLookupByName: high(46, { name: text }, { net: network }),
  networkSetAutostart: high(48, { net: network, autostart: i32 }, undefined),
  networkUndefine: high(49, { net: network }, undefined),
  networkIsActive: high(152, { net: network }, { active: i32 }),
  networkUpdate: high(
    291,
    { net: network, command: u32, section: u32, parentIndex: i32, xml: text, flags: u32 },
    undefined,
  ),
  networkGetDhcpLeases: low(
    341,
    { net: network, mac: optionalText, needResults: i32, flags: u32 },
    { leases: array(dhcpLease, listMax.dhcpLeases), count: u32 },
  ),
};
