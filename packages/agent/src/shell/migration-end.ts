/** Why a migration ended that did not go through: by its own, or because it was ended. */
import { isOperationAborted } from 'node-libvirt';
import type { ActionOutcome } from '../logic/index.ts';
import { failed, outcomeOf } from './outcome.ts';
import type { MigrationEnd } from './steer.ts';

/**
 * `error`: what libvirt's call threw. QEMU that is told to cancel may find its channel closed first, and then libvirt
 * tells of a broken channel and not of a cancelled job: what was being ended has been, whatever it died of.
 */
export function judgeEnd(error: unknown, end: MigrationEnd): ActionOutcome {
  const isClean = isOperationAborted(error) || end.isLetGo === true;
  const outcome = outcomeOf(error, 'migration-failed');
  const said = outcome.error?.message ?? '';
  if (end.reason === undefined) return isClean ? failed('migration-aborted', said) : outcome;
  // Nobody knows whether it has ended.
  if (outcome.outcome !== 'failed' && !isClean) return outcome;
  const more = isClean ? '' : ` (libvirt: ${said})`;
  switch (end.reason) {
    case 'migration-aborted':
      return failed(end.reason, `aborted as asked${more}`);
    case 'migration-stuck':
      return failed(end.reason, `it did not converge and was given up: ${end.why ?? ''}${more}`);
    case 'migration-timeout':
      return failed(
        end.reason,
        `it was not done in time and was given up: ${end.why ?? ''}${more}`,
      );
  }
}
