/**
 * Rows that libvirt answers with the help of the program inside the VM.
 */
import { array, i32, u32 } from '../../xdr/codec.ts';
import { typedParams } from '../../xdr/typed-params.ts';
import { low } from '../procedure.ts';
import { domain, listMax, text } from '../types.ts';

/** No mountpoints: all of them. */
const freeze = {
  dom: domain,
  mountpoints: array(text, listMax.frozenMountpoints),
  flags: u32,
};

export const domainAgentProcedures = {
  domainFsfreeze: low(335, freeze, { filesystems: i32 }),
  domainFsthaw: low(336, freeze, { filesystems: i32 }),
  domainGetGuestInfo: low(
    418,
    { dom: domain, types: u32, flags: u32 },
    { params: typedParams(listMax.guestInfoParams) },
  ),
  /** Seconds; below zero the names of `agentTimeout`. */
  domainAgentSetResponseTimeout: low(
    420,
    { dom: domain, timeout: i32, flags: u32 },
    { result: i32 },
  ),
};
