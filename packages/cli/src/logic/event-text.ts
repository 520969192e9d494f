/** One event of the cluster as one line. */
import type { api } from '@drover/protocol';
import { oneLine } from './harmless.ts';
import { progressLine, subjectOf, whyOf } from './operation-view.ts';
import { storageText } from './storage-progress.ts';

export function eventText(event: api.ApiEvent): string {
  return oneLine(sentence(event));
}

function sentence(event: api.ApiEvent): string {
  switch (event.type) {
    case 'vm': {
      const { id, name, state, hostId } = event.vm;
      return `vm         ${name ?? id} is ${state}${hostId === undefined ? '' : ` on ${hostId}`}`;
    }
    case 'host':
      if (event.host.isForgotten === true) return `host       ${event.host.id} is forgotten`;
      return `host       ${event.host.id} is ${event.host.cordoned ? '' : 'not '}cordoned`;
    case 'pool': {
      const { name, isDeclared, alarms } = event.pool;
      const told = alarms.map(({ message }) => message).join('; ');
      return `pool       ${name} ${isDeclared ? told || 'has no alarm' : 'is declared no longer'}`;
    }
    case 'rule':
      return `rule       ${event.rule.name} is ${event.rule.isSaved ? 'saved' : 'deleted'}`;
    case 'operation': {
      const { operation } = event;
      if (!operation.done) return `operation  ${progressLine(operation)}`;
      const why = operation.state === 'succeeded' ? '' : whyOf(operation);
      return `operation  ${operation.type} ${subjectOf(operation)} ${operation.state}${why === '' ? '' : `: ${why}`}`;
    }
    case 'migration-progress':
      return `migration  ${event.vmId} ${event.percent} %`;
    case 'storage-progress':
      return `storage    ${event.operationId} ${storageText(event)}`;
  }
}
