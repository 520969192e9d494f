/** Huge pages of the VM's size that are not promised to others. */
import { hugePagesPromisedOn } from '../../cluster/load.ts';
import type { FilterInput, No } from './filter.ts';

export function notEnoughHugePages({ cluster, request, host }: FilterInput): No | undefined {
  const { hugePageKib } = request.shape;
  if (hugePageKib === undefined) return undefined;
  const required = request.shape.request.memoryMib;
  const total = host.hugePages?.find((pages) => pages.sizeKib === hugePageKib)?.totalMib ?? 0;
  const available = Math.max(0, total - hugePagesPromisedOn(cluster, host.id, hugePageKib));
  return available >= required ? undefined : { required, available, unit: 'MiB' };
}
