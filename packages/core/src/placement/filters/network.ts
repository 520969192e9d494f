/** The bridges that the VM's cards hang on. */
import { listed } from '../../names.ts';
import type { FilterInput, No } from './filter.ts';

export function bridgeMissing({ request, host }: FilterInput): No | undefined {
  const missing = request.shape.bridges.find((bridge) => !host.bridges.includes(bridge));
  return missing === undefined
    ? undefined
    : { required: missing, available: listed(host.bridges, ' ') || 'none' };
}
