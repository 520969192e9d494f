/** The scheduler's times and bounds, with the values that a cluster uses; port.ts says what each means. */
import { limits } from '@drover/core';
import type { SchedulerSettings } from './port.ts';

export const defaultSettings: SchedulerSettings = {
  suspectAfterMs: 8_000,
  downAfterMs: 30_000,
  startupGraceMs: 6_000,
  stepTimeoutMs: 6_000,
  gracefulStopTimeoutMs: 60_000,
  resyncMs: 60_000,
  operationsKept: 500,
  drainAttempts: 3,
  encryption: 'preferred',
};

/** How often the logic looks at everything again, whatever happened or did not. */
export const tickMs = 500;
/** Between two questions to the same host. */
export const askAgainMs = 2_000;
/** Between two attempts at something that a host did not manage. */
export const tryAgainMs = 5_000;
/** An NFS server keeps the locks of a host that is off for its lease, 90 s, and as long again where it was restarted. */
export const lockPatienceMs = 240_000;
export const lockAgainMs = 15_000;
/** Between two questions of the same kind, where the host could not answer yet. */
export const askQuestionAgainMs = 1_000;
/** How often a host is asked that does not answer, before it is said to be silent about it. */
export const askTimes = 3;
/** About a VM that runs there: no other host can say it, and one that is to be emptied may be under load. */
export const askTimesAboutVm = 10;
/** How long it then counts as silent; after that it is asked again. */
export const silenceKeptMs = 10_000;
/** How long what hosts say about a move to come is true enough. */
export const preflightKeptMs = 10_000;
/** Hosts that are asked at the same time whether they can take one VM. */
export const targetsAskedAtOnce = 8;
/** How long a plan waits for what hosts say about it; who asked is told that nobody leads after five seconds. */
export const planPatienceMs = 3_500;
/** Between two looks whether moves would make the cluster more even. */
export const balanceEveryMs = 60_000;
/** How long hosts have to say whether those moves could be made. */
export const balancePatienceMs = 10_000;
/** How long what they found in the way of one is believed. */
export const findingsKeptMs = 10 * 60_000;
/** What lies in a pool and was changed since is nobody's orphan yet: who made it may not have said so. */
export const orphanAgeMs = 10 * 60_000;
/** How long an upload may rest: whoever makes it may have to find a network again. */
export const idleMs = 30 * 60_000;
/** Hosts that a start tries before it gives up. */
export const startAttempts = 3;
/** How much longer than its migration a tunnel lives: the source aborts first, and ends it in order. */
export const tunnelGraceMs = 120_000;

export const slots = {
  outPerHost: limits.migrationsOutPerHost,
  inPerHost: limits.migrationsInPerHost,
  perClusterAtLeast: 2,
} as const;

/** VMs that a rule keeps together and that move at the same time: they are ordered in one transaction. */
export const unitMost = 32;
