/** The CPU that new VMs start with: what is known of it, and the request to find it anew. */
import { type api, keys, type RecordMirror, type RequestRecord } from '@drover/protocol';
import { refuseWhenFull } from './decide-vm.ts';
import { type Ask, putRecord, type Write } from './write.ts';

export function clusterCpuBody(
  records: RecordMirror,
  lacking: readonly string[],
): api.ClusterCpuBody {
  const known = records.cpuBaselines.get('cpu')?.value;
  if (known === undefined) return { cpus: [], lacking: [...lacking] };
  const { cpus, by, atMs, operationId } = known;
  return { cpus, by, atMs, operationId, lacking: [...lacking] };
}

export function recomputeCpu(records: RecordMirror, { id, by, atMs }: Ask): Write {
  refuseWhenFull(records);
  const request: RequestRecord = { v: 1, id, type: 'cpu-baseline', by, createdAtMs: atMs };
  return { puts: [putRecord(keys.request(id), request, undefined)], compares: [] };
}
