/** From etcd's changes to the events of the stream. Each is built from its own change, not from what came after. */
import {
  type api,
  AssignmentRecord,
  HostIntentRecord,
  OperationRecord,
  parseJson,
  parseKey,
  PoolStateRecord,
  type RecordMirror,
  VmIntentRecord,
} from '@drover/protocol';
import { findOperation, operationBody } from './operations.ts';

export interface Change {
  readonly key: string;
  /** Absent: deleted. */
  readonly value?: string;
  readonly modRevision: number;
}

/** All events of one revision: they are told together or not at all. */
export interface EventGroup {
  readonly revision: number;
  readonly events: readonly api.ApiEvent[];
}

/** `records` know the changes already. */
export function eventsOf(records: RecordMirror, changes: readonly Change[]): readonly EventGroup[] {
  const groups = new Map<number, Map<string, api.ApiEvent>>();
  for (const change of changes) {
    const told = eventOf(records, change);
    if (told === undefined) continue;
    const group = groups.get(change.modRevision) ?? new Map<string, api.ApiEvent>();
    // One transaction may touch two records of one VM; the deletion is what counts then.
    const known = group.get(told.about);
    if (!(known?.type === 'vm' && known.vm.state === 'deleted')) group.set(told.about, told.event);
    groups.set(change.modRevision, group);
  }
  return [...groups].map(([revision, events]) => ({ revision, events: [...events.values()] }));
}

interface Told {
  readonly about: string;
  readonly event: api.ApiEvent;
}

function eventOf(records: RecordMirror, { key, value }: Change): Told | undefined {
  const parsed = parseKey(key);
  switch (parsed.type) {
    case 'vm-intent':
      return vmEvent(records, parsed.id, value);
    case 'assignment':
      return assignmentEvent(records, parsed.id, value);
    case 'host':
    case 'host-intent':
      return hostEvent(records, parsed, value);
    case 'operation':
    case 'request':
      return operationEvent(records, parsed, value);
    case 'pool':
      return poolEvent(records, parsed.id, value !== undefined);
    case 'pool-state':
      return poolStateEvent(records, parsed.id, value);
    case 'rule':
      return ruleEvent(parsed.id, value !== undefined);
    case 'image-intent':
    case 'image-name':
    case 'image':
    case 'volume-intent':
    case 'volume-name':
    case 'volume':
    case 'settings':
    case 'dismissal':
    case 'repeat':
    case 'token':
    case 'ticket':
    case 'join-token':
    case 'host-key':
    case 'vm-name':
    case 'era':
    case 'restored':
    case 'cpu-baseline':
    case 'last-commit':
    case 'unknown':
      return undefined;
  }
}

function vmEvent(records: RecordMirror, id: string, value: string | undefined): Told | undefined {
  const about = `vm/${id}`;
  if (value === undefined) return { about, event: { type: 'vm', vm: { id, state: 'deleted' } } };
  const intent = parseJson(VmIntentRecord, value);
  if (!intent.ok) return undefined;
  const assignment = records.assignments.get(id)?.value;
  const vm = { id, name: intent.value.name, ...whereabouts(assignment) };
  return { about, event: { type: 'vm', vm } };
}

function assignmentEvent(
  records: RecordMirror,
  id: string,
  value: string | undefined,
): Told | undefined {
  const parsed = value === undefined ? undefined : parseJson(AssignmentRecord, value);
  if (!parsed?.ok) return undefined;
  const name = records.vmIntents.get(id)?.value.name;
  const vm = { id, ...(name === undefined ? {} : { name }), ...whereabouts(parsed.value) };
  return { about: `vm/${id}`, event: { type: 'vm', vm } };
}

function whereabouts(assignment: AssignmentRecord | undefined) {
  const { state = 'pending', hostId } = assignment ?? {};
  return { state, ...(hostId === undefined ? {} : { hostId }) };
}

function hostEvent(
  records: RecordMirror,
  { type, id }: { readonly type: 'host' | 'host-intent'; readonly id: string },
  value: string | undefined,
): Told | undefined {
  const about = `host/${id}`;
  if (type === 'host' && value === undefined) {
    return { about, event: { type: 'host', host: { id, cordoned: false, isForgotten: true } } };
  }
  // What was said of one that is forgotten goes in silence.
  if (value === undefined && !records.hosts.has(id)) return undefined;
  const intent =
    type === 'host-intent' && value !== undefined ? parseJson(HostIntentRecord, value) : undefined;
  const known = records.hostIntents.get(id)?.value.cordoned ?? false;
  const cordoned = intent?.ok ? intent.value.cordoned : known;
  return { about, event: { type: 'host', host: { id, cordoned } } };
}

function poolEvent(records: RecordMirror, name: string, isDeclared: boolean): Told {
  const state = records.poolStates.get(name)?.value;
  const isOfThis = state?.uuid === records.pools.get(name)?.value.uuid;
  const alarms = isDeclared && isOfThis ? (state?.alarms ?? []) : [];
  return { about: `pool/${name}`, event: { type: 'pool', pool: { name, isDeclared, alarms } } };
}

function ruleEvent(name: string, isSaved: boolean): Told {
  return { about: `rule/${name}`, event: { type: 'rule', rule: { name, isSaved } } };
}

/** What is kept of one that is declared no longer is no news. */
function poolStateEvent(
  records: RecordMirror,
  name: string,
  value: string | undefined,
): Told | undefined {
  const parsed = value === undefined ? undefined : parseJson(PoolStateRecord, value);
  if (!parsed?.ok || records.pools.get(name)?.value.uuid !== parsed.value.uuid) return undefined;
  const { alarms = [] } = parsed.value;
  const event = { type: 'pool', pool: { name, isDeclared: true, alarms } } as const;
  return { about: `pool/${name}`, event };
}

/** A request that is news (made, or cancelled) shows as its operation; what is pruned is no news. */
function operationEvent(
  records: RecordMirror,
  { type, id }: { readonly type: 'operation' | 'request'; readonly id: string },
  value: string | undefined,
): Told | undefined {
  if (value === undefined) return undefined;
  const own = type === 'operation' ? parseJson(OperationRecord, value) : undefined;
  const operation = own?.ok ? own.value : findOperation(records, id);
  if (operation === undefined) return undefined;
  const event = { type: 'operation', operation: operationBody(records, operation) } as const;
  return { about: `operation/${id}`, event };
}
