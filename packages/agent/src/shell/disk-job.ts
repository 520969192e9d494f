/**
 * What is done with a disk of a VM while the VM runs on this host: larger, a snapshot, a copy that it goes over to, a file
 * of its chain taken in. Which files the disk has is libvirt's to say, so a job that is done again finds what it has done.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DroverError, type DiskJob, type StorageProgress, type StoredFile } from '@drover/protocol';
import {
  blockJobAbortFlag,
  buildXml,
  type Domain,
  type DomainBlock,
  type DomainDisk,
  element,
  readDomain,
  snapshotCreateFlag,
} from 'node-libvirt';
import type { ActionOutcome, HypervisorAction } from '../logic/index.ts';
import { filePath } from './domain-xml.ts';
import type { LibvirtLink } from './libvirt-link.ts';
import { done, failed } from './outcome.ts';
import { lookAt } from './vm-state.ts';

type Order = Extract<HypervisorAction, { type: 'disk-job' }>;
type Job<T extends DiskJob['job']> = Extract<DiskJob, { job: T }>;

/** Between two looks at a job of QEMU's. */
const betweenLooksMs = 500;

export interface DiskJobsOptions {
  readonly link: LibvirtLink;
  readonly onProgress: (progress: StorageProgress) => void;
  /** Removes what an unfinished copy left. */
  readonly discard: (file: StoredFile, order: Order) => Promise<void>;
}

interface Disk {
  readonly dom: Domain;
  readonly block: DomainBlock;
  readonly disk: DomainDisk;
  readonly all: readonly DomainDisk[];
}

export class DiskJobs {
  readonly #options: DiskJobsOptions;
  /** By operation and step. */
  readonly #cancels = new Map<string, AbortController>();

  constructor(options: DiskJobsOptions) {
    this.#options = options;
  }

  async run(order: Order): Promise<ActionOutcome> {
    const key = `${order.opId}/${order.step}`;
    const cancel = new AbortController();
    this.#cancels.set(key, cancel);
    try {
      return await this.#run(order, cancel.signal);
    } finally {
      this.#cancels.delete(key);
    }
  }

  /** False: no such job runs. */
  abort(opId: string, step: number): boolean {
    const cancel = this.#cancels.get(`${opId}/${step}`);
    cancel?.abort();
    return cancel !== undefined;
  }

  async #run(order: Order, signal: AbortSignal): Promise<ActionOutcome> {
    const { vmId, job } = order;
    const look = await lookAt(this.#options.link.libvirt, vmId);
    if (look?.state !== 'running') {
      return failed('vm-not-running', `the VM is ${look?.state ?? 'absent'} on this host`);
    }
    switch (job.job) {
      case 'resize':
        return resize(await diskOf(look.dom, job.disk), job);
      case 'snapshot':
        return takeSnapshot(await diskOf(look.dom, job.disk, job.into), job);
      case 'copy':
        return this.#copy(await diskOf(look.dom, job.disk, job.into), job, order, signal);
      case 'pull':
        return this.#pull(await diskOf(look.dom, job.disk), job, order, signal);
    }
  }

  /** Until the copy is whole and follows every write; then the VM goes over to it, in a moment that is libvirt's. */
  async #copy(
    { block, disk }: Disk,
    { into, format }: Job<'copy'>,
    order: Order,
    signal: AbortSignal,
  ): Promise<ActionOutcome> {
    const path = filePath(into, into.file);
    if (sourceOf(disk) === path) return done;
    if ((await block.job()) === undefined) {
      const destinationXml = buildXml(
        element('disk', { type: 'file' }, [
          element('driver', { type: format }),
          element('source', { file: path }),
        ]),
      );
      await block.copy({ destinationXml });
    }
    const end = await this.#follow(block, order.opId, signal, ({ current, end: whole }) => {
      return whole > 0 && current >= whole;
    });
    if (end === 'whole') {
      await block.abortJob({ flags: blockJobAbortFlag.pivot });
      return done;
    }
    if (end === 'cancelled') await block.abortJob();
    await this.#options.discard(into, order);
    if (end === 'cancelled')
      return failed('job-cancelled', 'it was cancelled; the VM has its disk');
    return failed('job-failed', 'QEMU gave the copy up; the VM has the disk that it had');
  }

  async #pull(
    found: Disk,
    { disk, below }: Job<'pull'>,
    order: Order,
    signal: AbortSignal,
  ): Promise<ActionOutcome> {
    const { block } = found;
    const base = below === undefined ? undefined : filePath(below, below.file);
    if (standsOn(found.disk) === base) return done;
    if ((await block.job()) === undefined) await block.pull(base === undefined ? {} : { base });
    const end = await this.#follow(block, order.opId, signal, () => false);
    if (end === 'cancelled') {
      await block.abortJob();
      return failed('job-cancelled', 'it was cancelled; the snapshot is there still');
    }
    const after = await diskOf(found.dom, disk);
    if (standsOn(after.disk) === base) return done;
    return failed('job-failed', 'QEMU gave it up; the snapshot is there still');
  }

  /** A job that has ended is not there any more: how, its disk says. */
  async #follow(
    block: DomainBlock,
    opId: string,
    signal: AbortSignal,
    isWhole: (job: { readonly current: number; readonly end: number }) => boolean,
  ): Promise<'whole' | 'ended' | 'cancelled'> {
    const beganMs = performance.now();
    for (;;) {
      if (signal.aborted) return 'cancelled';
      const job = await block.job();
      if (job === undefined) return 'ended';
      this.#options.onProgress({
        v: 1,
        opId,
        phase: 'copy',
        doneBytes: job.current,
        ...(job.end > 0 ? { totalBytes: job.end } : {}),
        elapsedMs: Math.round(performance.now() - beganMs),
      });
      if (isWhole(job)) return 'whole';
      await pause(betweenLooksMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function resize({ block }: Disk, { virtualBytes }: Job<'resize'>): Promise<ActionOutcome> {
  const { capacityBytes } = await block.info();
  if (capacityBytes > virtualBytes) {
    const message = `it has ${capacityBytes} bytes already, and nothing makes it smaller`;
    return failed('job-failed', message);
  }
  if (capacityBytes < virtualBytes) await block.resize(virtualBytes);
  return done;
}

/** libvirt keeps nothing of it: what it has of snapshots of its own keeps a VM from moving. */
async function takeSnapshot(
  { dom, disk, all }: Disk,
  { into }: Job<'snapshot'>,
): Promise<ActionOutcome> {
  const path = filePath(into, into.file);
  if (sourceOf(disk) === path) return done;
  const xml = buildXml(
    element('domainsnapshot', {}, [
      element(
        'disks',
        {},
        all.map(({ target }) =>
          target === disk.target
            ? element('disk', { name: target, snapshot: 'external', type: 'file' }, [
                element('driver', { type: 'qcow2' }),
                element('source', { file: path }),
              ])
            : element('disk', { name: target, snapshot: 'no' }),
        ),
      ),
    ]),
  );
  const { diskOnly, noMetadata, atomic } = snapshotCreateFlag;
  await dom.snapshots.create(xml, { flags: diskOnly | noMetadata | atomic });
  return done;
}

/** The VM's disk that has that file, or has gone over to the other one already. */
async function diskOf(dom: Domain, file: StoredFile, orFile?: StoredFile): Promise<Disk> {
  const { disks } = readDomain(await dom.xml());
  const paths = [file, ...(orFile ? [orFile] : [])].map((one) => filePath(one, one.file));
  const disk = disks.find((one) => paths.includes(sourceOf(one) ?? ''));
  if (disk === undefined) {
    throw new DroverError('volume-not-found', `the VM has no disk ${paths[0]} as it runs`);
  }
  return { dom, disk, block: dom.disk(disk.target), all: disks };
}

function sourceOf({ source }: DomainDisk): string | undefined {
  return source.type === 'file' ? source.path : undefined;
}

/** The image below the one that it writes to. */
function standsOn({ backing }: DomainDisk): string | undefined {
  const [below] = backing;
  return below?.source.type === 'file' ? below.source.path : undefined;
}
