/**
 * One storage job from its order to its facts: in the quarantine of its operation, which is gone afterwards however it ends,
 * except where the next job of the operation takes what has been received.
 */
import type { StorageJob, StoredFacts } from '@drover/protocol';
import { remove, merge, resize, type Change } from './change.ts';
import { clone, create } from './clone.ts';
import { deleteOrphan } from './delete-orphan.ts';
import { importImage } from './import.ts';
import type { JobContext, Made } from './job-context.ts';
import { checksum, receive, type ReceiveWatch } from './look-through.ts';
import type { WorkJob } from './job-order.ts';
import { publishMemory } from './memory.ts';
import { PoolFolder } from './pool-folder.ts';
import { publish, published } from './publish.ts';
import { enterQuarantine, leaveQuarantine, type Owner, shareQuarantine } from './quarantine.ts';
import type { ToolWatch } from './qemu-img.ts';

export interface JobOrder {
  readonly opId: string;
  readonly job: WorkJob;
  readonly owner: Owner;
  readonly isFenced: boolean;
}

export interface JobEnd {
  readonly stored?: StoredFacts;
  readonly sourceSha256?: string;
}

type Watch = ToolWatch & ReceiveWatch;
type Making = Extract<StorageJob, { job: 'import' | 'clone' | 'create' }>;

export async function performJob(order: JobOrder, watch: Watch): Promise<JobEnd> {
  const { job } = order;
  switch (job.job) {
    case 'import':
    case 'clone':
    case 'create':
      return make(order, job, watch);
    case 'resize':
    case 'merge': {
      const at = job.job === 'resize' ? job.at : job.into;
      await using pool = await PoolFolder.open(at.pool);
      return await inQuarantine(pool, order, async (quarantine) => {
        const change: Change = { ...watch, watch, pool, quarantine, opId: order.opId };
        const isResize = job.job === 'resize';
        return { stored: await (isResize ? resize(job, change) : merge(job, change)) };
      });
    }
    case 'delete':
      for (const { pool: declared, file } of job.files) {
        await using pool = await PoolFolder.open(declared);
        await remove(pool, file, watch);
        await leaveQuarantine(pool, order, { withMemory: true });
      }
      return {};
    case 'delete-orphan': {
      await using pool = await PoolFolder.open(job.pool);
      await deleteOrphan(job, pool, watch);
      return {};
    }
    case 'publish-memory': {
      await using pool = await PoolFolder.open(job.into.pool);
      return { stored: await publishMemory(job, pool, order) };
    }
    case 'checksum': {
      await using pool = await PoolFolder.open(job.at.pool);
      return { stored: await checksum(job, pool, watch, watch) };
    }
    case 'receive': {
      await using pool = await PoolFolder.open(job.into);
      const quarantine = await shareQuarantine(pool, order);
      try {
        await receive(job, pool, quarantine, watch);
      } catch (error) {
        await leaveQuarantine(pool, order);
        throw error;
      }
      return {};
    }
  }
}

async function make(order: JobOrder, job: Making, watch: Watch): Promise<JobEnd> {
  const { opId } = order;
  const { file, pool: declared } = job.into;
  await using pool = await PoolFolder.open(declared);
  return await inQuarantine(pool, order, async (quarantine) => {
    // Looked at only now: whoever worked for the operation before can publish nothing any more.
    const there = await published(pool, file, opId);
    if (there !== undefined) return { stored: there };
    const made = await madeBy(job, { ...watch, quarantine: pool.absolute(quarantine) }, watch);
    const { sourceSha256 } = made;
    const stored = await publish(pool, { opId, quarantine, made, file });
    return { stored, ...(sourceSha256 === undefined ? {} : { sourceSha256 }) };
  });
}

async function madeBy(job: Making, context: JobContext, watch: ToolWatch): Promise<Made> {
  switch (job.job) {
    case 'clone':
      return clone(job, context, watch);
    case 'create':
      return create(job, context, watch);
    case 'import':
      return importImage(job, context);
  }
}

async function inQuarantine<T>(
  pool: PoolFolder,
  order: JobOrder,
  work: (quarantine: string) => Promise<T>,
): Promise<T> {
  const takesReceived = order.job.job === 'import' && order.job.source.type === 'upload';
  const quarantine = await enterQuarantine(pool, { ...order, takesReceived });
  try {
    return await work(quarantine);
  } finally {
    // What is done is done, and what failed has a reason of its own: the next start of the agent clears up.
    await leaveQuarantine(pool, order).catch(() => {});
  }
}
