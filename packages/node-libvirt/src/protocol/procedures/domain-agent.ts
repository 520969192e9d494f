/**
 * Rows that libvirt answers with the help of the program inside the VM.
 */
import { array, i32, i64, u32, u64 } from '../../xdr/codec.ts';
import { typedParams } from '../../xdr/typed-params.ts';
import { low } from '../procedure.ts';
import { domain, fileSystem, listMax, optionalText, text } from '../types.ts';

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
  domainGetHostname: low(277, { dom: domain, flags: u32 }, { hostname: text }),
  domainFstrim: low(
    294,
    { dom: domain, mountPoint: optionalText, minimum: u64, flags: u32 },
    undefined,
  ),
  domainGetTime: low(337, { dom: domain, flags: u32 }, { seconds: i64, nanoseconds: u32 }),
  domainSetTime: low(338, { dom: domain, seconds: i64, nanoseconds: u32, flags: u32 }, undefined),
  domainGetFsinfo: low(
    349,
    { dom: domain, flags: u32 },
    { info: array(fileSystem, listMax.fileSystems), count: u32 },
  ),
  domainSetUserPassword: low(
    357,
    { dom: domain, user: optionalText, password: optionalText, flags: u32 },
    undefined,
  ),
  domainAuthorizedSshKeysGet: low(
    424,
    { dom: domain, user: text, flags: u32 },
    { keys: array(text, listMax.authorizedSshKeys) },
  ),
  domainAuthorizedSshKeysSet: low(
    425,
    { dom: domain, user: text, keys: array(text, listMax.authorizedSshKeys), flags: u32 },
    undefined,
  ),
};
