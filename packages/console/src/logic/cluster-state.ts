/**
 * What the console knows of the cluster: lists as they were read, and what the event stream has told since.
 * Decides what an event changes and what has to be read again; reads nothing itself.
 */
import type { ApiEvent, Cluster, Host, Migration, Operation, Pool, Vm } from './types.ts';

export interface ClusterState {
  readonly hosts: ReadonlyMap<string, Host>;
  readonly vms: ReadonlyMap<string, Vm>;
  readonly operations: ReadonlyMap<string, Operation>;
  /** By operation: where migrations in flight are. */
  readonly progress: ReadonlyMap<string, NonNullable<Migration['progress']>>;
  readonly pools: ReadonlyMap<string, Pool>;
  readonly cluster: Cluster | undefined;
  /** Another one: a rule was saved or deleted. */
  readonly rulesRevision: number;
}

export const emptyState: ClusterState = {
  hosts: new Map(),
  vms: new Map(),
  operations: new Map(),
  progress: new Map(),
  pools: new Map(),
  cluster: undefined,
  rulesRevision: 0,
};

/** What an event leaves to be read. */
export interface Wanted {
  /** VMs by id: an event has only their state. */
  readonly vms: ReadonlySet<string>;
  readonly hosts: boolean;
  readonly pools: boolean;
}

const mostOperations = 500;

export function byKey<Item>(items: readonly Item[], key: (item: Item) => string) {
  return new Map(items.map((item) => [key(item), item]));
}

/** The state after these events, in their order; one that came before changes nothing by coming twice. */
export function applyEvents(
  state: ClusterState,
  events: readonly ApiEvent[],
): { readonly state: ClusterState; readonly wanted: Wanted } {
  const draft = {
    vms: new Map(state.vms),
    hosts: new Map(state.hosts),
    operations: new Map(state.operations),
    progress: new Map(state.progress),
    rulesRevision: state.rulesRevision,
  };
  const wanted = { vms: new Set<string>(), hosts: false, pools: false };
  for (const event of events) {
    switch (event.type) {
      case 'vm':
        changeVm(draft.vms, event.vm, wanted.vms);
        wanted.hosts = true;
        break;
      case 'host':
        if (event.host.isForgotten === true) draft.hosts.delete(event.host.id);
        wanted.hosts = true;
        break;
      case 'pool':
        wanted.pools = true;
        break;
      case 'rule':
        draft.rulesRevision += 1;
        break;
      case 'operation':
        changeOperation(draft, event.operation);
        if (event.operation.type === 'drain') wanted.hosts = true;
        break;
      case 'migration-progress':
        changePercent(draft.progress, event.operationId, event.percent);
        break;
      case 'storage-progress':
        changeStorage(draft.operations, event);
        break;
    }
  }
  return { state: { ...state, ...draft }, wanted };
}

function changeVm(
  vms: Map<string, Vm>,
  told: Extract<ApiEvent, { type: 'vm' }>['vm'],
  wanted: Set<string>,
): void {
  if (told.state === 'deleted') {
    vms.delete(told.id);
    wanted.delete(told.id);
    return;
  }
  wanted.add(told.id);
  const known = vms.get(told.id);
  if (known === undefined) return;
  const { hostId: _before, ...rest } = known;
  const hostId = told.hostId === undefined ? {} : { hostId: told.hostId };
  vms.set(told.id, { ...rest, ...hostId, state: told.state });
}

function changeOperation(
  draft: { operations: Map<string, Operation>; progress: Map<string, unknown> },
  operation: Operation,
): void {
  // Newest first, as the API lists them: a new one goes to the front.
  if (draft.operations.has(operation.id)) draft.operations.set(operation.id, operation);
  else {
    const rest = [...draft.operations].slice(0, mostOperations - 1);
    draft.operations.clear();
    draft.operations.set(operation.id, operation);
    for (const [id, one] of rest) draft.operations.set(id, one);
  }
  if (operation.done) draft.progress.delete(operation.id);
}

function changePercent(
  progress: Map<string, NonNullable<Migration['progress']>>,
  operationId: string,
  percent: number,
): void {
  const known = progress.get(operationId) ?? {
    elapsedMs: 0,
    totalBytes: 0,
    remainingBytes: 0,
    transferredBytes: 0,
    iteration: 0,
  };
  progress.set(operationId, { ...known, percent });
}

function changeStorage(
  operations: Map<string, Operation>,
  told: Extract<ApiEvent, { type: 'storage-progress' }>,
): void {
  const known = operations.get(told.operationId);
  if (known === undefined || known.done) return;
  const { phase, doneBytes, totalBytes } = told;
  const storage = {
    ...known.storage,
    elapsedMs: known.storage?.elapsedMs ?? 0,
    phase,
    doneBytes,
    ...(totalBytes === undefined ? {} : { totalBytes }),
  };
  operations.set(told.operationId, { ...known, storage });
}
