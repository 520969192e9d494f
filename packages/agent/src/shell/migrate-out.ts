/**
 * One live migration from this host: tunnel, the call, its progress, its deadline. What libvirt answers is
 * passed on as what it is, one host's word; which host has the VM afterwards is decided by the scheduler.
 */
import { isIPv6 } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { MigrationProgress } from '@drover/protocol';
import {
  flags,
  isNotFound,
  isOperationAborted,
  LibvirtError,
  migrateFlag,
  type Domain,
  type JobStats,
} from 'node-libvirt';
import type { ActionOutcome, HypervisorAction } from '../logic/index.ts';
import type { LibvirtLink } from './libvirt-link.ts';
import { failed, outcomeOf } from './outcome.ts';
import { openSource } from './tunnel.ts';
import { isMigrationJob, lookAt } from './vm-state.ts';

export type MigrateOut = Extract<HypervisorAction, { type: 'migrate-out' }>;

const progressMs = 1_000;
const longestDowntimeMs = 2_000_000;

export interface MigrationContext {
  readonly link: LibvirtLink;
  readonly stateDir: string;
  readonly onProgress: (progress: MigrationProgress) => void;
  readonly warn: (text: string) => void;
}

/** Why a running migration is being ended, if it is. */
export interface MigrationEnd {
  reason?: 'migration-timeout' | 'migration-aborted';
}

export async function migrateOut(
  context: MigrationContext,
  action: MigrateOut,
  end: MigrationEnd,
): Promise<ActionOutcome> {
  const { link } = context;
  const look = await lookAt(link.libvirt, action.vmId);
  if (look?.state !== 'running') {
    return failed('vm-not-running', `the VM is ${look?.state ?? 'absent'} on this host`);
  }
  const socketPath = await openSource(context.stateDir, action.opId, action.tunnel);
  if (end.reason) return failed(end.reason, 'ended before it began');
  await look.dom.migration.setMaxDowntime(Math.min(action.downtimeMs, longestDowntimeMs));
  const stopped = new AbortController();
  let final: JobStats | undefined;
  using _ = link.onEvent((event) => {
    if (event.name === 'jobCompleted' && event.dom.uuid === action.vmId) final = event.stats;
  });
  const watching = [
    followJob(context, action.opId, look.dom, stopped.signal),
    endAtDeadline(context, look.dom, action.timeoutMs, end, stopped.signal),
  ];
  try {
    await look.dom.migrate(performArguments(action, socketPath));
    return { outcome: 'done', ...measured(final) };
  } catch (error) {
    return judge(error, end);
  } finally {
    stopped.abort();
    await Promise.all(watching);
  }
}

function performArguments(action: MigrateOut, socketPath: string) {
  const host = action.migrationAddress;
  const { live, peer2peer, abortOnError, autoConverge, paused } = migrateFlag;
  return {
    destinationUri: `qemu+unix:///system?socket=${encodeURIComponent(socketPath)}`,
    flags: flags(
      live,
      peer2peer,
      abortOnError,
      autoConverge,
      action.mode === 'paused' ? paused : 0,
    ),
    migrateUri: `tcp://${isIPv6(host) ? `[${host}]` : host}`,
    ...(action.bandwidthMibps === undefined ? {} : { bandwidthMibps: action.bandwidthMibps }),
  };
}

function measured(stats: JobStats | undefined): Partial<ActionOutcome> {
  if (!stats) return {};
  const { downtimeMs, memoryProcessedBytes: bytes } = stats;
  return {
    ...(downtimeMs === undefined ? {} : { downtimeMs }),
    ...(bytes === undefined ? {} : { transferredBytes: bytes }),
  };
}

function judge(error: unknown, end: MigrationEnd): ActionOutcome {
  if (end.reason && isOperationAborted(error)) {
    const late = 'it did not converge in time and was aborted';
    return failed(end.reason, end.reason === 'migration-timeout' ? late : 'aborted as asked');
  }
  if (isOperationAborted(error)) return failed('migration-aborted', (error as Error).message);
  return outcomeOf(error, 'migration-failed');
}

async function endAtDeadline(
  context: MigrationContext,
  dom: Domain,
  timeoutMs: number,
  end: MigrationEnd,
  signal: AbortSignal,
): Promise<void> {
  try {
    await pause(Math.min(timeoutMs, 0x7fff_ffff), undefined, { signal });
  } catch {
    return;
  }
  end.reason ??= 'migration-timeout';
  while (!signal.aborted) {
    try {
      await dom.job.abort({ timeoutMs: 30_000 });
      return;
    } catch (error) {
      if (error instanceof LibvirtError) return;
      context.warn(`aborting the migration of ${dom.name}: ${String(error)}`);
    }
    await pause(progressMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Tells progress about once a second, until the job is over or `signal` says so. */
export async function followJob(
  context: MigrationContext,
  opId: string,
  dom: Domain,
  signal: AbortSignal,
): Promise<void> {
  let percent = 0;
  let begun = false;
  while (!signal.aborted) {
    await pause(progressMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const stats = await dom.job.stats();
      if (isMigrationJob(stats)) {
        begun = true;
        percent = Math.max(percent, percentOf(stats));
        context.onProgress(progressOf(opId, dom.uuid, stats, percent));
      } else if (begun) return;
    } catch (error) {
      if (isNotFound(error)) return;
      // Statistics are a courtesy: the job goes on without them.
    }
  }
}

function percentOf(stats: JobStats): number {
  const { memoryTotalBytes: total = 0, memoryRemainingBytes: remaining = total } = stats;
  if (total <= 0) return 0;
  return Math.min(99, Math.max(0, Math.floor((1 - remaining / total) * 100)));
}

function progressOf(
  opId: string,
  vmId: string,
  stats: JobStats,
  percent: number,
): MigrationProgress {
  const pages = stats.memoryDirtyPagesPerSecond;
  return {
    v: 1,
    opId,
    vmId,
    elapsedMs: stats.timeElapsedMs ?? 0,
    totalBytes: stats.memoryTotalBytes ?? 0,
    remainingBytes: stats.memoryRemainingBytes ?? 0,
    transferredBytes: stats.memoryProcessedBytes ?? 0,
    ...(pages === undefined
      ? {}
      : { dirtyRateBytesPerSecond: pages * (stats.memoryPageSizeBytes ?? 4096) }),
    iteration: stats.memoryIteration ?? 0,
    percent,
  };
}
