/** Devices of the host that the VM takes for itself: enough of them, and none on a VM that moves. */
import { holdsResources } from '../../cluster/load.ts';
import type { FilterInput, No } from './filter.ts';

export function heldByDevice({ request }: FilterInput): No | undefined {
  const [first] = request.shape.devices ?? [];
  return request.source === undefined || first === undefined
    ? undefined
    : { required: 'no device of its host', available: first };
}

export function deviceMissing({ cluster, request, host }: FilterInput): No | undefined {
  for (const kind of new Set(request.shape.devices ?? [])) {
    const count = (devices: readonly string[] = []) => devices.filter((one) => one === kind).length;
    const stock = host.devices?.find((one) => one.kind === kind)?.count ?? 0;
    let taken = 0;
    for (const vm of cluster.vms.values()) {
      if (vm.devices !== undefined && vm.hostId === host.id && holdsResources(vm)) {
        taken += count(vm.devices);
      }
    }
    const required = count(request.shape.devices);
    const available = Math.max(0, stock - taken);
    if (available < required) return { required, available, unit: kind };
  }
  return undefined;
}
