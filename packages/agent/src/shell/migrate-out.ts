/**
 * One live migration from this host: tunnel, the call, and what steers it. What libvirt answers is passed on as
 * what it is, one host's word; which host has the VM afterwards is decided by the scheduler.
 */
import { certificateName } from '@drover/certificates';
import { flags, type JobStats, migrateFlag } from 'node-libvirt';
import { memoryUri } from 'node-libvirt/guard';
import { type ActionOutcome, extrasOf, type HypervisorAction } from '../logic/index.ts';
import { orderedFlags } from './migration-order.ts';
import { CompletedJob } from './completed-job.ts';
import { judgeEnd } from './migration-end.ts';
import { failed } from './outcome.ts';
import { type MigrationEnd, type SteerContext, Steering } from './steer.ts';
import type { TunnelIdentity } from './tunnel-order.ts';
import { refusalsOf } from './tunnel-refusals.ts';
import type { TunnelStarter } from './tunnel-starter.ts';
import { openSource } from './tunnel.ts';
import { lookAt } from './vm-state.ts';

export type MigrateOut = Extract<HypervisorAction, { type: 'migrate-out' }>;

/** How much longer than the migration its tunnel may last: what is aborted still has to end in order. */
const tunnelGraceMs = 120_000;

export interface MigrationContext extends SteerContext {
  readonly stateDir: string;
  /** Of this host. Throws `no-certificate`. */
  readonly identity: () => TunnelIdentity;
  readonly starter: TunnelStarter;
}

export async function migrateOut(
  context: MigrationContext,
  action: MigrateOut,
  end: MigrationEnd,
): Promise<ActionOutcome> {
  const { link, stateDir } = context;
  const look = await lookAt(link.libvirt, action.vmId);
  if (look?.state !== 'running') {
    return failed('vm-not-running', `the VM is ${look?.state ?? 'absent'} on this host`);
  }
  const { dom } = look;
  const { opId, vmId, mode, memoryPath, policy, timeoutMs } = action;
  const use = {
    opId,
    vmId,
    mode,
    memoryPath,
    may: extrasOf(policy, mode),
    vmName: dom.name,
    peer: action.target,
    expiresInMs: Math.min(timeoutMs + tunnelGraceMs, 0x7fff_ffff),
    identity: context.identity(),
  };
  const { tunnel, migrationAddress } = action;
  const opened = await openSource(stateDir, use, tunnel, migrationAddress, context.starter);
  if (end.reason) {
    opened.end();
    return failed(end.reason, 'ended before it began');
  }
  await dom.migration.setMaxDowntime(policy.downtimeLadderMs[0] ?? 300);
  const stopped = new AbortController();
  using job = new CompletedJob(link, vmId);
  const order = { policy, timeoutMs };
  const letGo = () => opened.end();
  const steering = new Steering(context, { opId, dom, order, end, letGo });
  const steered = steering.run(stopped.signal);
  const ended = await dom.migrate(performArguments(action, opened.socketPath)).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  stopped.abort();
  await steered;
  const timeline = steering.keeper.timeline(figuresOf(ended ? job.stats : await job.late()));
  if (ended) {
    const [refused] = await refusalsOf(stateDir, opId, 'source');
    if (refused) return failed('tunnel-refused', `${refused.reason}: ${refused.message}`);
    return { ...judgeEnd(ended.error, end), timeline };
  }
  const { downtimeMs, transferredBytes } = timeline;
  return {
    outcome: 'done',
    timeline,
    transferredBytes,
    ...(downtimeMs === undefined ? {} : { downtimeMs }),
  };
}

function performArguments(action: MigrateOut, socketPath: string) {
  const { memoryPath, migrationAddress: host, policy, mode } = action;
  const { bandwidthMibps, streams, throttle } = policy;
  const extras = extrasOf(policy, mode);
  // What goes through the tunnel is one stream.
  const isParallel = extras.includes('parallel') && memoryPath !== 'tunnel';
  const { abortOnError, autoConverge, parallel, postCopy } = migrateFlag;
  return {
    destinationUri: `qemu+unix:///system?socket=${encodeURIComponent(socketPath)}`,
    flags: flags(
      orderedFlags(action),
      abortOnError,
      throttle ? autoConverge : 0,
      isParallel ? parallel : 0,
      extras.includes('post-copy') ? postCopy : 0,
    ),
    ...(memoryPath === 'tunnel' ? {} : { migrateUri: memoryUri({ address: host }) }),
    // The address is what the target says it is; the name is what its certificate proves.
    ...(memoryPath === 'tls' ? { tlsDestination: certificateName(action.target, 'memory') } : {}),
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

/** A failed job's event says less than its last figures did: what it does not say is left out. */
function figuresOf(stats: JobStats | undefined) {
  if (!stats) return {};
  const figures = {
    setupMs: stats.setupTimeMs,
    elapsedMs: stats.timeElapsedMs,
    downtimeMs: stats.downtimeMs,
    totalBytes: stats.memoryTotalBytes,
    transferredBytes: stats.memoryProcessedBytes,
  };
  const known = Object.entries(figures).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as Partial<Record<keyof typeof figures, number>>;
}
