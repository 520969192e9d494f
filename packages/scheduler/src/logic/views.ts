/** What only the leader can say of hosts and VMs: what it heard from them, and what is promised on them. */
import type { HostView, ObservedVms, RecordMirror } from '@drover/protocol';
import { allocatable, type Cluster, type Host, promisedOn } from '@drover/core';
import { staleCopies } from './fence.ts';
import { foreignVms, type UnderWay, underWayOf } from './foreign.ts';
import type { HostWatch } from './host-watch.ts';
import type { Now } from './port.ts';
import { isOpen } from './vm-shape.ts';

export interface Seen {
  readonly now: Now;
  readonly cluster: Cluster;
  readonly mirror: RecordMirror;
  readonly hosts: HostWatch;
}

export function hostViews(seen: Seen, only?: string): readonly HostView[] {
  const { cluster, mirror } = seen;
  const open = [...mirror.operations.values()].map(({ value }) => value).filter(isOpen);
  const underWay = underWayOf(open);
  const vmCounts = new Map<string, number>();
  for (const { hostId } of cluster.vms.values()) {
    if (hostId !== undefined) vmCounts.set(hostId, (vmCounts.get(hostId) ?? 0) + 1);
  }
  const asked = only === undefined ? [...cluster.hosts.values()] : [cluster.hosts.get(only)];
  return asked.flatMap((host) =>
    host === undefined ? [] : [hostView(seen, host, vmCounts.get(host.id) ?? 0, underWay)],
  );
}

function hostView(seen: Seen, host: Host, vmCount: number, underWay: UnderWay): HostView {
  const { now, cluster, mirror, hosts } = seen;
  const heard = hosts.get(host.id);
  const inventory = heard?.inventory;
  const foreign = inventory === undefined ? [] : foreignVms(mirror, host.id, inventory, underWay);
  return {
    ...host,
    reportAgeMs: Math.max(0, Math.round(now.monoMs - (heard?.lastHeardMs ?? 0))),
    reasons: [
      ...(heard?.heartbeat?.reasons ?? []),
      ...fenceReason(seen, host),
      ...poolReasons(host),
    ],
    acceleratorReason: inventory?.acceleratorReason ?? '',
    migrationTls: inventory?.migrationTls,
    tunnelRefusals: inventory?.tunnelRefusals,
    allocatable: allocatable(host),
    promised: promisedOn(cluster, host.id),
    vmCount,
    foreignVmCount: foreign.length,
  };
}

function fenceReason({ mirror, hosts }: Seen, { id, health }: Host): readonly string[] {
  const fenced = mirror.hosts.get(id)?.value.fenced;
  if (fenced === undefined) return [];
  if (health === 'down') return [`off, says ${fenced.by}`];
  const copies = staleCopies(mirror, hosts, id);
  const running = copies.filter(({ isRunning }) => isRunning);
  return [
    `it was said to be off, and is back: it still has VMs that were started elsewhere`,
    ...running.map(({ vmId, owner }) => {
      const name = mirror.vmIntents.get(vmId)?.value.name ?? vmId;
      return `${name} runs here and on ${owner}: look which one is right, and “virsh destroy” the other`;
    }),
  ];
}

/** Its VMs there stand still, or soon will; it gets no more of them. */
function poolReasons({ pools }: Host): readonly string[] {
  return pools
    .filter(({ state }) => state === 'error')
    .map(({ name, reason }) => `pool ${name}: ${reason ?? 'it cannot be used'}`);
}

/** As its owner reported it; what other hosts say of a VM is no news about it here. */
export function observedVms({ cluster, hosts }: Seen, only?: readonly string[]): ObservedVms {
  if (only !== undefined) {
    return Object.fromEntries(
      only.flatMap((asked) => {
        const { inventory } = hosts.get(cluster.vms.get(asked)?.hostId ?? '') ?? {};
        const reported = inventory?.vms.find(({ vmId }) => vmId === asked);
        return reported === undefined ? [] : [[asked, reported.state] as const];
      }),
    );
  }
  return Object.fromEntries(
    hosts
      .all()
      .flatMap(({ hostId, inventory }) =>
        (inventory?.vms ?? [])
          .filter(({ vmId }) => cluster.vms.get(vmId)?.hostId === hostId)
          .map(({ vmId, state }) => [vmId, state] as const),
      ),
  );
}
