/**
 * The exit codes, and which one an answer of the API means. Scripts branch on them: docs/cli.md and
 * `drover --help` list the same table.
 */
import type { api } from '@drover/protocol';

export const exitCodes = {
  done: 0,
  failed: 1,
  /** Of `drover plan`. */
  changes: 2,
  notFound: 3,
  refused: 4,
  timedOut: 5,
  denied: 6,
  cancelled: 7,
  unavailable: 8,
  usage: 64,
  detached: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeMeanings: readonly (readonly [ExitCode, string])[] = [
  [0, 'done'],
  [1, 'failed'],
  [2, 'of “drover plan”: there is something to move'],
  [3, 'there is no such host, VM, rule, pool, image, volume, operation'],
  [4, 'refused as things are, as where no host fits; a doctor found a fault'],
  [5, 'not ended within --timeout; it goes on'],
  [6, 'the token is missing, wrong, or does not allow it'],
  [7, 'cancelled, or answered with no'],
  [8, 'the API cannot be reached, or cannot serve at the moment'],
  [64, 'not understood: command, option or value'],
  [130, 'detached with Ctrl-C; nothing was cancelled'],
];

/** Codes whose status alone would say something else. */
const byCode: Readonly<Record<string, ExitCode>> = {
  'no-host-fits': exitCodes.refused,
  'drain-blocked': exitCodes.refused,
  'restore-blocked': exitCodes.refused,
  'preflight-failed': exitCodes.refused,
  'host-not-down': exitCodes.refused,
  'host-in-use': exitCodes.refused,
  'mass-loss': exitCodes.refused,
  'pool-full': exitCodes.refused,
  'image-refused': exitCodes.refused,
  'source-refused': exitCodes.refused,
  'checksum-differs': exitCodes.refused,
  'too-large': exitCodes.refused,
  'migration-aborted': exitCodes.cancelled,
  'route-not-found': exitCodes.failed,
};

export function exitCodeOf(code: string, status: number): ExitCode {
  const known = byCode[code];
  if (known !== undefined) return known;
  switch (status) {
    case 401:
    case 403:
      return exitCodes.denied;
    case 404:
      return exitCodes.notFound;
    case 409:
    case 410:
      return exitCodes.refused;
    case 400:
    case 405:
    case 413:
    case 415:
      return exitCodes.usage;
    case 429:
    case 502:
    case 503:
    case 504:
      return exitCodes.unavailable;
    default:
      return exitCodes.failed;
  }
}

/** Of an operation that has ended. What it failed of matters only where scripts can act on it. */
export function exitCodeOfOperation(operation: api.OperationBody): ExitCode {
  switch (operation.state) {
    case 'succeeded':
      return exitCodes.done;
    case 'blocked':
      return exitCodes.refused;
    case 'cancelled':
      return exitCodes.cancelled;
    case 'failed':
      return byCode[operation.error?.code ?? ''] ?? exitCodes.failed;
    case 'pending':
    case 'running':
      return exitCodes.timedOut;
  }
}
