/** Devices of the host that the VM takes for itself: enough of them, and none on a VM that moves. */
import { devicesLeftOn } from '../../cluster/stock.ts';
import type { FilterInput, No } from './filter.ts';

export function heldByDevice({ request }: FilterInput): No | undefined {
  const [first] = request.shape.devices ?? [];
  return request.source === undefined || first === undefined
    ? undefined
    : { required: 'no device of its host', available: first };
}

export function deviceMissing({ cluster, request, host }: FilterInput): No | undefined {
  for (const kind of new Set(request.shape.devices ?? [])) {
    const required = countOf(kind, request.shape.devices);
    const available = Math.max(0, devicesLeftOn(cluster, host, kind));
    if (available < required) return { required, available, unit: kind };
  }
  return undefined;
}

function countOf(kind: string, devices: readonly string[] = []): number {
  return devices.filter((one) => one === kind).length;
}
