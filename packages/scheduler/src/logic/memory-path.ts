/** How a migration's memory is to travel: as the cluster's setting says, and as far as both hosts can. */
import type { OperationRecord } from '@drover/protocol';
import type { Turn } from './turn.ts';

type Chosen = Pick<OperationRecord, 'memoryPath' | 'memoryPathReason'>;

export function memoryPathOf(turn: Turn, source: string, target: string): Chosen {
  const { encryption } = turn.settings;
  if (encryption === 'off') return { memoryPath: 'clear', memoryPathReason: 'encryption is off' };
  const why = [source, target].flatMap((hostId) => {
    const tls = turn.hosts.get(hostId)?.inventory?.migrationTls;
    if (tls?.able) return [];
    return [`${hostId}: ${tls?.reason ?? 'its agent says nothing of TLS'}`];
  });
  if (why.length === 0) return { memoryPath: 'tls' };
  const memoryPathReason = why.join('; ').slice(0, 1000);
  return { memoryPath: encryption === 'required' ? 'tunnel' : 'clear', memoryPathReason };
}
