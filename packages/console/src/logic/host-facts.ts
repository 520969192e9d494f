/** What a host is made of, as names and values. */
import { coresText, mibText } from './amounts.ts';
import type { Host } from './types.ts';

interface Fact {
  readonly name: string;
  readonly value: string;
}

export function hostFacts(host: Host): readonly Fact[] {
  const labels = Object.entries(host.labels).map(([key, value]) => `${key}=${value}`);
  const { migrationTls, numaCells } = host;
  return [
    {
      name: 'CPU',
      value: [host.cpuModel, host.arch].filter((part) => part !== '').join(', ') || 'not told yet',
    },
    {
      name: 'Room',
      value: `${coresText(host.capacity.cpuMilli)}, ${mibText(host.capacity.memoryMib)}; ${mibText(host.reserved.memoryMib)} kept for the host itself`,
    },
    {
      name: 'Acceleration',
      value: `${host.accelerator || 'not told yet'}${host.acceleratorReason === '' ? '' : `: ${host.acceleratorReason}`}`,
    },
    {
      name: 'Versions',
      value: `QEMU ${host.qemuVersion || '?'}, libvirt ${host.libvirtVersion || '?'}`,
    },
    ...(migrationTls === undefined
      ? []
      : [
          {
            name: 'Moves encrypted',
            value: `${migrationTls.able ? 'yes' : 'no'}: ${migrationTls.reason}`,
          },
        ]),
    { name: 'Bridges', value: host.bridges.join(', ') || 'none' },
    ...(numaCells.length > 1 ? [{ name: 'NUMA', value: `${numaCells.length} cells` }] : []),
    { name: 'Labels', value: labels.join(', ') || 'none' },
  ];
}
