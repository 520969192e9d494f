/**
 * Rows about a domain's devices: plugging, its interfaces, console, screen and keys.
 */
import { array, i32, i64, optional, struct, u32 } from '../../xdr/codec.ts';
import { high, low } from '../procedure.ts';
import { domain, listMax, optionalText, text } from '../types.ts';

const deviceChange = { dom: domain, xml: text, flags: u32 };
const graphics = { dom: domain, index: u32, flags: u32 };
const address = struct({ type: i32, address: text, prefix: u32 });
const domainInterface = struct({
  name: text,
  mac: optional(text),
  addresses: array(address, listMax.interfaceAddresses),
});

export const domainDeviceProcedures = {
  domainInterfaceStats: high(
    65,
    { dom: domain, device: text },
    {
      rxBytes: i64,
      rxPackets: i64,
      rxErrors: i64,
      rxDrop: i64,
      txBytes: i64,
      txPackets: i64,
      txErrors: i64,
      txDrop: i64,
    },
  ),
  domainAttachDeviceFlags: low(160, deviceChange, undefined),
  domainDetachDeviceFlags: low(161, deviceChange, undefined),
  domainUpdateDeviceFlags: low(174, deviceChange, undefined),
  /** Without a name: the first console. */
  domainOpenConsole: low(201, { dom: domain, device: optionalText, flags: u32 }, undefined, {
    stream: 'both',
  }),
  domainScreenshot: low(
    211,
    { dom: domain, screen: u32, flags: u32 },
    { mime: optionalText },
    { stream: 'read' },
  ),
  domainSendKey: low(
    226,
    {
      dom: domain,
      codeset: u32,
      holdTime: u32,
      keycodes: array(u32, listMax.sendKeys),
      flags: u32,
    },
    undefined,
  ),
  /** Wants a file descriptor beside the call: the daemon refuses it from a connection that cannot send one. */
  domainOpenGraphics: low(249, graphics, undefined),
  domainOpenChannel: low(296, { dom: domain, name: optionalText, flags: u32 }, undefined, {
    stream: 'both',
  }),
  /** Answers with a file descriptor, which is out of reach here. */
  domainOpenGraphicsFd: low(343, graphics, undefined),
  domainInterfaceAddresses: low(
    353,
    { dom: domain, source: u32, flags: u32 },
    { ifaces: array(domainInterface, listMax.domainInterfaces) },
  ),
  domainInjectNmi: low(210, { dom: domain, flags: u32 }, undefined),
  domainDetachDeviceAlias: low(392, { dom: domain, alias: text, flags: u32 }, undefined),
  domainGraphicsReload: low(448, { dom: domain, type: u32, flags: u32 }, undefined),
};
