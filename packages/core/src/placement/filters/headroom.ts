/** Only where the caller asks for it: the loss of any one host that is borne now is still borne after. */
import { restartRoomOf } from '../../headroom/restart-room.ts';
import type { FilterInput, No } from './filter.ts';

export function headroomLost({ cluster, request, host }: FilterInput): No | undefined {
  if (request.keepsHeadroom !== true) return undefined;
  const atRisk = restartRoomOf(cluster).atRiskWith(host.id, request.shape);
  return atRisk === undefined ? undefined : { required: atRisk };
}
