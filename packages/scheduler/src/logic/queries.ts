/** What the leader answers when it is asked. Asking changes nothing. */
import type {
  HostView,
  MigrationView,
  Query,
  QueryReply,
  RecordMirror,
  SnapshotView,
  VmView,
} from '@drover/protocol';
import {
  allocatable,
  type Cluster,
  explainPlacement,
  place,
  type PlacementAnswer,
  type PlacementRequest,
  planDrain,
  promisedOn,
  type Vm,
} from '@drover/core';
import { foreignVms } from './foreign.ts';
import type { HostWatch } from './host-watch.ts';
import type { Now } from './port.ts';
import { isOpen, macsOf, shapeOf } from './vm-shape.ts';

export interface Asked {
  readonly now: Now;
  readonly instanceId: string;
  readonly epoch: string;
  readonly settled: boolean;
  readonly cluster: Cluster;
  readonly mirror: RecordMirror;
  readonly hosts: HostWatch;
}

export function answerQuery(asked: Asked, query: Query): QueryReply {
  switch (query.type) {
    case 'snapshot':
      return { type: 'snapshot', snapshot: snapshotView(asked) };
    case 'place':
      return { type: 'place', answers: placeSeveral(asked.cluster, query) };
    case 'explain':
      return explain(asked.cluster, query.vmId);
    case 'plan-drain':
      return asked.cluster.hosts.has(query.hostId)
        ? { type: 'plan-drain', plan: planDrain(asked.cluster, query.hostId) }
        : {
            type: 'error',
            code: 'host-not-found',
            message: `no host ${query.hostId} has reported`,
          };
  }
}

/** Each with the ones before it counted, as if they were running. */
function placeSeveral(
  cluster: Cluster,
  query: Extract<Query, { type: 'place' }>,
): readonly PlacementAnswer[] {
  const shape = shapeOf(query.spec);
  const request: PlacementRequest =
    query.only === undefined ? { shape } : { shape, only: query.only };
  const answers: PlacementAnswer[] = [];
  let now = cluster;
  for (let index = 0; index < query.count; index += 1) {
    const answer = place(now, request);
    answers.push(answer);
    if (answer.type === 'refused') continue;
    const vmId = `asked-for-${index}`;
    const held = { operationId: vmId, vmId, hostId: answer.hostId, request: shape.request };
    now = { ...now, reservations: [...now.reservations, held] };
  }
  return answers;
}

function explain(cluster: Cluster, vmId: string): QueryReply {
  const vm = cluster.vms.get(vmId);
  if (!vm) return { type: 'error', code: 'vm-not-found', message: `no VM ${vmId}` };
  const request = vm.hostId === undefined ? { shape: vm } : { shape: vm, source: vm.hostId };
  const answer = place(cluster, request);
  return { type: 'explain', answer, sentences: [whereIs(vm), ...explainPlacement(answer)] };
}

function whereIs(vm: Vm): string {
  return vm.hostId === undefined
    ? `${vm.name} is ${vm.state}; if it were started now:`
    : `${vm.name} is ${vm.state} on ${vm.hostId}; if it moved now:`;
}

function snapshotView({
  now,
  instanceId,
  epoch,
  settled,
  cluster,
  mirror,
  hosts,
}: Asked): SnapshotView {
  const open = [...mirror.operations.values()].map(({ value }) => value).filter(isOpen);
  const vmCounts = new Map<string, number>();
  for (const { hostId } of cluster.vms.values()) {
    if (hostId !== undefined) vmCounts.set(hostId, (vmCounts.get(hostId) ?? 0) + 1);
  }
  return {
    leader: instanceId,
    epoch,
    revision: cluster.revision,
    settled,
    hosts: [...cluster.hosts.values()].map((host): HostView => {
      const heard = hosts.get(host.id);
      return {
        ...host,
        reportAgeMs: Math.max(0, Math.round(now.monoMs - (heard?.lastHeardMs ?? 0))),
        reasons: heard?.heartbeat?.reasons ?? [],
        acceleratorReason: heard?.inventory?.acceleratorReason ?? '',
        allocatable: allocatable(host),
        promised: promisedOn(cluster, host.id),
        vmCount: vmCounts.get(host.id) ?? 0,
        foreignVmCount:
          heard?.inventory === undefined
            ? 0
            : foreignVms(mirror, host.id, heard.inventory, open).length,
      };
    }),
    vms: [...cluster.vms.values()].map((vm) => vmView(vm, mirror, hosts)),
    migrations: cluster.migrations.map((one): MigrationView => {
      const operation = mirror.operations.get(one.operationId)?.value;
      const progress = hosts.progress(one.operationId);
      return {
        operationId: one.operationId,
        vmId: one.vmId,
        vmName: operation?.vmName ?? '',
        source: one.source,
        target: one.target,
        step: operation?.step ?? '',
        ...(progress === undefined ? {} : { progress }),
      };
    }),
  };
}

function vmView(vm: Vm, mirror: RecordMirror, hosts: HostWatch): VmView {
  const assignment = mirror.assignments.get(vm.id)?.value;
  const intent = mirror.vmIntents.get(vm.id)?.value;
  const inventory = vm.hostId === undefined ? undefined : hosts.get(vm.hostId)?.inventory;
  const observed = inventory?.vms.find((one) => one.vmId === vm.id)?.state;
  return {
    id: vm.id,
    name: vm.name,
    state: vm.state,
    ...(vm.hostId === undefined ? {} : { hostId: vm.hostId }),
    generation: vm.generation,
    ...(assignment?.operationId === undefined ? {} : { operationId: assignment.operationId }),
    ...(observed === undefined ? {} : { observed }),
    macs: intent ? macsOf(intent) : [],
  };
}
