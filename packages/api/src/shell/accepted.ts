/** The answer to what was accepted and is under way: its operation, and where to follow it. */
import type { api } from '@drover/protocol';
import type { FastifyReply } from 'fastify';
import { progressById } from '../logic/migrations.ts';
import { isOnStorage, operationBody, requireOperation, storageById } from '../logic/operations.ts';
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

/** With the progress of what runs, where the leader can be asked. */
export async function showOperation(
  { mirror, leader }: Context,
  id: string,
): Promise<api.OperationBody> {
  const { type, state } = requireOperation(mirror.records, id);
  const asked = (type === 'migrate' || isOnStorage(type)) && state === 'running';
  const answer = asked ? await leader.askIfThere({ type: 'progress' }) : undefined;
  const operation = requireOperation(mirror.records, id);
  if (operation.state !== 'running') return operationBody(mirror.records, operation);
  const progress = progressById(answer?.migrations).get(id);
  return operationBody(mirror.records, operation, progress, storageById(answer?.storage).get(id));
}
