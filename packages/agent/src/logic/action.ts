/**
 * From a command that was accepted to what the hypervisor is asked to do. Only translates.
 */
import type { AgentCommand, CommandBody } from '@drover/protocol';
import type { ConvergenceOrder } from './converge.ts';
import type { HypervisorAction } from './port.ts';

/** Nothing for what asks nothing of the hypervisor, and where a VM is needed but not named. */
export function actionOf(command: AgentCommand): HypervisorAction | undefined {
  const { body, opId, vmId, generation } = command;
  if (body.kind === 'sync' || body.kind === 'read-usage') return undefined;
  if (body.kind === 'ensure-pool' || body.kind === 'mark-pool') {
    return { type: body.kind, pool: body.pool, uuid: body.uuid };
  }
  if (body.kind === 'forget-pool') return { type: body.kind, name: body.name, uuid: body.uuid };
  if (body.kind === 'probe-pool') return { type: body.kind, pool: body.pool, probe: body.probe };
  if (body.kind === 'list-files') {
    const { kind, ...rest } = body;
    return { type: kind, ...rest };
  }
  if (body.kind === 'storage-job')
    return { type: body.kind, opId, step: command.step, job: body.job };
  if (body.kind === 'abort-job') return { type: body.kind, opId: body.ofOpId, ofStep: body.ofStep };
  if (body.kind === 'open-transfer') {
    const { kind, ...rest } = body;
    return { type: kind, opId, ...rest };
  }
  if (body.kind === 'read-cpu') return { type: body.kind };
  if (body.kind === 'baseline-cpu' || body.kind === 'check-cpu') {
    const { kind, ...rest } = body;
    return { type: kind, ...rest } as HypervisorAction;
  }
  if (vmId === undefined) return undefined;
  if (body.kind === 'open-console') {
    const { consoleId, consoleType, takes } = body;
    return { type: body.kind, vmId, consoleId, consoleType, takes };
  }
  if (body.kind === 'inspect-vm') return { type: body.kind, vmId };
  if (body.kind === 'delete-seeds') return { type: body.kind, vmId, pools: body.pools };
  if (body.kind === 'check-incoming') return { type: body.kind, vmId, facts: body.facts };
  if (generation === undefined) return undefined;
  switch (body.kind) {
    case 'start-vm':
      return { type: body.kind, vmId, generation, vm: body.vm };
    case 'stop-vm':
    case 'reboot-vm':
      return { type: body.kind, vmId, mode: body.mode, timeoutMs: body.timeoutMs };
    case 'prepare-incoming': {
      const { kind, ...rest } = body;
      return { type: kind, opId, vmId, ...rest };
    }
    case 'migrate-out': {
      const { kind, ...rest } = body;
      return { type: kind, opId, vmId, ...rest };
    }
    case 'save-vm':
      return {
        type: body.kind,
        opId,
        step: command.step,
        vmId,
        pool: body.pool,
        roomBytes: body.roomBytes,
      };
    case 'resume-saved': {
      const { kind, ...rest } = body;
      return { type: kind, opId, vmId, ...rest };
    }
    case 'resize-vm': {
      const { kind, ...rest } = body;
      return { type: kind, vmId, ...rest };
    }
    case 'disk-job':
      return { type: body.kind, opId, step: command.step, vmId, job: body.job };
    case 'pause-vm':
    case 'unpause-vm':
    case 'abort-migration':
    case 'resume-vm':
    case 'destroy-leftover':
      return { type: body.kind, vmId };
  }
}

/** What has to outlive the agent for a migration to be steered on by the next one. */
export function orderOf(body: Extract<CommandBody, { kind: 'migrate-out' }>): ConvergenceOrder {
  return { policy: body.policy, timeoutMs: body.timeoutMs };
}
