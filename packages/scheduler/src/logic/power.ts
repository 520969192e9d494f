/**
 * The operations `reboot`, `pause` and `unpause`: one order to the host where the VM is, only because a person asked.
 * A VM that is paused keeps its place and what it is promised; nothing but a person's word moves it or lets it run on.
 *
 *   pending ─▶ act ─▶ succeeded | failed
 */
import type {
  AssignmentRecord,
  CommandBody,
  OperationRecord,
  RequestRecord,
  StepResult,
  Stored,
} from '@drover/protocol';
import { isOff, offError } from './fence.ts';
import { isBusy } from './pending.ts';
import type { Turn } from './turn.ts';

type Kind = 'reboot' | 'pause' | 'unpause';

/** The state in which it begins, and the one in which it ends. */
const states = {
  reboot: { from: 'running', to: 'running' },
  pause: { from: 'running', to: 'paused' },
  unpause: { from: 'paused', to: 'running' },
} as const satisfies Record<Kind, object>;

export function drivePower(turn: Turn, stored: Stored<OperationRecord>, kind: Kind): void {
  if (stored.value.state === 'pending') begin(turn, stored, kind);
  else act(turn, stored, kind);
}

function begin(turn: Turn, stored: Stored<OperationRecord>, kind: Kind): void {
  const { id, vmId = '' } = stored.value;
  if (isBusy(turn, stored)) return;
  const assignment = turn.mirror.assignments.get(vmId)?.value;
  const { from, to } = states[kind];
  const { hostId, state = 'pending', generation = 0 } = assignment ?? {};
  if (hostId !== undefined && state === to && from !== to) {
    return turn.end(stored, 'succeeded', { reason: `it is ${to} already` });
  }
  if (hostId === undefined || state !== from) {
    const message = `it is ${state}; only a VM that is ${from} takes a ${kind}`;
    return turn.end(stored, 'failed', { error: { code: 'vm-not-running', message } });
  }
  turn.commit(
    turn.putOperation(stored, {
      state: 'running',
      step: 'act',
      stepIndex: stored.value.stepIndex + 1,
      source: hostId,
      generation,
      startedAtMs: turn.now.wallMs,
    }),
    turn.putAssignment(vmId, { hostId, generation, state, operationId: id }),
  );
}

function act(turn: Turn, stored: Stored<OperationRecord>, kind: Kind): void {
  const { id, vmId = '', source = '', generation, stepIndex } = stored.value;
  const { from, to } = states[kind];
  if (isOff(turn, source)) return end(turn, stored, from, { error: offError(source) });
  const request = turn.mirror.requests.get(id)?.value;
  const body = bodyOf(kind, request, turn.settings.gracefulStopTimeoutMs);
  const step = { hostId: source, opId: id, step: stepIndex, body, vmId, generation };
  const result = turn.awaitStep(step);
  if (result === undefined) return;
  if (result.outcome === 'done') return end(turn, stored, to, {});
  if (result.outcome === 'failed') return end(turn, stored, from, result);
  look(turn, stored, kind, result);
}

function bodyOf(kind: Kind, request: RequestRecord | undefined, timeoutMs: number): CommandBody {
  if (kind !== 'reboot') return { kind: `${kind}-vm` };
  const mode = request?.type === 'reboot' ? request.mode : 'graceful';
  return { kind: 'reboot-vm', mode, timeoutMs };
}

/** Refused or unknown: what the host's libvirt says decides. Of a reboot it says nothing. */
function look(
  turn: Turn,
  stored: Stored<OperationRecord>,
  kind: Kind,
  result: Pick<StepResult, 'error'>,
): void {
  const { vmId = '', source = '' } = stored.value;
  const heardMs = turn.heardMs(source, stored.value);
  const inventory = turn.hosts.inventorySince(source, heardMs, turn.epoch);
  if (inventory === undefined) return turn.ask(source, heardMs);
  const seen = inventory.vms.find((one) => one.vmId === vmId)?.state;
  const { from, to } = states[kind];
  if (kind !== 'reboot' && seen === to) return end(turn, stored, to, {});
  const message = `nobody knows whether it was done; it is ${seen ?? 'gone'} on ${source}`;
  end(turn, stored, from, { error: result.error ?? { code: 'hypervisor-error', message } });
}

function end(
  turn: Turn,
  stored: Stored<OperationRecord>,
  state: AssignmentRecord['state'],
  { error }: Pick<StepResult, 'error'>,
): void {
  const { vmId = '', source = '', generation } = stored.value;
  const free = turn.putAssignment(vmId, { hostId: source, generation, state });
  if (error === undefined) turn.end(stored, 'succeeded', {}, free);
  else turn.end(stored, 'failed', { error }, free);
}
