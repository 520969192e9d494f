/**
 * A VM's memory into a file, by libvirt: told of while it goes on, ended when the leader says so. Whatever comes of it but the
 * whole file, the VM runs on here. What the call answered is one thing; what libvirt has afterwards counts.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool, StorageProgress } from '@drover/protocol';
import { type Domain, isNotFound, isOperationInvalid, isOutcomeUnknown } from 'node-libvirt';
import type { ActionOutcome, HypervisorAction } from '../logic/index.ts';
import type { LibvirtLink } from './libvirt-link.ts';
import { done, failed, outcomeOf } from './outcome.ts';
import { memoryPath } from './storage/memory.ts';
import type { StorageJobs } from './storage/storage-jobs.ts';
import { lookAt, runs, type VmLook } from './vm-state.ts';

type SaveVm = Extract<HypervisorAction, { type: 'save-vm' }>;

const betweenLooksMs = 500;
const abortMs = 30_000;

export interface SavesOptions {
  readonly link: LibvirtLink;
  readonly storage: Pick<StorageJobs, 'memory'>;
  readonly onProgress: (progress: StorageProgress) => void;
}

interface Watched {
  readonly cancelled: AbortSignal;
  readonly ended: AbortSignal;
  /** Its job was seen already: when there is none any more, it is over. */
  readonly isUnderWay?: boolean;
}

export class Saves {
  readonly #options: SavesOptions;
  /** By operation. */
  readonly #cancels = new Map<string, AbortController>();

  constructor(options: SavesOptions) {
    this.#options = options;
  }

  async run(action: SaveVm): Promise<ActionOutcome> {
    const { opId } = action;
    const cancel = new AbortController();
    this.#cancels.set(opId, cancel);
    try {
      return await this.#run(action, cancel.signal);
    } finally {
      this.#cancels.delete(opId);
    }
  }

  /** False: none of that operation goes on here. */
  abort(opId: string): boolean {
    const cancel = this.#cancels.get(opId);
    cancel?.abort();
    return cancel !== undefined;
  }

  /** One that an earlier process of this agent began: told of, and ended, as if it were its own. */
  async follow(opId: string, dom: Domain, signal: AbortSignal): Promise<void> {
    if (this.#cancels.has(opId)) return;
    const cancel = new AbortController();
    this.#cancels.set(opId, cancel);
    await this.#watch(opId, dom, { cancelled: cancel.signal, ended: signal, isUnderWay: true });
    this.#cancels.delete(opId);
  }

  async #run(action: SaveVm, cancelled: AbortSignal): Promise<ActionOutcome> {
    const { link, storage } = this.#options;
    const { opId, vmId, pool, roomBytes } = action;
    const look = await lookAt(link.libvirt, vmId);
    if (look?.state !== 'running' || look.saving || look.migrating) {
      return failed('vm-not-running', `the VM is ${look?.state ?? 'absent'} on this host`);
    }
    const room = await storage.memory(opId, { type: 'make-room', pool, roomBytes });
    if (room === 'unknown')
      return failed('save-failed', `nobody knows whether there is room for it`);
    if (cancelled.aborted) return taken;
    const over = new AbortController();
    const watched = this.#watch(opId, look.dom, { cancelled, ended: over.signal });
    const answer = await look.dom
      // No deadline: an abandoned call goes on all the same.
      .saveTo({ file: fileIn(pool, opId) }, { timeoutMs: Number.POSITIVE_INFINITY })
      .then(
        () => done,
        (error: unknown) => (isOutcomeUnknown(error) ? undefined : judge(error, cancelled)),
      );
    const outcome = answer ?? (await this.#settled(vmId));
    over.abort();
    await watched;
    if (outcome.outcome === 'failed') await this.#runOn(vmId);
    return outcome;
  }

  /** The connection was lost; libvirt goes on with what it was told. */
  async #settled(vmId: string): Promise<ActionOutcome> {
    const { link } = this.#options;
    for (;;) {
      await link.whenConnected();
      const look = await lookAt(link.libvirt, vmId).catch(() => 'unseen' as const);
      if (look === undefined || (look !== 'unseen' && !isUp(look))) return done;
      if (look !== 'unseen' && !look.saving) {
        return failed('save-failed', 'libvirt went away while the VM was saved; it runs on');
      }
      await pause(betweenLooksMs);
    }
  }

  /** As a rule libvirt has done so by itself. */
  async #runOn(vmId: string): Promise<void> {
    try {
      const look = await lookAt(this.#options.link.libvirt, vmId);
      if (look?.state === 'paused' && !look.saving) await look.dom.resume();
    } catch {
      // The leader sees it standing still, and orders it again.
    }
  }

  /** Tells how far it is, and ends it when that is asked for: libvirt takes that only once QEMU writes. */
  async #watch(
    opId: string,
    dom: Domain,
    { cancelled, ended, isUnderWay = false }: Watched,
  ): Promise<void> {
    const beganMs = performance.now();
    while (!ended.aborted) {
      try {
        const stats = await dom.job.stats();
        if (runs(stats)) {
          const { memoryProcessedBytes: doneBytes = 0, memoryTotalBytes: totalBytes } = stats;
          this.#options.onProgress({
            v: 1,
            opId,
            phase: 'save',
            doneBytes,
            ...(totalBytes === undefined ? {} : { totalBytes }),
            elapsedMs: Math.round(performance.now() - beganMs),
          });
        } else if (isUnderWay) return;
        if (cancelled.aborted) await dom.job.abort({ timeoutMs: abortMs });
      } catch (error) {
        if (isNotFound(error)) return;
        if (!isOperationInvalid(error) && !this.#options.link.connected) {
          await this.#options.link.whenConnected();
        }
      }
      await pause(betweenLooksMs, undefined, { signal: ended }).catch(() => undefined);
    }
  }
}

function fileIn({ spec }: Pool, opId: string): string {
  return `${'path' in spec ? spec.path : ''}/${memoryPath(opId)}`;
}

const taken = failed('job-cancelled', 'it was cancelled; the VM runs on');

function judge(error: unknown, cancelled: AbortSignal): ActionOutcome {
  if (cancelled.aborted) return taken;
  const { error: found } = outcomeOf(error, 'save-failed');
  const message = found?.message ?? 'libvirt did not say why';
  const isFull = message.includes('No space left on device');
  return failed(isFull ? 'pool-full' : 'save-failed', message);
}

function isUp({ state }: VmLook): boolean {
  return state !== 'shut-off' && state !== 'crashed';
}
