/** Room for what the VM asks for, next to all that is promised on the host or on its way there. */
import { freeOn } from '../../cluster/load.ts';
import type { FilterInput, No } from './filter.ts';

export function notEnoughMemory({ cluster, request, host }: FilterInput): No | undefined {
  const required = request.shape.request.memoryMib;
  const available = freeOn(cluster, host).memoryMib;
  return available >= required ? undefined : { required, available, unit: 'MiB' };
}

export function notEnoughCpu({ cluster, request, host }: FilterInput): No | undefined {
  const required = request.shape.request.cpuMilli;
  const available = freeOn(cluster, host).cpuMilli;
  return available >= required ? undefined : { required, available, unit: 'mCPU' };
}
