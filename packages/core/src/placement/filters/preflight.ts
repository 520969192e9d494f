/** What the host's own agent has found when it looked at the VM that would come. */
import { sayReason } from '../../explain/preflight.ts';
import type { FilterInput, No } from './filter.ts';

export function preflightFailed({ request, host }: FilterInput): No | undefined {
  const barred = request.shape.barred?.find((one) => one.hostId === host.id);
  if (request.source === undefined || barred === undefined) return undefined;
  const { reasons } = barred;
  const said = reasons.map(sayReason);
  return { available: said.join('; '), reasons };
}
