/**
 * The cluster with its smoothed load, and with what balancing leaves alone marked so: the picture that it plans from. What
 * VMs would use if they did not wait counts as used; where that is measured, a host's pressure says nothing besides: only
 * that something waited, not what, nor how much.
 */
import type { Cluster, Host, HostUsage, Vm } from '@drover/core';
import type { RecordMirror } from '@drover/protocol';
import type { HostWatch } from '../host-watch.ts';
import { withUsage } from '../measured.ts';
import { paceOf } from '../migration-history.ts';
import type { Now } from '../port.ts';
import { isOpen } from '../vm-shape.ts';

export interface Seen {
  readonly now: Now;
  readonly mirror: RecordMirror;
  readonly hosts: HostWatch;
}

export function withLoad(cluster: Cluster, { now, mirror, hosts }: Seen): Cluster {
  const reported = new Map(
    hosts
      .all()
      .flatMap(({ hostId, inventory }) =>
        (inventory?.vms ?? []).map((vm) => [`${hostId} ${vm.vmId}`, vm] as const),
      ),
  );
  const ofVms = new Map<string, number>();
  let isWaitKnown = false;
  const vms = new Map<string, Vm>();
  for (const vm of cluster.vms.values()) {
    const usage = hosts.use.ofVm(now.monoMs, vm.id);
    const { hostId = '' } = vm;
    if (usage === undefined) {
      vms.set(vm.id, vm);
      continue;
    }
    const { cpuMilli, cpuWaitMilli } = usage;
    isWaitKnown ||= cpuWaitMilli !== undefined;
    ofVms.set(hostId, (ofVms.get(hostId) ?? 0) + cpuMilli + (cpuWaitMilli ?? 0));
    const seen = reported.get(`${hostId} ${vm.id}`);
    const used = { ...vm, usage };
    vms.set(vm.id, seen === undefined ? used : withUsage(used, seen));
  }
  const operations = [...mirror.operations.values()].map(({ value }) => value);
  const all = new Map<string, Host>();
  for (const host of cluster.hosts.values()) {
    const usage = hosts.use.ofHost(now.monoMs, host.id, ofVms.get(host.id) ?? 0);
    const pace = paceOf(operations, host.id, '');
    all.set(host.id, {
      ...host,
      ...(usage === undefined ? {} : { usage: isWaitKnown ? withoutPressure(usage) : usage }),
      // Whole numbers: a dump has no others.
      ...(pace.moves === 0 ? {} : { linkMibPerSecond: Math.max(1, Math.round(pace.mibPerSecond)) }),
    });
  }
  return { ...cluster, vms, hosts: all };
}

function withoutPressure(usage: HostUsage): HostUsage {
  return { ...usage, cpuPressurePermille: 0 };
}

/**
 * Hosts that are being emptied, filled or recovered are nobody's target, and their VMs are somebody else's affair; so are
 * VMs that anything else is being done with, that rest after a move that was given up, or that a person does not want
 * to be moved.
 */
export function leavingAlone(cluster: Cluster, { now, mirror }: Omit<Seen, 'hosts'>): Cluster {
  const busyHosts = new Set<string>();
  const alone = new Set<string>();
  for (const { value } of mirror.operations.values()) {
    if (!isOpen(value)) continue;
    if (value.vmId !== undefined) alone.add(value.vmId);
    if (hostWide.has(value.type) && value.hostId !== undefined) busyHosts.add(value.hostId);
  }
  for (const { value } of mirror.dismissals.values()) {
    if (value.untilMs > now.wallMs) alone.add(value.vmId);
  }
  for (const { value } of mirror.assignments.values()) {
    if ((value.rest?.untilMs ?? 0) > now.wallMs) alone.add(value.vmId);
  }
  const vms = new Map(cluster.vms);
  for (const vm of cluster.vms.values()) {
    if (!alone.has(vm.id) && !busyHosts.has(vm.hostId ?? '')) continue;
    vms.set(vm.id, { ...vm, automation: 'drain' });
  }
  const hosts = new Map(cluster.hosts);
  for (const hostId of busyHosts) {
    const host = hosts.get(hostId);
    if (host !== undefined) hosts.set(hostId, { ...host, intent: 'draining' });
  }
  return { ...cluster, vms, hosts };
}

const hostWide: ReadonlySet<string> = new Set(['drain', 'restore', 'recover']);
