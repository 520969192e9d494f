/**
 * The storage jobs and transfers of this host: each in a process of its own, told of while it runs, ended when the leader
 * says so. Orders them to begin only in pools that can be used and have been cleared of what earlier agents left.
 */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import {
  DroverError,
  isErrorCode,
  type Pool,
  type PoolEntry,
  type StorageJob,
  type StorageProgress,
} from '@drover/protocol';
import type { ActionOutcome, HypervisorAction } from '../../logic/index.ts';
import { readBootId, startedAt } from '../os-facts.ts';
import { done, failed, outcomeOf } from '../outcome.ts';
import type { MemoryWork, ProcessOrder, Progress, WorkJob } from './job-order.ts';
import type { ListAsk } from './list-files.ts';
import type { MemoryState } from './memory.ts';
import type { Leftover, Owner } from './quarantine.ts';
import { WorkChildren } from './work-child.ts';
import { type WorkEnd, type WorkOptions, WorkProcess, type WorkTimes } from './work-process.ts';

type Of<T extends HypervisorAction['type']> = Extract<HypervisorAction, { type: T }>;

export interface JobEnded {
  readonly kind: StorageJob['job'];
  readonly outcome: ActionOutcome['outcome'];
  readonly bytes: number;
}

export interface StorageJobsOptions {
  readonly hostId: string;
  /** Where transfers are taken and given: the first free one of so many ports. */
  readonly transfers: { readonly host: string; readonly basePort: number };
  /** Returns when the pool is what was declared and can be used. Throws `pool-unavailable`. */
  readonly usable: (pool: Pool) => Promise<unknown>;
  readonly onProgress: (progress: StorageProgress) => void;
  readonly onBegan: (kind: StorageJob['job']) => void;
  readonly onEnded: (ended: JobEnded) => void;
  readonly warn: (text: string) => void;
  readonly times?: Partial<WorkTimes>;
}

const usualTimes: WorkTimes = { silentMs: 300_000, graceMs: 10_000, killMs: 5_000 };
export const transferPorts = 16;
/** Orders to end what has not begun here; more than a leader has under way. */
const cancelledMax = 1_024;

interface Running {
  readonly step: number;
  process?: WorkProcess;
  isCancelled: boolean;
  readonly ended: Promise<unknown>;
}

export class StorageJobs implements Disposable {
  readonly #options: StorageJobsOptions;
  readonly #times: WorkTimes;
  readonly #running = new Map<string, Running>();
  readonly #transfers = new Map<string, WorkProcess>();
  readonly #processes = new Set<WorkProcess>();
  readonly #children = new WorkChildren();
  /** By pool: what earlier agents left has been cleared away. */
  readonly #swept = new Map<string, { readonly pool: Pool; readonly done: Promise<void> }>();
  /** Operations with a process that could not be ended. */
  readonly #stuck = new Set<string>();
  readonly #cancelled = new Set<string>();
  #owner: Promise<Owner> | undefined;

  constructor(options: StorageJobsOptions) {
    this.#options = options;
    this.#times = { ...usualTimes, ...options.times };
  }

  async run({ opId, step, job }: Of<'storage-job'>): Promise<ActionOutcome> {
    if (this.#cancelled.has(`${opId}/${step}`)) return cancelled;
    if (job.job === 'give') return this.#awaitGiven(opId);
    if (this.#running.has(opId)) {
      return failed('volume-busy', `another job of ${opId} has not ended yet`);
    }
    const ended = Promise.withResolvers<void>();
    const running: Running = { step, isCancelled: false, ended: ended.promise };
    this.#running.set(opId, running);
    this.#options.onBegan(job.job);
    let bytes = 0;
    const began = performance.now();
    const onProgress = (progress: Progress) => {
      bytes = Math.max(bytes, progress.doneBytes);
      const elapsedMs = Math.round(performance.now() - began);
      this.#options.onProgress({ v: 1, opId, ...progress, elapsedMs });
    };
    let outcome: ActionOutcome = { outcome: 'unknown' };
    try {
      outcome = await this.#perform(opId, job, running, onProgress);
    } catch (error) {
      outcome = outcomeOf(error, 'job-failed');
    } finally {
      this.#running.delete(opId);
      ended.resolve();
      this.#options.onEnded({ kind: job.job, outcome: outcome.outcome, bytes });
    }
    return outcome;
  }

  /** Its transfer's process says how that ended; where there is none, it may have ended or never have begun. */
  async #awaitGiven(opId: string): Promise<ActionOutcome> {
    const transfer = this.#transfers.get(opId);
    if (transfer !== undefined) return outcomeOfEnd(await transfer.end);
    const message = 'no transfer of it is open here any more';
    return { outcome: 'unknown', error: { code: 'transfer-ended', message } };
  }

  async #perform(
    opId: string,
    job: WorkJob,
    running: Running,
    onProgress: (progress: Progress) => void,
  ): Promise<ActionOutcome> {
    for (const pool of poolsOf(job)) await this.#prepare(pool);
    if (running.isCancelled) return cancelled;
    const owner = await this.#own();
    const isFenced = this.#stuck.delete(opId);
    const order = { kind: 'job', opId, job, owner, isFenced } as const;
    const process = this.#start(order, poolsOf(job), { onProgress });
    running.process = process;
    const end = await process.end;
    if (end.type === 'stuck') this.#stuck.add(opId);
    return outcomeOfEnd(end);
  }

  /** Also where it has not begun: then it does not begin. Whatever the operation has in quarantine goes. */
  async abort({ opId, ofStep }: Of<'abort-job'>): Promise<ActionOutcome> {
    this.#cancelled.add(`${opId}/${ofStep}`);
    for (const oldest of this.#cancelled) {
      if (this.#cancelled.size <= cancelledMax) break;
      this.#cancelled.delete(oldest);
    }
    const running = this.#running.get(opId);
    const isOf = running?.step === ofStep;
    if (running && isOf) running.isCancelled = true;
    const transfer = await this.#transfers.get(opId)?.abort();
    const job = isOf ? await running?.process?.abort() : undefined;
    if (isOf) await running?.ended;
    if (transfer?.type === 'stuck' || job?.type === 'stuck') return outcomeOfEnd(transfer ?? job);
    if (!this.#running.has(opId)) await this.#discard(opId);
    return done;
  }

  /** Around what libvirt does with a VM's memory. Throws as jobs fail; `unknown` where nobody knows what came of it. */
  async memory(opId: string, work: MemoryWork): Promise<MemoryState | undefined | 'unknown'> {
    const pool = 'pool' in work ? work.pool : work.at.pool;
    await this.#prepare(pool);
    const { end } = this.#start({ kind: 'memory', opId, work, owner: await this.#own() }, [pool]);
    const ended = await end;
    if (ended.type === 'done') return ended.memory;
    if (ended.type === 'failed') throw errorOf(ended);
    return 'unknown';
  }

  async #discard(opId: string): Promise<void> {
    const owner = await this.#own();
    for (const { pool } of this.#swept.values()) {
      const { end } = this.#start({ kind: 'discard', pool, opId, owner }, [pool]);
      const { type } = await end;
      if (type !== 'done') this.#options.warn(`${opId} may have left files in pool ${pool.name}`);
    }
  }

  /** What other hosts have in quarantine there; this host's own is what runs. */
  async leftovers(pool: Pool): Promise<readonly Leftover[]> {
    const { end } = this.#start({ kind: 'sweep', pool, owner: await this.#own() }, [pool]);
    const ended = await end;
    if (ended.type === 'done') return ended.leftovers ?? [];
    throw errorOf(ended);
  }

  /** What lies there of Drover's naming. */
  async list(pool: Pool, ask: ListAsk): Promise<{ files: PoolEntry[]; isMore: boolean }> {
    const { end } = this.#start({ kind: 'list', pool, ask, owner: await this.#own() }, [pool]);
    const ended = await end;
    if (ended.type !== 'done') throw errorOf(ended);
    const { files = [], isMore = false } = ended.listed ?? {};
    return { files: [...files], isMore };
  }

  /** The pool can be used: once in this agent's life what earlier ones left there is cleared away. */
  async sweep(pool: Pool): Promise<void> {
    if (pool.spec.type === 'nfs-direct') return;
    let swept = this.#swept.get(pool.name);
    if (swept === undefined) {
      swept = { pool, done: this.#sweep(pool) };
      this.#swept.set(pool.name, swept);
    }
    try {
      await swept.done;
    } catch (error) {
      this.#swept.delete(pool.name);
      throw error;
    }
  }

  async #sweep(pool: Pool): Promise<void> {
    for (const { folder, hostId = 'no host known', idleMs } of await this.leftovers(pool)) {
      if (idleMs < leftoverMs) continue;
      const hours = Math.floor(idleMs / 3_600_000);
      this.#options.warn(
        `pool ${pool.name}: .drover/quarantine/${folder} of ${hostId} has not changed for ${hours} h`,
      );
    }
  }

  async #prepare(pool: Pool): Promise<void> {
    if (pool.spec.type === 'nfs-direct') {
      throw new DroverError(
        'pool-unsuited',
        `pool ${pool.name}: no files are made over QEMU’s own NFS client`,
      );
    }
    await this.#options.usable(pool);
    await this.sweep(pool);
  }

  /** The former one of the operation ends: its key is not known to whoever asks now. */
  async openTransfer({ opId, transfer, idleMs }: Of<'open-transfer'>): Promise<ActionOutcome> {
    try {
      const former = await this.#transfers.get(opId)?.abort();
      if (former?.type === 'stuck') return outcomeOfEnd(former);
      const pool = transfer.direction === 'in' ? transfer.into : transfer.at.pool;
      await this.#prepare(pool);
      const { host, basePort } = this.#options.transfers;
      const secret = randomBytes(32).toString('hex');
      const order = {
        kind: 'transfer',
        opId,
        owner: await this.#own(),
        transfer,
        secret,
        // A name may stand for addresses that are not this host's alone.
        ...(isIP(host) ? { host } : {}),
        ports: Array.from({ length: transferPorts }, (_, at) => basePort + at),
        idleMs,
      } as const;
      const onWhole = () => this.#running.get(opId)?.process?.look();
      const process = this.#start(order, [pool], { onWhole });
      this.#transfers.set(opId, process);
      void process.end.then(() => {
        if (this.#transfers.get(opId) === process) this.#transfers.delete(opId);
      });
      return { ...done, transfer: { host, port: await process.port, secret } };
    } catch (error) {
      return outcomeOf(error, 'job-failed');
    }
  }

  #start(
    order: ProcessOrder,
    pools: readonly Pool[],
    watch: Pick<WorkOptions, 'onProgress' | 'onWhole'> = {},
  ): WorkProcess {
    const options = { ...watch, pools, times: this.#times, children: this.#children };
    const process = new WorkProcess(order, options);
    this.#processes.add(process);
    void process.end.then(() => this.#processes.delete(process));
    return process;
  }

  async #own(): Promise<Owner> {
    const { pid } = process;
    this.#owner ??= readBootId().then((bootId) => ({
      hostId: this.#options.hostId,
      bootId,
      pid,
      startedAt: startedAt(pid),
    }));
    return this.#owner;
  }

  /** What they leave the next agent clears away; an upload goes on with it. */
  [Symbol.dispose](): void {
    for (const process of this.#processes) process.kill();
    this.#children[Symbol.dispose]();
  }
}

/** Younger ones are most likely work under way. */
const leftoverMs = 24 * 3_600_000;

const cancelled = failed('job-cancelled', 'it was cancelled; nothing of it is left');

function poolsOf(job: WorkJob): readonly Pool[] {
  const pools = (): readonly Pool[] => {
    switch (job.job) {
      case 'import':
        return job.source.type === 'file' ? [job.source.at.pool, job.into.pool] : [job.into.pool];
      case 'receive':
        return [job.into];
      case 'clone':
        return [job.from.pool, job.into.pool];
      case 'create':
      case 'publish-memory':
        return [job.into.pool];
      case 'resize':
      case 'checksum':
        return [job.at.pool];
      case 'merge':
        return [job.into.pool];
      case 'delete-orphan':
        return [job.pool];
      case 'delete':
        return job.files.map(({ pool }) => pool);
    }
  };
  return [...new Map(pools().map((pool) => [pool.name, pool])).values()];
}

function outcomeOfEnd(end: WorkEnd | undefined): ActionOutcome {
  switch (end?.type) {
    case undefined:
      return done;
    case 'done': {
      const { stored, sourceSha256 } = end;
      return {
        ...done,
        ...(stored ? { stored } : {}),
        ...(sourceSha256 === undefined ? {} : { sourceSha256 }),
      };
    }
    case 'failed':
      return failed(isErrorCode(end.code) ? end.code : 'job-failed', end.message);
    case 'lost':
    case 'stuck': {
      // It may have ended its work before it went.
      const { code, message } = errorOf(end);
      return { outcome: 'unknown', error: { code, message } };
    }
  }
}

function errorOf(end: Exclude<WorkEnd, { type: 'done' }>): DroverError {
  if (end.type === 'failed') {
    return new DroverError(isErrorCode(end.code) ? end.code : 'job-failed', end.message);
  }
  const isStorage = end.type === 'stuck' || end.isSilent;
  return new DroverError(isStorage ? 'pool-unavailable' : 'job-failed', end.message);
}
