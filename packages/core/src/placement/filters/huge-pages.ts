/** Huge pages of the VM's size that are not promised to others. */
import { hugePagesLeftOn } from '../../cluster/stock.ts';
import type { FilterInput, No } from './filter.ts';

export function notEnoughHugePages({ cluster, request, host }: FilterInput): No | undefined {
  const { hugePageKib } = request.shape;
  if (hugePageKib === undefined) return undefined;
  const required = request.shape.request.memoryMib;
  const available = Math.max(0, hugePagesLeftOn(cluster, host, hugePageKib));
  return available >= required ? undefined : { required, available, unit: 'MiB' };
}
