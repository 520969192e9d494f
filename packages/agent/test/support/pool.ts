/** A pool of a test: a folder of its own. */
import { readdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from '@drover/protocol';
import { PoolFolder } from '../../src/shell/storage/pool-folder.ts';
import type { Owner } from '../../src/shell/storage/quarantine.ts';

export interface TestPool extends AsyncDisposable {
  readonly pool: Pool;
  readonly path: string;
  readonly folder: PoolFolder;
  /** All of it but folders. */
  files(): Promise<readonly string[]>;
  visible(): Promise<readonly string[]>;
}

export async function testPool(): Promise<TestPool> {
  const path = await mkdtemp(join(tmpdir(), 'drover-pool-'));
  const pool: Pool = { name: 'vms', spec: { type: 'shared', path } };
  const folder = await PoolFolder.open(pool);
  const files = async () => {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
      .toSorted();
  };
  return {
    pool,
    path,
    folder,
    files,
    visible: async () => (await files()).filter((name) => !name.startsWith('.')),
    [Symbol.asyncDispose]: async () => {
      await folder[Symbol.asyncDispose]();
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** An agent of a host; another `pid` is another life of it. */
export function ownerOf(hostId: string, pid = 1): Owner {
  return { hostId, bootId: 'boot', pid, startedAt: '7' };
}
