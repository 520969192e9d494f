/**
 * Rows about the host's devices, network interfaces among them.
 */
import { array, i32, u32 } from '../../xdr/codec.ts';
import { high, low } from '../procedure.ts';
import { hostInterface, listMax, nodeDevice, optionalText, text } from '../types.ts';

export const nodeDeviceProcedures = {
  nodeDeviceLookupByName: high(113, { name: text }, { dev: nodeDevice }),
  nodeDeviceGetXmlDesc: low(114, { name: text, flags: u32 }, { xml: text }),
  interfaceGetXmlDesc: low(130, { iface: hostInterface, flags: u32 }, { xml: text }),
  nodeDeviceGetParent: high(115, { name: text }, { parentName: optionalText }),
  nodeDeviceNumOfCaps: high(116, { name: text }, { num: i32 }),
  nodeDeviceListCaps: high(
    117,
    { name: text, maxNames: i32 },
    { names: array(text, listMax.nodeDevices) },
  ),
  nodeDeviceDettach: low(118, { name: text }, undefined),
  nodeDeviceReAttach: low(119, { name: text }, undefined),
  nodeDeviceReset: low(120, { name: text }, undefined),
  nodeDeviceCreateXml: low(123, { xml: text, flags: u32 }, { dev: nodeDevice }),
  nodeDeviceDestroy: high(124, { name: text }, undefined),
  interfaceLookupByName: high(128, { name: text }, { iface: hostInterface }),
  interfaceLookupByMacString: high(129, { mac: text }, { iface: hostInterface }),
  interfaceIsActive: high(156, { iface: hostInterface }, { active: i32 }),
  nodeDeviceLookupScsiHostByWwn: high(
    297,
    { nodeName: text, portName: text, flags: u32 },
    { dev: nodeDevice },
  ),
  nodeDeviceDetachFlags: low(301, { name: text, driverName: optionalText, flags: u32 }, undefined),
  nodeDeviceDefineXml: low(428, { xml: text, flags: u32 }, { dev: nodeDevice }),
  nodeDeviceUndefine: high(429, { name: text, flags: u32 }, undefined),
  nodeDeviceCreate: high(430, { name: text, flags: u32 }, undefined),
  nodeDeviceGetAutostart: high(433, { name: text }, { autostart: i32 }),
  nodeDeviceSetAutostart: high(434, { name: text, autostart: i32 }, undefined),
  nodeDeviceIsPersistent: high(435, { name: text }, { persistent: i32 }),
  nodeDeviceIsActive: high(436, { name: text }, { active: i32 }),
  nodeDeviceUpdate: high(447, { name: text, xml: text, flags: u32 }, undefined),
};
