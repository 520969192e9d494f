/**
 * What became of a migration, from what both hosts say. The table of docs/operations.md; where it has no
 * row, the answer is to wait. Nothing that runs is ever destroyed.
 */
import type { MigrationMode } from '../cluster/vm.ts';
import type { MigrationVerdict, Observation, ObservedVm } from './observed.ts';

export interface BothSides {
  readonly source: Observation;
  readonly target: Observation;
  readonly mode: MigrationMode;
}

export function resolveMigration({ source, target, mode }: BothSides): MigrationVerdict {
  if (source === 'silent' && target === 'silent') return { type: 'wait', forHost: 'either' };
  if (source === 'silent') return { type: 'wait', forHost: 'source' };
  if (target === 'silent') return { type: 'wait', forHost: 'target' };
  if (source.migrating && !isGone(source)) return { type: 'going' };
  if (isRunning(source)) return whenSourceRuns(target);
  if (source.state === 'paused-migrating') return whenSourceIsLeftPaused(target, mode);
  if (isGone(source)) return whenSourceIsGone(target, mode);
  // Paused by a person or by an I/O error: it is still the copy that counts, and it stays as it is.
  return isGone(target)
    ? { type: 'stayed', resumeSource: false, destroyTarget: false }
    : { type: 'wait', forHost: 'either' };
}

function whenSourceRuns(target: ObservedVm): MigrationVerdict {
  if (isRunning(target)) return { type: 'both-running' };
  if (isGone(target)) return { type: 'stayed', resumeSource: false, destroyTarget: false };
  return { type: 'stayed', resumeSource: false, destroyTarget: true };
}

function whenSourceIsLeftPaused(target: ObservedVm, mode: MigrationMode): MigrationVerdict {
  if (isRunning(target)) return { type: 'moved', destroySource: true };
  if (isGone(target)) return { type: 'stayed', resumeSource: true, destroyTarget: false };
  // The copy over there is whole and has never run: libvirt on the source was lost at the very end.
  if (target.state === 'paused' && mode === 'paused') {
    return { type: 'stayed', resumeSource: true, destroyTarget: true };
  }
  return { type: 'wait', forHost: 'either' };
}

function whenSourceIsGone(target: ObservedVm, mode: MigrationMode): MigrationVerdict {
  if (isRunning(target)) return { type: 'moved', destroySource: false };
  if (isGone(target)) return { type: 'lost' };
  if (target.state === 'paused-io-error') return { type: 'moved', destroySource: false };
  if (target.state === 'paused') {
    return mode === 'paused' ? { type: 'resume-target' } : { type: 'moved', destroySource: false };
  }
  return { type: 'wait', forHost: 'target' };
}

function isRunning(vm: ObservedVm): boolean {
  return vm.state === 'running';
}

function isGone(vm: ObservedVm): boolean {
  return vm.state === 'absent' || vm.state === 'shut-off' || vm.state === 'crashed';
}
