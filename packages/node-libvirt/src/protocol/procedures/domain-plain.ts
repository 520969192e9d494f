/**
 * Rows of calls that a newer one with flags stands beside: the older daemons' only way, and shorter.
 */
import { u32, u64 } from '../../xdr/codec.ts';
import { high, low } from '../procedure.ts';
import { domain, text } from '../types.ts';

export const domainPlainProcedures = {
  domainDefineXml: high(11, { xml: text }, { dom: domain }),
  domainDestroy: high(12, { dom: domain }, undefined),
  domainGetMaxMemory: high(17, { dom: domain }, { memory: u64 }),
  domainGetOsType: high(19, { dom: domain }, { type: text }),
  domainSetMaxMemory: high(30, { dom: domain, memory: u64 }, undefined),
  domainSetMemory: low(31, { dom: domain, memory: u64 }, undefined),
  domainSetVcpus: low(32, { dom: domain, vcpus: u32 }, undefined),
  domainShutdown: low(33, { dom: domain }, undefined),
  domainUndefine: high(35, { dom: domain }, undefined),
};
