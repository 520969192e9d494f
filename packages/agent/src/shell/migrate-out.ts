/**
 * One live migration from this host: tunnel, the call, and what steers it. What libvirt answers is passed on as
 * what it is, one host's word; which host has the VM afterwards is decided by the scheduler.
 */
import { isIPv6 } from 'node:net';
import { flags, isOperationAborted, migrateFlag, type JobStats } from 'node-libvirt';
import type { ActionOutcome, HypervisorAction } from '../logic/index.ts';
import { failed, outcomeOf } from './outcome.ts';
import { type MigrationEnd, type SteerContext, Steering } from './steer.ts';
import { openSource } from './tunnel.ts';
import { lookAt } from './vm-state.ts';

export type MigrateOut = Extract<HypervisorAction, { type: 'migrate-out' }>;

export interface MigrationContext extends SteerContext {
  readonly stateDir: string;
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
  const { dom } = look;
  const socketPath = await openSource(context.stateDir, action.opId, action.tunnel);
  if (end.reason) return failed(end.reason, 'ended before it began');
  await dom.migration.setMaxDowntime(action.policy.downtimeLadderMs[0] ?? 300);
  const stopped = new AbortController();
  let final: JobStats | undefined;
  using _ = link.onEvent((event) => {
    if (event.name === 'jobCompleted' && event.dom.uuid === action.vmId) final = event.stats;
  });
  const order = { policy: action.policy, timeoutMs: action.timeoutMs };
  const steering = new Steering(context, { opId: action.opId, dom, order, end });
  const steered = steering.run(stopped.signal);
  const ended = await dom.migrate(performArguments(action, socketPath)).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  stopped.abort();
  await steered;
  const timeline = steering.keeper.timeline(figuresOf(final));
  if (ended) return { ...judge(ended.error, end), timeline };
  const { downtimeMs, transferredBytes } = timeline;
  return {
    outcome: 'done',
    timeline,
    transferredBytes,
    ...(downtimeMs === undefined ? {} : { downtimeMs }),
  };
}

function performArguments(action: MigrateOut, socketPath: string) {
  const host = action.migrationAddress;
  const { bandwidthMibps, streams, throttle, whenStuck } = action.policy;
  const isPaused = action.mode === 'paused';
  const mayPostCopy = whenStuck === 'post-copy' && !isPaused;
  const isParallel = streams > 1 && !mayPostCopy;
  const { live, peer2peer, abortOnError, autoConverge, paused, parallel, postCopy } = migrateFlag;
  return {
    destinationUri: `qemu+unix:///system?socket=${encodeURIComponent(socketPath)}`,
    flags: flags(
      live,
      peer2peer,
      abortOnError,
      throttle ? autoConverge : 0,
      isPaused ? paused : 0,
      isParallel ? parallel : 0,
      mayPostCopy ? postCopy : 0,
    ),
    migrateUri: `tcp://${isIPv6(host) ? `[${host}]` : host}`,
    ...(bandwidthMibps === undefined ? {} : { bandwidthMibps }),
    ...(isParallel ? { parallelConnections: streams } : {}),
    ...(throttle
      ? {
          autoConvergeInitialPercent: throttle.startPercent,
          autoConvergeIncrementPercent: throttle.stepPercent,
        }
      : {}),
  };
}

function figuresOf(stats: JobStats | undefined) {
  if (!stats) return {};
  const figures = {
    setupMs: stats.setupTimeMs,
    elapsedMs: stats.timeElapsedMs,
    downtimeMs: stats.downtimeMs,
    totalBytes: stats.memoryTotalBytes,
    transferredBytes: stats.memoryProcessedBytes,
  };
  // A failed job's event says less than its last figures did.
  const known = Object.entries(figures).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as Partial<Record<keyof typeof figures, number>>;
}

function judge(error: unknown, end: MigrationEnd): ActionOutcome {
  if (!isOperationAborted(error)) return outcomeOf(error, 'migration-failed');
  if (end.reason === undefined) return failed('migration-aborted', (error as Error).message);
  switch (end.reason) {
    case 'migration-aborted':
      return failed(end.reason, 'aborted as asked');
    case 'migration-stuck':
      return failed(end.reason, `it did not converge and was given up: ${end.why ?? ''}`);
    case 'migration-timeout':
      return failed(end.reason, `it was not done in time and was given up: ${end.why ?? ''}`);
  }
}
