/** /v1/dump: the cluster as the leader sees it, as text: for a report of a fault, and to plan with elsewhere. */
import { Type } from 'typebox';
import type { App, Context } from './context.ts';
import { answers } from './schemas.ts';

export function dumpRoutes(app: App, { leader }: Context): void {
  app.get(
    '/v1/dump',
    {
      config: { role: 'viewer' },
      schema: {
        tags: ['system'],
        operationId: 'dumpCluster',
        summary: 'The whole cluster as canonical JSON, one line for each thing in it',
        response: answers({ 200: Type.Unsafe<string>({ type: 'object' }) }),
      },
    },
    async (_request, reply) => {
      const { text } = await leader.ask({ type: 'dump' });
      void reply.header('content-type', 'application/json').serializer(String);
      return text;
    },
  );
}
