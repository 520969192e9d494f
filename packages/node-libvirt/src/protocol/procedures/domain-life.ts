/**
 * Rows that change what a domain does: defining, starting, stopping, saving it.
 */
import { i32, u32 } from '../../xdr/codec.ts';
import { high, low } from '../procedure.ts';
import { domain, text } from '../types.ts';

export const domainLifeProcedures = {
  domainCreate: low(9, { dom: domain }, undefined),
  domainCreateXml: low(10, { xml: text, flags: u32 }, { dom: domain }),
  domainResume: low(28, { dom: domain }, undefined),
  domainSetAutostart: high(29, { dom: domain, autostart: i32 }, undefined),
  domainSuspend: low(34, { dom: domain }, undefined),
  domainCreateWithFlags: low(196, { dom: domain, flags: u32 }, { dom: domain }),
  domainUndefineFlags: high(231, { dom: domain, flags: u32 }, undefined),
  domainDestroyFlags: high(234, { dom: domain, flags: u32 }, undefined),
  domainReset: low(245, { dom: domain, flags: u32 }, undefined),
  domainShutdownFlags: low(258, { dom: domain, flags: u32 }, undefined),
  domainDefineXmlFlags: high(350, { xml: text, flags: u32 }, { dom: domain }),
  domainReboot: low(27, { dom: domain, flags: u32 }, undefined),
  domainManagedSave: low(182, { dom: domain, flags: u32 }, undefined),
  domainHasManagedSaveImage: low(183, { dom: domain, flags: u32 }, { result: i32 }),
  domainManagedSaveRemove: low(184, { dom: domain, flags: u32 }, undefined),
};
