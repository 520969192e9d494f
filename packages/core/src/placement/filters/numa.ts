/** One NUMA cell that is large enough for all of it. What lies in the cells by now only libvirt knows. */
import type { FilterInput, No } from './filter.ts';

export function numaCellTooSmall({ request, host }: FilterInput): No | undefined {
  if (request.shape.oneNumaCell !== true) return undefined;
  const { memoryMib, cpuMilli } = request.shape.request;
  const fits = host.numaCells.some(
    (cell) => cell.memoryMib >= memoryMib && cell.cpuCount * 1000 >= cpuMilli,
  );
  if (fits) return undefined;
  const available = Math.max(0, ...host.numaCells.map((cell) => cell.memoryMib));
  return { required: memoryMib, available, unit: 'MiB' };
}
