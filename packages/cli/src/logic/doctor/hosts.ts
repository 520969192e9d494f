/** Hosts as the doctor sees them: heard, taking VMs, with KVM, encrypting memory, of one version; and the VMs on them. */
import type { api } from '@drover/protocol';
import { formatDuration } from '../durations.ts';
import { type Check, fail, namesOf, ok, orElse, warn } from './check.ts';

type Host = api.HostBody;

/** Of the time: VMs wait that long for what they were promised. */
const pressurePermille = 100;

export function hostChecks(hosts: readonly Host[]): readonly Check[] {
  if (hosts.length === 0) {
    return [
      fail('hosts', 'none has ever reported', 'start drover-agent on one, with the cluster’s NATS'),
    ];
  }
  return hosts.flatMap((host) =>
    orElse(
      [...heard(host), ...equipment(host), ...load(host)].map((found) => ({
        ...found,
        check: `host ${host.id}`,
      })),
      ok(`host ${host.id}`, summary(host)),
    ),
  );
}

function summary(host: Host): string {
  const { state, reportAgeMs, qemuVersion, libvirtVersion, accelerator, foreignVmCount } = host;
  const foreign = foreignVmCount === 0 ? '' : `, and ${foreignVmCount} that are not Drover’s`;
  return (
    `${state}, heard ${formatDuration(reportAgeMs)} ago, libvirt ${libvirtVersion}, QEMU ${qemuVersion}, ` +
    `${accelerator}, ${host.vmCount} VMs${foreign}`
  );
}

/** Of one that the leader has not heard since it leads, nothing else is known. */
function isKnown({ accelerator }: Host): boolean {
  return accelerator !== '';
}

function heard(host: Host): readonly Check[] {
  const ago = isKnown(host) ? `, heard ${formatDuration(host.reportAgeMs)} ago` : '';
  const why = host.reasons.length === 0 ? '' : `: ${host.reasons.join('; ')}`;
  switch (host.state) {
    case 'down': {
      const next = `see that it is on and drover-agent runs; if it is off: drover host recover ${host.id}`;
      return [fail('', `down${ago}${why}`, next)];
    }
    case 'suspect':
      return [fail('', `suspect${ago}${why}`, 'see drover-agent there, and its way to NATS')];
    case 'cordoned':
      return [warn('', `cordoned: takes no new VMs${why}`, `drover host uncordon ${host.id}`)];
    case 'drained':
      return [warn('', `drained: takes no new VMs${why}`, `drover host restore ${host.id}`)];
    case 'draining':
      return [];
    case 'ready':
      return host.schedulable ? [] : [warn('', `ready, but takes no new VMs${why}`)];
  }
}

function equipment(host: Host): readonly Check[] {
  const { accelerator, acceleratorReason, migrationTls: tls, tunnelRefusals = [] } = host;
  return [
    ...(accelerator === 'kvm' || !isKnown(host)
      ? []
      : [warn('', `VMs run under ${accelerator}, which is slow: ${acceleratorReason}`)]),
    ...(tls === undefined || tls.able
      ? []
      : [warn('', `QEMU cannot encrypt memory on its way: ${tls.reason}`, 'docs/security.md')]),
    ...tunnelRefusals.map(({ opId, reason, message }) =>
      warn('', `refused ${reason} in a tunnel: ${message}`, `drover migration show ${opId}`),
    ),
  ];
}

function load({ id, usage, vmCount }: Host): readonly Check[] {
  if (usage === undefined) return [];
  const kinds = [
    ['CPU', usage.cpuPressurePermille],
    ['memory', usage.memoryPressurePermille],
  ] as const;
  return kinds
    .filter(([, permille]) => permille >= pressurePermille)
    .map(([kind, permille]) => {
      const percent = Math.floor(permille / 10);
      return warn(
        '',
        `what runs there waits for ${kind} ${percent} % of the time`,
        vmCount === 0 ? 'see what else runs there' : `drover plan, or drover host drain ${id}`,
      );
    });
}

/** A VM moves to the same QEMU or a newer one, and not back. */
export function versionCheck(hosts: readonly Host[]): readonly Check[] {
  const up = hosts.filter(({ state }) => state !== 'down');
  if (up.length === 0) return [];
  const kinds = [
    ['libvirt', (host: Host) => host.libvirtVersion],
    ['QEMU', (host: Host) => host.qemuVersion],
  ] as const;
  const mixed = kinds.flatMap(([kind, versionOf]) => {
    const versions = [...new Set(up.map(versionOf))].toSorted();
    if (versions.length === 1) return [];
    const parts = versions.map((version) => {
      const having = up.filter((host) => versionOf(host) === version).map(({ id }) => id);
      return `${version} on ${namesOf(having)}`;
    });
    const next = 'bring all hosts to the newest: VMs do not move back to an older one';
    return [warn('versions', `${kind} ${parts.join('; ')}`, next)];
  });
  return orElse(mixed, ok('versions', 'all hosts have the same libvirt and QEMU'));
}

export function cpuCheck({ cpus, lacking }: api.ClusterCpuBody): Check {
  if (cpus.length > 0 && lacking.length > 0) {
    const what = `${namesOf(lacking)} cannot give the CPU that new VMs start with, and gets none`;
    return warn('CPU', what, 'drover cluster cpu show');
  }
  if (cpus.length > 0) return ok('CPU', 'all hosts can give what new VMs start with');
  const next = 'drover cluster cpu recompute finds one that all can give';
  return ok('CPU', `new VMs start with the CPU of their host; ${next}`);
}

export function vmChecks(vms: readonly api.VmBody[]): readonly Check[] {
  const found = vms.flatMap((vm): readonly Check[] => {
    const check = `vm ${vm.name}`;
    const where = vm.hostId === undefined ? '' : ` on ${vm.hostId}`;
    const { rest, saved } = vm;
    return [
      ...(vm.state === 'crashed'
        ? [fail(check, `crashed${where}`, `drover vm start ${vm.name}`)]
        : []),
      ...(vm.state === 'unknown'
        ? [fail(check, `nobody knows whether it runs${where}`, 'see that its host is heard')]
        : []),
      ...(rest === undefined
        ? []
        : [
            warn(
              check,
              `could not be moved: ${rest.reason}`,
              `drover migration show ${rest.operationId}`,
            ),
          ]),
      ...(saved?.problem === undefined
        ? []
        : [warn(check, `could not be resumed: ${saved.problem}`, `drover vm resume ${vm.name}`)]),
    ];
  });
  const running = vms.filter(({ state }) => state === 'running').length;
  return orElse(found, ok('vms', `${vms.length}, ${running} of them running`));
}
