/**
 * How a step ends that the journal says was begun when the agent died: by what is true on the host, as in
 * the table of docs/operations.md. It is never done again.
 */
import type { ReportedVm, TunnelEnd } from '@drover/protocol';
import type { ActionOutcome } from './port.ts';

export type RestartVerdict =
  | { readonly type: 'end'; readonly outcome: ActionOutcome }
  /** A migration, or a saving, that still runs: report its progress, end it when its job ends. */
  | { readonly type: 'adopt' };

/** Kinds that are judged by a look at the host; all others end as unknown at once. */
export function needsInspection(kind: string): boolean {
  return [
    'start-vm',
    'stop-vm',
    'migrate-out',
    'prepare-incoming',
    'save-vm',
    'resume-saved',
  ].includes(kind);
}

/** `vm` is absent where libvirt does not know it, `tunnel` where no tunnel process of the step lives. */
export function judgeRestart(
  kind: string,
  vm: ReportedVm | undefined,
  tunnel: TunnelEnd | undefined,
): RestartVerdict {
  switch (kind) {
    case 'start-vm':
      return end(isAlive(vm) ? { outcome: 'done' } : notStarted(vm));
    case 'stop-vm':
      return end(isAlive(vm) ? stillRunning : { outcome: 'done' });
    case 'migrate-out':
      return vm?.state === 'running' && vm.migrating ? { type: 'adopt' } : end(unknown);
    case 'save-vm':
      return vm?.saving === true ? { type: 'adopt' } : end(unknown);
    case 'resume-saved':
      // It is not told to run before the memory has been taken out of reach.
      return end(vm?.state === 'running' ? { outcome: 'done' } : unknown);
    case 'prepare-incoming':
      return end(tunnel ? { outcome: 'done', tunnel } : tunnelGone);
    default:
      return end(unknown);
  }
}

/** A copy that runs or could run on: anything that is neither shut off nor crashed nor absent. */
function isAlive(vm: ReportedVm | undefined): boolean {
  return vm !== undefined && vm.state !== 'shut-off' && vm.state !== 'crashed';
}

const unknown: ActionOutcome = { outcome: 'unknown' };

const stillRunning: ActionOutcome = {
  outcome: 'failed',
  error: { code: 'stop-timeout', message: 'the agent was restarted and the VM still runs' },
};

const tunnelGone: ActionOutcome = {
  outcome: 'failed',
  error: { code: 'tunnel-failed', message: 'the agent was restarted and the tunnel is gone' },
};

function notStarted(vm: ReportedVm | undefined): ActionOutcome {
  const found = vm ? vm.state : 'absent';
  const message = `the agent was restarted and the VM is ${found}`;
  return { outcome: 'failed', error: { code: 'hypervisor-error', message } };
}

function end(outcome: ActionOutcome): RestartVerdict {
  return { type: 'end', outcome };
}
