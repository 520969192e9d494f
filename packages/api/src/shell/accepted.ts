/** The answer to what was accepted and is under way: its operation, and where to follow it. */
import type { api } from '@drover/protocol';
import type { FastifyReply } from 'fastify';
import { progressById } from '../logic/migrations.ts';
import { operationBody, requireOperation } from '../logic/operations.ts';
import type { Context } from './context.ts';

/** From the records alone, so that it can be sent whoever else is away. */
export function sendAccepted(
  reply: FastifyReply,
  { mirror }: Context,
  id: string,
): api.OperationBody {
  void reply.code(202).header('location', `/v1/operations/${id}`);
  return operationBody(mirror.records, requireOperation(mirror.records, id));
}

/** With the progress of a migration that runs, where the leader can be asked. */
export async function showOperation(
  { mirror, leader }: Context,
  id: string,
): Promise<api.OperationBody> {
  const { type, state } = requireOperation(mirror.records, id);
  const asked = type === 'migrate' && state === 'running';
  const answer = asked ? await leader.askIfThere({ type: 'progress' }) : undefined;
  const operation = requireOperation(mirror.records, id);
  const progress = operation.state === 'running' ? progressById(answer?.migrations) : undefined;
  return operationBody(mirror.records, operation, progress?.get(id));
}
