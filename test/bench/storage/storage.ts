/**
 * Images and volumes against plain `cp` on the same file system, taking turns: an import and an upload until the file has
 * its name and is on the disk, and a thin clone against a copy, both of a GiB. On an agent's jobs in a container of the
 * lab's host image; without libvirt, API and scheduler, whose part is milliseconds.
 */
import { randomFillSync, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { buffer } from 'node:stream/consumers';
import { join } from 'node:path';
import type { StorageJob } from '@drover/protocol';
import { offsetHeader, transferRequest } from '@drover/transfer';
import {
  type PlayedAgent,
  type StorageHost,
  startStorageHost,
} from '../../contract/support/storage-host.ts';
import type { Goal } from '../htools/goal.ts';
import { type Contest, judge, type Ratio } from '../ratio.ts';

const gib = 1024 ** 3;
const rounds = 3;
const limits = { maxBytes: 4 * gib, maxVirtualBytes: 4 * gib };
const idleMs = 60_000;

export async function benchStorage(
  _seeds: readonly number[],
  onStep: (text: string) => void,
): Promise<readonly Goal[]> {
  await using host = await startStorageHost(['one']);
  await using agent = await host.startAgent();
  onStep('making a GiB that nothing makes smaller');
  const folder = await mkdtemp(join(tmpdir(), 'drover-bench-storage-'));
  try {
    const own = join(folder, 'source.raw');
    await writeRandom(own);
    await host.shell(`head -c ${gib} /dev/urandom > ${host.path('one', 'source.raw')}; sync`);
    const storage = new Storage(host, agent);
    const results: Ratio[] = [];
    for (const contest of contests(storage, own)) {
      onStep(`${contest.name}: ${rounds} pairs`);
      results.push(await judge(contest, rounds));
    }
    return results.map(goalOf);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function contests(storage: Storage, own: string): readonly Contest[] {
  const copy = () => storage.copy();
  return [
    {
      name: 'import',
      meaning: 'cp and sync of 1 GiB, to an import of that file',
      aim: 0.7,
      atLeast: true,
      ours: () => storage.import(),
      theirs: copy,
      ratio: (ours, theirs) => theirs / ours,
    },
    {
      name: 'upload',
      meaning: 'cp and sync of 1 GiB, to its upload and import',
      aim: 0.7,
      atLeast: true,
      ours: () => storage.upload(own),
      theirs: copy,
      ratio: (ours, theirs) => theirs / ours,
    },
    {
      name: 'thin-clone',
      meaning: 'cp and sync of 1 GiB, to a thin clone of it',
      aim: 5,
      atLeast: true,
      ours: () => storage.thinClone(),
      theirs: copy,
      ratio: (ours, theirs) => theirs / ours,
    },
  ];
}

function goalOf(one: Ratio): Goal {
  return {
    id: `storage-${one.name}`,
    what: one.meaning,
    target: `>=${one.aim}`,
    reached: Number(one.median.toFixed(3)),
    ok: one.median >= one.aim,
    raw: one,
  };
}

/** Each gives milliseconds, and leaves the pool as it was. */
class Storage {
  readonly #host: StorageHost;
  readonly #agent: PlayedAgent;

  constructor(host: StorageHost, agent: PlayedAgent) {
    this.#host = host;
    this.#agent = agent;
  }

  #at(file: string) {
    return { pool: this.#host.pool('one'), file };
  }

  async #job(job: StorageJob, opId: string = randomUUID(), step = 1): Promise<void> {
    const { outcome, error } = await this.#agent.act({ type: 'storage-job', opId, step, job });
    if (outcome !== 'done') throw new Error(`${job.job}: ${outcome} ${error?.message ?? ''}`);
  }

  async #timed(file: string, work: () => Promise<unknown>): Promise<number> {
    const began = performance.now();
    await work();
    const ms = performance.now() - began;
    await this.#job({ job: 'delete', files: [this.#at(file)] });
    await this.#host.exec('sync');
    return ms;
  }

  copy(): Promise<number> {
    const [from, to] = ['source.raw', 'copy.raw'].map((file) => this.#host.path('one', file));
    return this.#timed('copy.raw', () => this.#host.shell(`cp ${from} ${to}; sync ${to}`));
  }

  import(): Promise<number> {
    const source = { type: 'file', at: this.#at('source.raw') } as const;
    const into = this.#at('imported.qcow2');
    return this.#timed('imported.qcow2', () =>
      this.#job({ job: 'import', source, format: 'raw', ...limits, into }),
    );
  }

  async upload(own: string): Promise<number> {
    const opId = randomUUID();
    const into = this.#at('uploaded.qcow2');
    const ms = await this.#timed('uploaded.qcow2', async () => {
      const transfer = { direction: 'in', into: into.pool, bytes: gib } as const;
      const opened = await this.#agent.act({ type: 'open-transfer', opId, transfer, idleMs });
      if (opened.transfer === undefined) throw new Error(`not opened: ${opened.error?.message}`);
      const end = { ...opened.transfer, host: this.#host.address };
      const received = this.#job({ job: 'receive', into: into.pool, bytes: gib, idleMs }, opId);
      const headers = { [offsetHeader]: '0', 'content-length': String(gib) };
      const body = createReadStream(own, { highWaterMark: 1024 * 1024 });
      const answer = await transferRequest(end, opId, { method: 'PUT', headers, body });
      await buffer(answer);
      await received;
      const source = { type: 'upload' } as const;
      await this.#job({ job: 'import', source, format: 'raw', ...limits, into }, opId, 2);
    });
    // Its port is held for a while for whoever has not heard that all has come.
    await this.#agent.act({ type: 'abort-job', opId, ofStep: 3 });
    return ms;
  }

  thinClone(): Promise<number> {
    const from = this.#at('source.raw');
    const clone = { job: 'clone', from, fromFormat: 'raw', into: this.#at('thin.qcow2') } as const;
    return this.#timed('thin.qcow2', () => this.#job({ ...clone, format: 'qcow2', mode: 'thin' }));
  }
}

/** Nothing in it is zero, and nothing makes it smaller. */
async function writeRandom(path: string): Promise<void> {
  const piece = Buffer.alloc(64 * 1024 * 1024);
  for (let done = 0; done < gib; done += piece.length) {
    randomFillSync(piece);
    await writeFile(path, piece, { flag: 'a' });
  }
}
