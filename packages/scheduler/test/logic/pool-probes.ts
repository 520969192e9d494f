/** What a host answers to `probe-pool` whose pool is well: on NFS, with locks that all hosts see. */
import type { PoolLook, PoolProbe, PoolProbeAnswer } from '@drover/protocol';

const kind = 'probe-pool';
const user = { uid: 64055, gid: 64055 };

export const wellLook: PoolLook = {
  kind,
  act: 'look',
  condition: 'reachable',
  mount: {
    at: '/srv/p',
    source: 'nas:/p',
    type: 'nfs4',
    readOnly: false,
    guard: 'image-lock',
    version: '4.2',
    hard: true,
    localLock: 'none',
  },
  guard: 'image-lock',
  guardedBy: 'NFS 4.2 at /srv/p',
  mark: 'there',
  capacityMib: 1_000,
  freeMib: 500,
  kernel: 'a kernel',
  user,
  owner: user,
  recoversLostLocks: false,
};

/** `held`: by that host, at this moment. */
export function wellProbe(
  hostId: string,
  probe: PoolProbe,
  heldBy: (hostId: string) => Set<string>,
): PoolProbeAnswer {
  const mine = heldBy(hostId);
  switch (probe.act) {
    case 'look':
      return { ...wellLook, kernel: `kernel of ${hostId}` };
    case 'see':
      return { kind, act: 'see', seen: probe.files, unreadable: [] };
    case 'hold':
      mine.add(probe.file);
      return { kind, act: 'hold' };
    case 'try': {
      const owner = /-(h\d+)\.qcow2$/.exec(probe.file)?.[1] ?? '';
      return { kind, act: 'try', found: heldBy(owner).has(probe.file) ? 'locked' : 'free' };
    }
    case 'release':
      return { kind, act: 'release', wasHeld: mine.delete(probe.file) };
    case 'clean':
      return { kind, act: 'clean' };
  }
}
