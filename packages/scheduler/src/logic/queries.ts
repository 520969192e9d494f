/** What the leader answers when it is asked. Asking changes nothing. */
import type {
  LeaderView,
  MigrationProgress,
  Query,
  QueryReply,
  RecordMirror,
  StorageProgress,
} from '@drover/protocol';
import {
  type Cluster,
  dumpCluster,
  explainPlacement,
  place,
  planRule,
  ruleConflicts,
  ruleState,
  type Vm,
} from '@drover/core';
import { withLoad } from './balance/loaded.ts';
import type { BalanceState } from './balance/state.ts';
import { balanceStatus } from './balance/status.ts';
import { eraIn } from './era.ts';
import { headroomAnswer } from './headroom.ts';
import type { HostWatch } from './host-watch.ts';
import { answerPlace } from './place-query.ts';
import { poolStatuses, type SeenPools } from './pool-status.ts';
import type { Now } from './port.ts';
import type { PlanQuery } from './planning.ts';
import { resizePlan } from './resize-decision.ts';
import { ruleOf } from './rules.ts';
import type { UsageQuery } from './usage-reading.ts';
import { hostViews, observedVms } from './views.ts';
import { isOpen } from './vm-shape.ts';

export interface Asked {
  readonly now: Now;
  readonly instanceId: string;
  readonly epoch: string;
  readonly settled: boolean;
  /** Why nothing is decided since etcd was restored. */
  readonly restoring: string | undefined;
  readonly cluster: Cluster;
  readonly mirror: RecordMirror;
  readonly hosts: HostWatch;
  /** Hosts that cannot give the cluster's CPU. */
  readonly lacksCpu: ReadonlySet<string>;
  readonly pools: () => SeenPools;
  readonly volatile: { readonly balance: BalanceState };
}

/** Plans are answered by plans.ts, and what was used by usage-reading.ts, once hosts have been asked. */
type Immediate = Exclude<Query, PlanQuery | UsageQuery>;

export function answerQuery(asked: Asked, query: Immediate): QueryReply {
  switch (query.type) {
    case 'leader':
      return { type: 'leader', leader: leaderView(asked) };
    case 'hosts':
      return { type: 'hosts', hosts: hostViews(asked, query.hostId) };
    case 'observed':
      return { type: 'observed', vms: observedVms(asked, query.vmIds) };
    case 'progress':
      return { type: 'progress', migrations: progressOf(asked), storage: jobsOf(asked) };
    case 'dump':
      return { type: 'dump', text: dumpCluster(withLoad(asked.cluster, asked)) };
    case 'place':
      return { type: 'place', answers: answerPlace(asked, query) };
    case 'explain':
      return explain(asked.cluster, query.vmId);
    case 'cpu-gaps':
      return { type: 'cpu-gaps', hosts: [...asked.lacksCpu].toSorted() };
    case 'balance':
      return { type: 'balance', balance: balanceStatus(asked, asked.mirror, asked.now) };
    case 'headroom':
      return headroomAnswer(asked.cluster, query);
    case 'pools':
      return { type: 'pools', pools: poolStatuses(asked.pools(), query.name) };
    case 'resize-plan': {
      const { vmId, type: _, atNextStart = false, ...size } = query;
      return resizePlan(asked, vmId, { size, atNextStart });
    }
    case 'rules':
      return ruleStates(asked.cluster, query.name);
    case 'rule-plan':
      return rulePlan(asked.cluster, query);
  }
}

function ruleStates(cluster: Cluster, only: string | undefined): QueryReply {
  const rules = (cluster.rules ?? []).filter(({ id }) => only === undefined || id === only);
  const states = rules.map((rule) => [rule.id, ruleState(cluster, rule)] as const);
  return { type: 'rules', rules: Object.fromEntries(states) };
}

/** As if it were a hard one: what a soft one would move is what it would like. */
function rulePlan(
  cluster: Cluster,
  { name, spec }: Extract<Query, { type: 'rule-plan' }>,
): QueryReply {
  const rule = ruleOf(name, spec);
  const plan = planRule(cluster, rule);
  const conflicts = ruleConflicts(cluster, rule, plan);
  return { type: 'rule-plan', plan, state: ruleState(cluster, rule), conflicts };
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

function leaderView(asked: Asked): LeaderView {
  const { instanceId, epoch, settled, restoring, cluster, hosts } = asked;
  const epochs = [epoch, ...hosts.all().map(({ maxEpoch }) => maxEpoch)];
  const highestEra = Math.max(...epochs.map(eraIn));
  const view = { leader: instanceId, epoch, revision: cluster.revision, settled, highestEra };
  return restoring === undefined ? view : { ...view, settled: false, problem: restoring };
}

function jobsOf({ mirror, hosts }: Asked): readonly StorageProgress[] {
  return [...mirror.operations.values()].flatMap(({ value }) =>
    isOpen(value) ? (hosts.storageProgress(value.id) ?? []) : [],
  );
}

function progressOf({ cluster, hosts }: Asked): readonly MigrationProgress[] {
  return cluster.migrations.flatMap(({ operationId }) => hosts.progress(operationId) ?? []);
}
