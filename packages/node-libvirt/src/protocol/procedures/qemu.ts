/**
 * Rows of the qemu program: talking past libvirt to a domain's monitor and to the agent inside it.
 */
import { i32, optional, u32 } from '../../xdr/codec.ts';
import { high, low } from '../procedure.ts';
import { domain, optionalText, text } from '../types.ts';

const qemu = { program: 'qemu' } as const;

export const qemuProcedures = {
  qemuDomainMonitorCommand: low(
    1,
    { dom: domain, command: text, flags: u32 },
    { result: text },
    qemu,
  ),
  /** Seconds; below zero the names of `agentTimeout`. */
  qemuDomainAgentCommand: low(
    3,
    { dom: domain, command: text, timeout: i32, flags: u32 },
    { result: optionalText },
    qemu,
  ),
  qemuConnectDomainMonitorEventRegister: high(
    4,
    { dom: optional(domain), event: optionalText, flags: u32 },
    { callbackId: i32 },
    qemu,
  ),
  qemuConnectDomainMonitorEventDeregister: high(5, { callbackId: i32 }, undefined, qemu),
};
