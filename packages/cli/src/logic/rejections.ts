/** A host's refusal as a sentence with its numbers. Reasons that a newer API may add are shown as they are. */
import type { api } from '@drover/protocol';
import { oneLine } from './harmless.ts';
import { formatCpu, formatMib } from './sizes.ts';

export type Rejection = api.PlacementBody['rejections'][number];

export function describeRejection(no: Rejection): string {
  return `${no.hostId}: ${why(no)}`;
}

/** Without the host's name, for a table that has it in another column. */
export function why(no: Rejection): string {
  const required = amount(no.required, no.unit);
  const available = amount(no.available, no.unit);
  switch (no.reason) {
    case 'not-enough-memory':
      return `needs ${required} of memory, has ${available} free`;
    case 'not-enough-cpu':
      return `needs ${required} of CPU, has ${available} free`;
    case 'host-cordoned':
      return 'it is cordoned';
    case 'host-draining':
      return 'it is being drained';
    case 'host-not-up':
      return `it is ${available || 'not up'}`;
    case 'host-excluded':
      return available === ''
        ? 'the VM is there already, or the host was tried before'
        : `it tried: ${available}`;
    case 'not-asked-for':
      return `only ${required} was asked for`;
    case 'wrong-architecture':
      return `it is ${available}, the VM is ${required}`;
    case 'accelerator-differs':
      return `it has ${available}, the VM runs under ${required}`;
    case 'machine-type-missing':
      return `its QEMU lacks machine type ${required}`;
    case 'qemu-older':
      return `its QEMU is older (${available}) than the VM’s (${required})`;
    case 'bridge-missing':
      return `it lacks bridge ${required}${available === '' ? '' : ` (has ${available})`}`;
    case 'pool-not-reachable':
      return `pool ${required} is ${available || 'not reachable'}`;
    case 'cpu-differs':
      return `its CPU is ${available}, the VM was given all of a ${required}`;
    case 'cpu-feature-missing':
      return `its CPU (${available}) lacks ${required}`;
    case 'not-enough-huge-pages':
      return `needs ${required} of huge pages, has ${available} left`;
    case 'numa-cell-too-small':
      return `needs ${required} and its CPUs in one NUMA cell, the largest has ${available}`;
    case 'pool-local':
      return required === 'a shared pool'
        ? `pool ${available} belongs to one host: its disks would stay behind`
        : `its disks are in pool ${available} of ${required}`;
    case 'pool-promised':
      return `its disks may grow to ${required}, ${available} of the pool may still be promised`;
    case 'pool-full':
      return `its disks need ${required} in the pool, ${available} are free`;
    case 'held-by-device':
      return `the VM holds a device of its host (${available})`;
    case 'device-missing':
      return `needs ${required}, has ${available} left`;
    case 'rule-broken':
      return `rule ${required} (${available}) would be broken`;
    case 'headroom-lost':
      return `it has room, but then not all VMs of ${required} would find a place if that host were lost`;
    case 'preflight-failed':
      return available || 'it cannot take the VM as it runs';
    case 'cpu-baseline-missing':
      return `its CPU (${available}) cannot give ${required}`;
    case 'no-migration-slot':
      return 'all its slots for incoming migrations are taken';
    default:
      return inNumbers(no.reason, required, available);
  }
}

function inNumbers(reason: string, required: string, available: string): string {
  const numbers = [
    ...(required === '' ? [] : [`needs ${required}`]),
    ...(available === '' ? [] : [`has ${available}`]),
  ];
  return oneLine(reason) + (numbers.length === 0 ? '' : ` (${numbers.join(', ')})`);
}

function amount(value: number | string | undefined, unit: string | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return oneLine(value);
  if (unit === 'MiB') return formatMib(value);
  if (unit === 'mCPU') return `${formatCpu(value)} cores`;
  return unit === undefined ? `${value}` : `${value} ${oneLine(unit)}`;
}
