/** An event as a line: what kind, in words, and where to look. */
import { hrefOf, sentenceOf } from './operation-view.ts';
import type { ApiEvent } from './types.ts';

export interface EventView {
  readonly kind: string;
  readonly text: string;
  readonly href: string | undefined;
}

export function eventView(event: ApiEvent): EventView {
  switch (event.type) {
    case 'vm': {
      const { id, name = id, state, hostId } = event.vm;
      const where = hostId === undefined ? '' : ` on ${hostId}`;
      return {
        kind: 'VM',
        text: `${name} is ${state}${where}`,
        href: state === 'deleted' ? undefined : `/vms/${name}`,
      };
    }
    case 'host':
      if (event.host.isForgotten === true) {
        return { kind: 'host', text: `${event.host.id} is forgotten`, href: undefined };
      }
      return {
        kind: 'host',
        text: `${event.host.id} ${event.host.cordoned ? 'takes no new VMs: it is cordoned' : 'takes new VMs'}`,
        href: `/hosts/${event.host.id}`,
      };
    case 'pool': {
      const { name, isDeclared, alarms } = event.pool;
      const told = alarms.map(({ message }) => message).join('; ');
      return {
        kind: 'pool',
        text: isDeclared ? `${name}: ${told || 'no alarm'}` : `${name} is declared no longer`,
        href: isDeclared ? `/pools/${name}` : undefined,
      };
    }
    case 'rule': {
      const { name, isSaved } = event.rule;
      return { kind: 'rule', text: `${name} is ${isSaved ? 'saved' : 'deleted'}`, href: undefined };
    }
    case 'operation':
      return {
        kind: event.operation.type,
        text: sentenceOf(event.operation),
        href:
          event.operation.type === 'drain'
            ? hrefOf(event.operation)
            : `/operations/${event.operation.id}`,
      };
    case 'migration-progress':
      return {
        kind: 'migrate',
        text: `${event.percent} % copied`,
        href: `/operations/${event.operationId}`,
      };
    case 'storage-progress':
      return { kind: 'storage', text: event.phase, href: `/operations/${event.operationId}` };
  }
}
