/** /v1/operations and /v1/migrations: what was asked for and what became of it; waiting; cancelling. */
import { OperationId, OperationState, OperationType } from '@drover/protocol';
import { Type } from 'typebox';
import { cancelOperation } from '../logic/cancel-operation.ts';
import { cancelMigration } from '../logic/decide-drain.ts';
import { listMigrations, startOf } from '../logic/migrations.ts';
import { pageOf } from '../logic/page.ts';
import { isOpen, listOperations, requireOperation } from '../logic/operations.ts';
import { sendAccepted, showOperation } from './accepted.ts';
import { type App, type Context, newOperation } from './context.ts';
import { answers, bodies, closed, Paging } from './schemas.ts';

const params = Type.Object({ operation: OperationId }, closed);
const tags = ['operations'];
/** Most people want to see the last ones. */
const shownUnasked = '100';
const longestWaitSeconds = 60;

const OfOperations = Type.Object(
  {
    ...Paging.properties,
    state: Type.Optional(OperationState),
    type: Type.Optional(OperationType),
  },
  closed,
);
const Wait = Type.Object(
  { wait: Type.Optional(Type.String({ pattern: '^[0-9]{1,3}s$' })) },
  closed,
);

export function operationRoutes(app: App, context: Context): void {
  const { mirror, leader, writer, ending } = context;

  app.get(
    '/v1/operations',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listOperations',
        summary: 'Operations, newest first',
        querystring: OfOperations,
        response: answers({ 200: bodies.operations }),
      },
    },
    ({ query: { limit = shownUnasked, continue: after, ...filter } }) =>
      listOperations(mirror.records, filter, { limit, continue: after }),
  );

  app.get(
    '/v1/operations/:operation',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'getOperation',
        summary: 'One operation; with wait=30s the answer comes at its end, or after that time',
        params,
        querystring: Wait,
        response: answers({ 200: bodies.operation }),
      },
    },
    async (request, reply) => {
      const { operation: id } = request.params;
      const seconds = Math.min(Number.parseInt(request.query.wait ?? '0', 10), longestWaitSeconds);
      if (seconds > 0) {
        const left = new AbortController();
        reply.raw.once('close', () => left.abort());
        await mirror.until(
          (records) => (isOpen(requireOperation(records, id)) ? undefined : true),
          seconds * 1000,
          AbortSignal.any([left.signal, ending]),
        );
      }
      return showOperation(context, id);
    },
  );

  app.delete(
    '/v1/operations/:operation',
    {
      config: { role: 'operator' },
      schema: {
        tags,
        operationId: 'cancelOperation',
        summary:
          'Cancel one on an image or a volume, of which nothing is left, or a restore, whose moves stay made',
        params,
        response: answers({ 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const { operation: id } = request.params;
      const ask = newOperation(request);
      await writer.write(request, (records) => cancelOperation(records, id, ask));
      return sendAccepted(reply, context, id);
    },
  );

  app.get(
    '/v1/migrations',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listMigrations',
        summary: 'Migrations in flight, with their progress',
        querystring: Paging,
        response: answers({ 200: bodies.migrations }),
      },
    },
    async ({ query }) => {
      const answer = await leader.askIfThere({ type: 'progress' });
      return pageOf(listMigrations(mirror.records, answer?.migrations), query, {
        keyOf: ({ operationId }) => [startOf(mirror.records, operationId), operationId],
      });
    },
  );

  app.delete(
    '/v1/migrations/:operation',
    {
      config: { role: 'operator' },
      schema: {
        tags,
        operationId: 'cancelMigration',
        summary: 'Abort a migration that was asked for; the VM stays where it is',
        params,
        response: answers({ 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const { operation: id } = request.params;
      const ask = newOperation(request);
      await writer.write(request, (records) => cancelMigration(records, id, ask));
      return sendAccepted(reply, context, id);
    },
  );
}
