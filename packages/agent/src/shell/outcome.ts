/**
 * From how a call ended to what the agent may claim about it: done, failed with a stable code, or unknown.
 * Unknown is not failed: the daemon may have done, or may still do, what was asked.
 */
import { DroverError, type ErrorCode } from '@drover/protocol';
import { ConnectionError, isOutcomeUnknown, LibvirtError } from 'node-libvirt';
import type { ActionOutcome } from '../logic/index.ts';

export const done: ActionOutcome = { outcome: 'done' };

export function failed(code: ErrorCode, message: string): ActionOutcome {
  return { outcome: 'failed', error: { code, message: message.slice(0, 1000) } };
}

/** As QEMU says it, and libvirt's lock managers: another process has the disk, on this host or on any other. */
export function isLocked(message: string): boolean {
  return /Failed to get (shared )?"[a-z ]+" lock|Failed to lock byte|Lockspace resource .* is locked/.test(
    message,
  );
}

/** `code` is for what libvirt itself refused. */
export function outcomeOf(error: unknown, code: ErrorCode = 'hypervisor-error'): ActionOutcome {
  const message = error instanceof Error ? error.message : String(error);
  if (isOutcomeUnknown(error)) {
    return { outcome: 'unknown', error: { code: 'hypervisor-unreachable', message } };
  }
  if (error instanceof DroverError) return failed(error.code, message);
  if (error instanceof ConnectionError) return failed('hypervisor-unreachable', message);
  if (error instanceof LibvirtError)
    return failed(isLocked(message) ? 'disk-locked' : code, message);
  return failed(code, message);
}
