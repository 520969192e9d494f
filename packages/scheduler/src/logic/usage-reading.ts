/**
 * What was used on some hosts, asked of each of them: the leader keeps none of it. Who does not answer in time is named;
 * what became of it on the other hosts is told all the same. Whom to ask is the API's to know.
 */
import type { Query, QueryReply, UsageColumns } from '@drover/protocol';
import { ask, forget, type Question } from './questions.ts';
import { planPatienceMs } from './settings.ts';
import type { Turn } from './turn.ts';

export type UsageQuery = Extract<Query, { type: 'usage' }>;
type Silent = Extract<QueryReply, { type: 'usage' }>['silent'][number];

export interface Reading {
  readonly queryId: string;
  readonly query: UsageQuery;
  readonly sinceMs: number;
}

/** The answer, once all hosts have spoken or have had their time to. */
export function continueReading(turn: Turn, { query, sinceMs }: Reading): QueryReply | undefined {
  const isLate = turn.now.monoMs - sinceMs >= planPatienceMs;
  const answered: Record<string, UsageColumns> = {};
  const silent: Silent[] = [];
  for (const hostId of query.hostIds) {
    const said = readFrom(turn, hostId, query, sinceMs);
    if (said !== undefined && 'looks' in said) answered[hostId] = said;
    else if (said !== undefined) silent.push(said);
    else if (isLate)
      silent.push({ hostId, code: 'host-silent', message: `${hostId} did not answer` });
    else return undefined;
  }
  // Nobody asks the same again: the next one wants what was used since.
  for (const hostId of query.hostIds) forget(turn, questionTo(hostId, query));
  return { type: 'usage', answered, silent };
}

/** Nothing: it has not answered yet. */
function readFrom(
  turn: Turn,
  hostId: string,
  query: UsageQuery,
  sinceMs: number,
): UsageColumns | Silent | undefined {
  if (turn.hosts.health(turn.now.monoMs, hostId, turn.settings) === 'down') {
    return { hostId, code: 'host-silent', message: `${hostId} is not heard` };
  }
  const fresh = { sinceMs, keptMs: Number.POSITIVE_INFINITY };
  const reply = ask(turn, questionTo(hostId, query), fresh);
  if (reply.type === 'failed') return { hostId, ...reply.error };
  if (reply.type === 'asked' || reply.answer.kind !== 'read-usage') return undefined;
  return reply.answer.usage;
}

function questionTo(hostId: string, { vmId, grid }: UsageQuery): Question {
  const about = `${vmId ?? 'host'} ${grid.fromMs} ${grid.stepMs} ${grid.points}`;
  const question = { hostId, about, body: { kind: 'read-usage', grid } } as const;
  return vmId === undefined ? question : { ...question, vmId };
}
