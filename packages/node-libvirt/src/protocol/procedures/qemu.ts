/**
 * Rows of the qemu program: talking to a domain's monitor past libvirt.
 */
import { u32 } from '../../xdr/codec.ts';
import { low } from '../procedure.ts';
import { domain, text } from '../types.ts';

export const qemuProcedures = {
  qemuDomainMonitorCommand: low(
    1,
    { dom: domain, command: text, flags: u32 },
    { result: text },
    { program: 'qemu' },
  ),
};
