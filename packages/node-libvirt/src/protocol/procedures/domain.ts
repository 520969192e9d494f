/**
 * Rows about domains: finding, defining, starting, stopping, looking at them, and their metadata.
 */
import { i32, u32, u64 } from '../../xdr/codec.ts';
import { high, low } from '../procedure.ts';
import { domain, optionalText, text, uuid } from '../types.ts';

export const domainProcedures = {
  domainCreate: low(9, { dom: domain }, undefined),
  domainCreateXml: low(10, { xml: text, flags: u32 }, { dom: domain }),
  domainGetXmlDesc: low(14, { dom: domain, flags: u32 }, { xml: text }),
  domainGetInfo: low(
    16,
    { dom: domain },
    { state: u32, maxMemory: u64, memory: u64, vcpus: u32, cpuTime: u64 },
  ),
  domainLookupById: high(22, { id: i32 }, { dom: domain }),
  domainLookupByName: high(23, { name: text }, { dom: domain }),
  domainLookupByUuid: high(24, { uuid }, { dom: domain }),
  domainResume: low(28, { dom: domain }, undefined),
  domainSetAutostart: high(29, { dom: domain, autostart: i32 }, undefined),
  domainSuspend: low(34, { dom: domain }, undefined),
  domainCreateWithFlags: low(196, { dom: domain, flags: u32 }, { dom: domain }),
  domainGetState: high(212, { dom: domain, flags: u32 }, { state: i32, reason: i32 }),
  domainUndefineFlags: high(231, { dom: domain, flags: u32 }, undefined),
  domainDestroyFlags: high(234, { dom: domain, flags: u32 }, undefined),
  domainReset: low(245, { dom: domain, flags: u32 }, undefined),
  domainShutdownFlags: low(258, { dom: domain, flags: u32 }, undefined),
  domainSetMetadata: low(
    264,
    {
      dom: domain,
      type: i32,
      metadata: optionalText,
      key: optionalText,
      uri: optionalText,
      flags: u32,
    },
    undefined,
  ),
  domainGetMetadata: low(
    265,
    { dom: domain, type: i32, uri: optionalText, flags: u32 },
    { metadata: text },
  ),
  domainDefineXmlFlags: high(350, { xml: text, flags: u32 }, { dom: domain }),
  domainStartDirtyRateCalc: low(427, { dom: domain, seconds: i32, flags: u32 }, undefined),
};
