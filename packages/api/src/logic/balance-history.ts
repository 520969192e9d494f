/**
 * What was recommended before, and what became of it: by the operations that came of recommendations, by what people dismissed,
 * and by what the leader took back. As far back as those are kept.
 */
import { type api, type OperationRecord, type RecordMirror, wasGivenUp } from '@drover/protocol';
import { allOperations, isOpen } from './operations.ts';
import { ascending, pageOf, type PageAsk } from './page.ts';

type Past = api.PastRecommendationBody;
type Withdrawn = NonNullable<api.BalanceStatus['withdrawn']>;

/** Newest first. */
export function listPastRecommendations(
  records: RecordMirror,
  withdrawn: Withdrawn,
  page: PageAsk,
  nowMs: number,
): { items: Past[]; continue?: string } {
  const all = [
    ...allOperations(records).flatMap((one) => moved(one)),
    ...dismissed(records, nowMs),
    ...withdrawn.map(({ sinceMs: _sinceMs, ...one }): Past => ({ ...one, answer: 'withdrawn' })),
  ];
  const keyOf = ({ atMs, operationId, answer, id }: Past) => [atMs, operationId ?? answer, id];
  return pageOf(
    all.toSorted((a, b) => ascending(keyOf(b), keyOf(a))),
    page,
    { keyOf, compare: (a, b) => ascending(b, a) },
  );
}

/** As the scheduler begins the reason of such a move. */
const prefix = 'balance: ';

function moved(operation: OperationRecord): readonly Past[] {
  const { recommendationId, vmId, vmName, source, target, reason, by, error } = operation;
  if (recommendationId === undefined || vmId === undefined) return [];
  if (source === undefined || target === undefined) return [];
  return [
    {
      id: recommendationId,
      vmId,
      vmName: vmName ?? vmId,
      source,
      target,
      ...(reason?.startsWith(prefix) === true ? { reason: reason.slice(prefix.length) } : {}),
      answer: by === 'balance' ? 'by-itself' : 'applied',
      by,
      atMs: operation.createdAtMs,
      outcome: outcomeOf(operation),
      ...(error === undefined ? {} : { why: error.message }),
      operationId: operation.id,
      ...(operation.endedAtMs === undefined ? {} : { endedAtMs: operation.endedAtMs }),
    },
  ];
}

function outcomeOf(operation: OperationRecord): NonNullable<Past['outcome']> {
  const { state, error, startedAtMs } = operation;
  if (isOpen(operation)) return 'under-way';
  if (state === 'succeeded') return 'moved';
  if (state === 'cancelled') return 'cancelled';
  if (startedAtMs === undefined) return 'refused';
  return wasGivenUp(error) ? 'given-up' : 'failed';
}

function dismissed({ dismissals, vmIntents }: RecordMirror, nowMs: number): readonly Past[] {
  return [...dismissals.values()].flatMap(({ value }): readonly Past[] => {
    const { v: _v, ...said } = value;
    const vm = vmIntents.get(said.vmId)?.value;
    if (vm === undefined) return [];
    const outcome = said.untilMs > nowMs ? 'left-alone' : 'over';
    return [{ ...said, vmName: vm.name, answer: 'dismissed', outcome }];
  });
}
