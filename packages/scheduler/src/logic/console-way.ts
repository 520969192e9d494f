/**
 * A way to a console of a VM: which host is asked for one. Where it moves that is the source, and the target once the
 * source has it no more; carrying the bytes is the API's and the agents'.
 */
import type { QueryReply } from '@drover/protocol';
import { freshFor } from './findings.ts';
import type { Planning, PlanQuery } from './planning.ts';
import { ask } from './questions.ts';
import type { Turn } from './turn.ts';

type Asked = Extract<PlanQuery, { type: 'open-console' }>;

/** The answer, once it is known or has to be given. */
export function consoleWay(
  turn: Turn,
  planning: Planning,
  query: Asked,
  isLate: boolean,
): QueryReply | undefined {
  const { vmId } = query;
  const assignment = turn.mirror.assignments.get(vmId)?.value;
  if (assignment === undefined) {
    return { type: 'error', code: 'vm-not-found', message: `no VM ${vmId} has been placed` };
  }
  const operation = turn.mirror.operations.get(assignment.operationId ?? '')?.value;
  const { hostId } = assignment;
  if (hostId === undefined) {
    return { type: 'error', code: 'vm-not-running', message: `it is ${assignment.state}` };
  }
  const target = operation?.type === 'migrate' ? operation.target : undefined;
  let refused: QueryReply | undefined;
  for (const host of target === undefined || target === hostId ? [hostId] : [hostId, target]) {
    const answer = askHost(turn, planning, query, host);
    if (answer === undefined) return isLate ? silent(host) : undefined;
    if (answer.type !== 'error') return answer;
    refused ??= answer;
    // What another host could say differently is only that it runs there.
    if (answer.code !== 'vm-not-running') break;
  }
  return refused;
}

function askHost(
  turn: Turn,
  planning: Planning,
  { vmId, consoleId, consoleType, takes }: Asked,
  hostId: string,
): QueryReply | undefined {
  const body = { kind: 'open-console', consoleId, consoleType, takes } as const;
  const question = { hostId, about: consoleId, body, vmId };
  const reply = ask(turn, question, freshFor(planning));
  if (reply.type === 'asked') return undefined;
  if (reply.type === 'failed') return { type: 'error', ...reply.error };
  if (reply.answer.kind !== 'open-console') return silent(hostId);
  return { type: 'open-console', hostId, end: reply.answer.end };
}

function silent(hostId: string): QueryReply {
  const message = `${hostId} has opened no way to it in time`;
  return { type: 'error', code: 'host-silent', message };
}
