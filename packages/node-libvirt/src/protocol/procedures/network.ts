/**
 * Rows about virtual networks.
 */
import { array, i32, i64, struct, u32 } from '../../xdr/codec.ts';
import { high, low } from '../procedure.ts';
import { listMax, network, networkPort, optionalText, text, uuid } from '../types.ts';

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
  networkCreateXml: low(40, { xml: text }, { net: network }),
  networkGetAutostart: high(44, { net: network }, { autostart: i32 }),
  networkGetBridgeName: high(45, { net: network }, { name: text }),
  networkLookupByUuid: high(47, { uuid }, { net: network }),
  networkIsPersistent: high(153, { net: network }, { persistent: i32 }),
  networkListAllPorts: high(
    404,
    { net: network, needResults: i32, flags: u32 },
    { ports: array(networkPort, listMax.networks), count: u32 },
  ),
  networkDefineXmlFlags: high(432, { xml: text, flags: u32 }, { net: network }),
  networkCreateXmlFlags: high(437, { xml: text, flags: u32 }, { net: network }),
  networkSetMetadata: low(
    444,
    {
      net: network,
      type: i32,
      metadata: optionalText,
      key: optionalText,
      uri: optionalText,
      flags: u32,
    },
    undefined,
  ),
  networkGetMetadata: low(
    445,
    { net: network, type: i32, uri: optionalText, flags: u32 },
    { metadata: text },
  ),
};
