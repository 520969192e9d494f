/** /v1/pools: what pools are declared, and declaring one. */
import { declarePool, listPools } from '../logic/pools.ts';
import { type App, type Context, newThing } from './context.ts';
import { answers, bodies } from './schemas.ts';

const tags = ['pools'];

export function poolRoutes(app: App, { mirror, writer }: Context): void {
  app.get(
    '/v1/pools',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listPools',
        summary: 'All pools',
        response: answers({ 200: bodies.pools }),
      },
    },
    () => ({ items: [...listPools(mirror.records)] }),
  );

  app.post(
    '/v1/pools',
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'declarePool',
        summary: 'Declare a pool; every host then defines, starts and checks it',
        body: bodies.poolCreate,
        response: answers({ 201: bodies.pool }),
      },
    },
    async (request, reply) => {
      const { body } = request;
      const ask = newThing(request);
      await writer.write((records) => declarePool(records, body, ask));
      void reply.code(201);
      return { ...body, uuid: ask.id, createdAtMs: ask.atMs };
    },
  );
}
