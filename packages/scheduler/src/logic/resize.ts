/**
 * The operation `resize`: vCPUs and memory of a VM, at once where it runs, else from its next start on. Its spec has the
 * new size when that is true, and not before; until then the VM is promised the larger of both.
 *
 *   pending ─▶ succeeded | failed              where nothing has to be done with it now
 *   pending ─▶ act ─▶ succeeded | failed
 */
import {
  keys,
  type OperationError,
  type OperationRecord,
  type StepResult,
  type Stored,
  type VmSize,
  type VmSpec,
} from '@drover/protocol';
import { isOff, offError } from './fence.ts';
import { isBusy } from './pending.ts';
import type { Put } from './port.ts';
import { decideResize, type ResizeAsk } from './resize-decision.ts';
import { put, type Turn } from './turn.ts';
import {
  isSameSize,
  larger,
  promisedBeside,
  reportedSize,
  resized,
  type SizeWish,
} from './vm-size.ts';

/** For the system in it, to give memory back or to take it. */
const followMs = 30_000;
/** Of an order that nobody knows the end of: done again it finds what is there. */
const ordersMost = 3;

export function driveResize(turn: Turn, stored: Stored<OperationRecord>): void {
  if (stored.value.state === 'pending') begin(turn, stored);
  else act(turn, stored);
}

function begin(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '', stepIndex } = stored.value;
  if (isBusy(turn, stored) || turn.isFull) return;
  const ask = askOf(turn, id);
  const decision = decideResize(turn, vmId, ask);
  if (decision.type === 'refused') return turn.end(stored, 'failed', { error: decision.error });
  if (decision.type === 'unheard') return wait(turn, stored, decision.hostId);
  const { hostId, spec, from, promised, what } = decision;
  const { state = 'stopped', generation = 0 } = turn.mirror.assignments.get(vmId)?.value ?? {};
  const resize = { from, to: ask.size };
  if (decision.type === 'same') return turn.end(stored, 'succeeded', { reason: what });
  if (decision.type === 'next-start' || hostId === undefined) {
    const kept =
      hostId === undefined
        ? []
        : [
            turn.putAssignment(vmId, {
              hostId,
              generation,
              state,
              promised: promisedBeside(spec, promised),
            }),
          ];
    return turn.end(
      stored,
      'succeeded',
      { resize, reason: what },
      ...specPut(turn, vmId, spec),
      ...kept,
    );
  }
  if (isOff(turn, hostId)) return turn.end(stored, 'failed', { error: offError(hostId) });
  const held = larger(from, promised);
  const isCommitted = turn.commit(
    turn.putOperation(stored, {
      state: 'running',
      step: 'act',
      stepIndex: stepIndex + 1,
      source: hostId,
      generation,
      resize,
      startedAtMs: turn.now.wallMs,
    }),
    turn.putAssignment(vmId, { hostId, generation, state, operationId: id, promised: held }),
  );
  if (isCommitted) turn.places.grow(vmId, held);
}

function askOf(turn: Turn, id: string): ResizeAsk {
  const request = turn.mirror.requests.get(id)?.value;
  if (request?.type !== 'resize') return { size: {}, atNextStart: false };
  const { vcpus, memoryMib, atNextStart = false } = request;
  return {
    size: {
      ...(vcpus === undefined ? {} : { vcpus }),
      ...(memoryMib === undefined ? {} : { memoryMib }),
    },
    atNextStart,
  };
}

/** A new leader may not have heard yet how large it is. */
function wait(turn: Turn, { value }: Stored<OperationRecord>, hostId: string): void {
  turn.waitForHost(value.id, hostId);
  turn.ask(hostId);
}

function act(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, vmId = '', source = '', generation, stepIndex, resize } = stored.value;
  if (resize === undefined || isOff(turn, source)) {
    return end(turn, stored, {}, offError(source));
  }
  const body = { kind: 'resize-vm', ...resize.to, timeoutMs: followMs } as const;
  const step = { hostId: source, opId: id, step: stepIndex, body, vmId, generation };
  const result = turn.awaitStep(step);
  if (result === undefined) return;
  if (result.outcome === 'done') return end(turn, stored, resize.to);
  look(turn, stored, resize.to, result);
}

/** Whatever was answered: what its host has it with is what the record says from now on. */
function look(
  turn: Turn,
  stored: Stored<OperationRecord>,
  to: SizeWish,
  { outcome, error }: Pick<StepResult, 'outcome' | 'error'>,
): void {
  const { vmId = '', source = '', stepIndex } = stored.value;
  const heardMs = turn.heardMs(source, stored.value);
  const inventory = turn.hosts.inventorySince(source, heardMs, turn.epoch);
  if (inventory === undefined) return turn.ask(source, heardMs);
  const seen = inventory.vms.find((one) => one.vmId === vmId);
  const has = seen === undefined ? undefined : reportedSize(seen);
  const reached = has === undefined ? {} : partOf(to, has);
  if (has !== undefined && isSameSize({ ...has, ...to }, has)) return end(turn, stored, to);
  if (outcome === 'unknown' && has !== undefined && stepIndex < ordersMost) {
    turn.commit(turn.putOperation(stored, { stepIndex: stepIndex + 1 }));
    return;
  }
  const found = has === undefined ? 'gone' : `at ${has.vcpus} vCPUs and ${has.memoryMib} MiB`;
  const message = `nobody knows whether it was done; it is ${found} on ${source}`;
  end(turn, stored, reached, error ?? { code: 'hypervisor-error', message });
}

/** What of it has come true. */
function partOf({ vcpus, memoryMib }: SizeWish, has: VmSize): SizeWish {
  return {
    ...(vcpus === has.vcpus ? { vcpus } : {}),
    ...(memoryMib === has.memoryMib ? { memoryMib } : {}),
  };
}

/** `reached`: what of the wish is true now. */
function end(
  turn: Turn,
  stored: Stored<OperationRecord>,
  reached: SizeWish,
  error?: OperationError,
): void {
  const { vmId = '', source = '', generation, resize } = stored.value;
  const before = turn.mirror.vmIntents.get(vmId)?.value.spec;
  const spec = before === undefined ? undefined : resized(before, reached);
  const now = resize === undefined ? undefined : { ...resize.from, ...reached };
  const puts = [
    ...(spec === undefined ? [] : specPut(turn, vmId, spec)),
    turn.putAssignment(vmId, {
      hostId: source,
      generation,
      state: 'running',
      ...(spec === undefined || now === undefined ? {} : { promised: promisedBeside(spec, now) }),
    }),
  ];
  if (error === undefined) turn.end(stored, 'succeeded', {}, ...puts);
  else turn.end(stored, 'failed', { error }, ...puts);
}

/** Written by the leader, in the transaction that ends the operation: see docs/adr/0002. */
function specPut(turn: Turn, vmId: string, spec: VmSpec): readonly Put[] {
  const intent = turn.mirror.vmIntents.get(vmId);
  if (intent === undefined || isSameSize(intent.value.spec, spec)) return [];
  return [put(keys.vmIntent(vmId), { ...intent.value, spec }, intent.modRevision)];
}
