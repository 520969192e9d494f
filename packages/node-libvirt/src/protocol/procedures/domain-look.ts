/**
 * Rows that find a domain and look at it: description, state, metadata, messages.
 */
import { array, i32, u32, u64 } from '../../xdr/codec.ts';
import { typedParams } from '../../xdr/typed-params.ts';
import { high, low } from '../procedure.ts';
import { domain, listMax, optionalText, text, uuid } from '../types.ts';

export const domainLookProcedures = {
  domainGetXmlDesc: low(14, { dom: domain, flags: u32 }, { xml: text }),
  domainGetInfo: low(
    16,
    { dom: domain },
    { state: u32, maxMemory: u64, memory: u64, vcpus: u32, cpuTime: u64 },
  ),
  domainLookupById: high(22, { id: i32 }, { dom: domain }),
  domainLookupByName: high(23, { name: text }, { dom: domain }),
  domainLookupByUuid: high(24, { uuid }, { dom: domain }),
  domainGetState: high(212, { dom: domain, flags: u32 }, { state: i32, reason: i32 }),
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
  domainGetAutostart: high(15, { dom: domain }, { autostart: i32 }),
  domainIsActive: high(150, { dom: domain }, { active: i32 }),
  domainIsPersistent: high(151, { dom: domain }, { persistent: i32 }),
  domainGetControlInfo: high(
    229,
    { dom: domain, flags: u32 },
    { state: u32, details: u32, stateTime: u64 },
  ),
  domainGetMessages: low(
    426,
    { dom: domain, flags: u32 },
    { messages: array(text, listMax.domainMessages) },
  ),
  domainIsUpdated: high(202, { dom: domain }, { updated: i32 }),
  domainRename: low(358, { dom: domain, newName: optionalText, flags: u32 }, { result: i32 }),
  domainGetLaunchSecurityInfo: low(
    396,
    { dom: domain, flags: u32 },
    { params: typedParams(listMax.launchSecurity) },
  ),
  domainGetAutostartOnce: high(449, { dom: domain }, { autostart: i32 }),
  domainSetAutostartOnce: high(450, { dom: domain, autostart: i32 }, undefined),
};
