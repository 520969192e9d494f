/** Reasons against a live move as sentences, and what a person can do about each. */
import type { PreflightCode, PreflightReason } from '../migration/preflight.ts';

interface Text {
  readonly says: (reason: PreflightReason) => string;
  readonly remedy: (reason: PreflightReason) => string;
}

const cold = 'move it cold (drover vm migrate VM --cold)';
/** Its record names none of what was added by hand. */
const coldWithout = `${cold}: it starts without it`;

const texts: Readonly<Record<PreflightCode, Text>> = {
  'vm-not-running': {
    says: (no) => `it is ${no.available}`,
    remedy: () => 'let it run first; one with an I/O error runs on when its storage is back',
  },
  'job-under-way': {
    says: (no) => `libvirt works on it (${no.subject})`,
    remedy: () => 'wait until that has ended, or end it with virsh domjobabort',
  },
  'block-job': {
    says: (no) => `a block job works on its disk ${no.subject}`,
    remedy: (no) =>
      `wait until it has ended, or end it with virsh blockjob VM ${no.subject} --abort`,
  },
  snapshot: {
    says: (no) => `libvirt has ${counted(no, 'snapshot')} of it`,
    remedy: () =>
      `delete them (virsh snapshot-delete), or only libvirt’s record of them (--metadata)`,
  },
  checkpoint: {
    says: (no) => `libvirt has ${counted(no, 'checkpoint')} of it`,
    remedy: () => 'delete them (virsh checkpoint-delete); the next backup is a full one',
  },
  'device-held': {
    says: (no) => `it holds a device of its host (${no.subject})`,
    remedy: () => `take the device away (virsh detach-device), or ${coldWithout}`,
  },
  'device-unmovable': {
    says: (no) => `QEMU cannot move its device ${no.subject}`,
    remedy: () => `take the device away (virsh detach-device), or ${coldWithout}`,
  },
  'directory-shared': {
    says: (no) => `it mounts a directory of its host (${no.subject})`,
    remedy: () => `unmount it and take it away (virsh detach-device), or ${coldWithout}`,
  },
  'memory-sealed': {
    says: (no) => `its memory is sealed to its host’s CPU (${no.subject})`,
    remedy: () => cold,
  },
  'cpu-feature-pinned': {
    says: (no) => `its CPU feature ${no.subject} ties it to its host`,
    remedy: () => `take the feature away, or give its clock a fixed frequency; or ${cold}`,
  },
  'disk-shareable': {
    says: (no) => `its disk ${no.subject} is <shareable/>: no lock guards it`,
    remedy: (no) => `take <shareable/> off ${no.subject}, or ${cold}`,
  },
  'disk-cached': {
    says: (no) => `its disk ${no.subject} is cached by the host (cache ${no.available})`,
    remedy: (no) => `start it with cache none on ${no.subject}`,
  },
  'disk-unknown': {
    says: (no) => `its disk ${no.subject} is of a kind that cannot be checked (${no.available})`,
    remedy: (no) =>
      `take it away (virsh detach-disk VM ${no.subject}); where its record names it, ${cold}`,
  },
  'disk-elsewhere': {
    says: (no) =>
      `its disk ${no.subject} is written to ${no.available}, which its record does not name`,
    remedy: (no) =>
      no.required === undefined
        ? `take the disk away first (virsh detach-disk VM ${no.subject})`
        : `merge it first (virsh blockcommit VM ${no.subject} --active --pivot)`,
  },
  'same-host': {
    says: () => 'both hosts have the same host UUID',
    remedy: (no) => `give ${no.hostId} a UUID of its own (host_uuid in libvirtd.conf)`,
  },
  'vm-there': {
    says: (no) => `a copy of it is ${no.available} there already`,
    remedy: (no) => `see what the copy on ${no.hostId} is (virsh dominfo), and remove it`,
  },
  'name-there': {
    says: (no) => `another VM is called ${no.subject} there`,
    remedy: (no) => `rename or undefine that one on ${no.hostId}`,
  },
  'accelerator-missing': {
    says: (no) => `it runs under ${no.required}, which its libvirt does not offer`,
    remedy: (no) => `make ${no.required} work on ${no.hostId}, or choose another host`,
  },
  'cpu-incompatible': {
    says: (no) => `its CPU cannot give what the VM was started with (${no.required})`,
    remedy: () =>
      `choose a host with that CPU; new VMs start with a CPU that all hosts have after drover cluster cpu recompute`,
  },
  'cpu-passed-through': {
    says: (no) => `the VM was given all of a ${no.required}, its CPU is another (${no.available})`,
    remedy: () => `choose a host with the same CPU, or ${cold}`,
  },
  'machine-type-missing': {
    says: (no) => `its QEMU lacks machine type ${no.required}`,
    remedy: (no) => `upgrade QEMU on ${no.hostId}, or choose another host`,
  },
  'qemu-older': {
    says: (no) =>
      `its QEMU (${version(no.available)}) is older than the VM’s (${version(no.required)})`,
    remedy: (no) => `upgrade QEMU on ${no.hostId}, or choose another host`,
  },
  'network-missing': {
    says: (no) => `it lacks ${no.subject}`,
    remedy: (no) => `add ${no.subject} on ${no.hostId}`,
  },
  'network-down': {
    says: (no) => `${no.subject} is not up`,
    remedy: (no) => `bring up ${no.subject} on ${no.hostId}`,
  },
  'mtu-smaller': {
    says: (no) => `${no.subject} has an MTU of ${no.available}, the VM uses ${no.required}`,
    remedy: (no) => `give ${no.subject} on ${no.hostId} an MTU of ${no.required}`,
  },
  'path-missing': {
    says: (no) => `it lacks ${no.subject} (${no.required})`,
    remedy: (no) => {
      if (no.required === 'emulator') {
        return `let libvirt on ${no.hostId} run VMs with ${no.subject}, or ${cold}`;
      }
      return no.required === 'cdrom' || no.required === 'floppy'
        ? `eject it (virsh change-media VM --eject), or put ${no.subject} on ${no.hostId}`
        : `make ${no.subject} reachable on ${no.hostId} under the same path`;
    },
  },
  'path-differs': {
    says: (no) => `${no.subject} is another file there`,
    remedy: (no) => `mount the same storage on ${no.hostId} under that path`,
  },
  'path-silent': {
    says: (no) => `${no.subject} does not answer`,
    remedy: (no) => `see to the storage below ${no.subject} on ${no.hostId}`,
  },
  'memory-short': {
    says: (no) => `needs ${no.required} MiB, has ${no.available} MiB free`,
    remedy: (no) => `free memory on ${no.hostId}, or choose another host`,
  },
  'huge-pages-short': {
    says: (no) =>
      `needs ${no.required} MiB of ${no.subject} huge pages, has ${no.available} MiB free`,
    remedy: (no) => `set more huge pages aside on ${no.hostId}`,
  },
  'check-failed': {
    says: (no) => `it could not be checked: ${no.available}`,
    remedy: (no) => `see to libvirt on ${no.hostId}, then try again`,
  },
};

/** Without its host, where that is named already. */
export function sayReason(reason: PreflightReason): string {
  return texts[reason.code].says(reason);
}

export function explainReason(reason: PreflightReason): string {
  const said = sayReason(reason);
  return reason.hostId === undefined ? said : `${reason.hostId}: ${said}`;
}

export function remedyOf(reason: PreflightReason): string {
  return texts[reason.code].remedy(reason);
}

/** All of their remedies, each once. */
export function remediesOf(reasons: readonly PreflightReason[]): string {
  return [...new Set(reasons.map(remedyOf))].join('; ');
}

function counted({ available }: PreflightReason, what: string): string {
  return `${available} ${what}${available === 1 ? '' : 's'}`;
}

function version(value: number | string | undefined): string {
  if (typeof value !== 'number') return String(value);
  return `${Math.floor(value / 1_000_000)}.${Math.floor(value / 1000) % 1000}.${value % 1000}`;
}
