/**
 * The deletion of a file that no record names, as far as etcd's records tell; the leader and its host judge again. Who takes
 * such a file for a disk or an image at the same time finds the pool changed, or is told that the file is to go.
 */
import {
  DroverError,
  FileOwners,
  keys,
  type RecordMirror,
  type RequestRecord,
} from '@drover/protocol';
import { refuseWhenFull } from './decide-vm.ts';
import { requirePool } from './pools.ts';
import { refuseDeleted } from './storage-checks.ts';
import { type Ask, putRecord, type Write } from './write.ts';

export interface OrphanRef {
  readonly pool: string;
  /** Below the pool's directory. */
  readonly file: string;
  /** Of a pool that each host has for itself. */
  readonly hostId?: string;
}

export function deleteOrphan(
  records: RecordMirror,
  { pool: name, file, hostId }: OrphanRef,
  ask: Ask,
): Write {
  const pool = requirePool(records, name);
  const { type } = pool.value.spec;
  if (type === 'nfs-direct') {
    throw new DroverError(
      'pool-unsuited',
      `no host mounts pool ${name}, and so none deletes there`,
    );
  }
  if ((type === 'local') !== (hostId !== undefined)) {
    const message =
      type === 'local'
        ? `pool ${name} is another one on each host; say on which the file is (host)`
        : `pool ${name} is one for all hosts; leave out which host`;
    throw new DroverError('bad-request', message);
  }
  const why = new FileOwners(records).of(file);
  if (why !== undefined) throw new DroverError('not-an-orphan', `${file}: ${why}`);
  refuseDeleted(records, file);
  refuseWhenFull(records);
  const request: RequestRecord = {
    v: 1,
    id: ask.id,
    type: 'orphan-delete',
    pool: name,
    file,
    ...(hostId === undefined ? {} : { hostId }),
    by: ask.by,
    createdAtMs: ask.atMs,
  };
  return {
    puts: [
      putRecord(keys.request(ask.id), request, undefined),
      // Written though nothing in it changes: who takes the file up meanwhile finds it changed.
      putRecord(keys.pool(name), pool.value, pool),
    ],
    compares: [],
  };
}
