/**
 * What one lab is called and where it lives: project name, subnets, port. Two labs may run side by side:
 * `npm start` has one, the end-to-end tests another.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

export const checkout = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

export interface LabSettings {
  readonly project: string;
  readonly apiPort: number;
  /** First three numbers of the servers' network. */
  readonly controlPrefix: string;
  /** Second number of the VMs' network 10.x.0.0/16; the tiny image takes it from its MAC. */
  readonly guestOctet: number;
  /** Secrets and configuration of this lab; not in the repository. */
  readonly stateFolder: string;
  readonly pool: 'nfs' | 'shared';
  /** One, or as many as it takes to lose one. */
  readonly etcdMembers: readonly string[];
}

export const defaultProject = 'drover-lab';
export const testProject = 'drover-test';
/** Of `npm run e2e:kernels`: the servers are containers there too, the hosts are whole machines. */
export const kernelsProject = 'drover-kernels';
export const poolPath = '/var/lib/drover/pools/vms';

interface Place {
  readonly apiPort: number;
  readonly control: string;
  readonly guest: number;
  readonly etcdMembers: readonly string[];
}

const known: Readonly<Record<string, Place>> = {
  [defaultProject]: { apiPort: 8440, control: '10.212.0', guest: 213, etcdMembers: ['etcd'] },
  [testProject]: {
    apiPort: 8441,
    control: '10.214.0',
    guest: 215,
    etcdMembers: ['etcd', 'etcd2', 'etcd3'],
  },
  [kernelsProject]: { apiPort: 8442, control: '10.216.0', guest: 217, etcdMembers: ['etcd'] },
};

/** Throws for a project that has no subnets of its own. */
export function labSettings(project: string = defaultProject): LabSettings {
  const place = known[project];
  if (!place) {
    throw new Error(`no lab is called ${project}; known are ${Object.keys(known).join(', ')}`);
  }
  const port = project === defaultProject ? process.env['DROVER_LAB_API_PORT'] : undefined;
  return {
    project,
    apiPort: port === undefined ? place.apiPort : Number(port),
    controlPrefix: place.control,
    guestOctet: place.guest,
    stateFolder: join(checkout, '.lab', project),
    pool: kernelHasNfsClient() ? 'nfs' : 'shared',
    etcdMembers: place.etcdMembers,
  };
}

/** Variables of compose.yaml. */
export function composeVariables(settings: LabSettings): Readonly<Record<string, string>> {
  return {
    LAB_PROJECT: settings.project,
    LAB_CONTROL_PREFIX: settings.controlPrefix,
    LAB_GUEST_PREFIX: `10.${settings.guestOctet}`,
    LAB_STATE: settings.stateFolder,
    LAB_CHECKOUT: checkout,
    LAB_API_PORT: String(settings.apiPort),
    LAB_ETCD_CLUSTER: settings.etcdMembers.map((name) => `${name}=http://${name}:2380`).join(','),
    LAB_POOL_VOLUME_AT: settings.pool === 'shared' ? poolPath : '/var/lib/drover/unused',
    // Agents find out by themselves whether KVM works; without the device they need not look.
    LAB_ACCELERATOR_DEVICE: existsSync('/dev/kvm') ? '/dev/kvm' : '/dev/net/tun',
    // A file system that tests hold still; what needs it says so where the machine has none.
    LAB_FUSE_DEVICE: existsSync('/dev/fuse') ? '/dev/fuse' : '/dev/net/tun',
    LAB_POOL_SHARED: settings.pool === 'shared' ? poolPath : '',
  };
}

/** Profiles of compose.yaml. */
export function composeProfiles(settings: LabSettings): readonly string[] {
  return settings.etcdMembers.length > 1 ? ['quorum'] : [];
}

/** The hosts are containers, so the machine's kernel is the one that would mount. */
function kernelHasNfsClient(): boolean {
  return /^nodev\s+nfs4$/m.test(readFileSync('/proc/filesystems', 'utf8'));
}
