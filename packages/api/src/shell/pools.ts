/** /v1/pools: what pools are declared and how they are, declaring one, changing its limits, and its end. */
import { Name } from '@drover/protocol';
import { Type } from 'typebox';
import { pageOf } from '../logic/page.ts';
import {
  changePool,
  checkPoolType,
  declarePool,
  deletePool,
  examinePool,
  listPools,
  poolBody,
  requirePool,
} from '../logic/pools.ts';
import { sendAccepted } from './accepted.ts';
import { type App, type Context, newOperation, newThing } from './context.ts';
import { answers, bodies, closed, Paging } from './schemas.ts';

const tags = ['pools'];
const params = Type.Object({ pool: Name }, closed);

export function poolRoutes(app: App, context: Context): void {
  const { mirror, writer, leader } = context;
  const one = async (name: string) => {
    const { value } = requirePool(mirror.records, name);
    const statuses = (await leader.askIfThere({ type: 'pools', name }))?.pools;
    return poolBody(mirror.records, value, statuses);
  };

  app.get(
    '/v1/pools',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listPools',
        summary: 'All pools, and how they are',
        querystring: Paging,
        response: answers({ 200: bodies.pools }),
      },
    },
    async ({ query }) => {
      const statuses = (await leader.askIfThere({ type: 'pools' }))?.pools;
      return pageOf(listPools(mirror.records, statuses), query, { keyOf: ({ name }) => [name] });
    },
  );

  app.post(
    '/v1/pools',
    {
      config: { role: 'admin' },
      preValidation: (request, _reply, done) => {
        checkPoolType(request.body);
        done();
      },
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
      await writer.write(request, (records) => declarePool(records, body, ask));
      void reply.code(201);
      return poolBody(mirror.records, requirePool(mirror.records, body.name).value, undefined);
    },
  );

  app.get(
    '/v1/pools/:pool',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'getPool',
        summary: 'One pool: its state on each host, room, trend, alarms, what protects it',
        params,
        response: answers({ 200: bodies.pool }),
      },
    },
    ({ params: { pool } }) => one(pool),
  );

  app.patch(
    '/v1/pools/:pool',
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'changePool',
        summary: 'Change how much of it may be promised, and from when on people are told',
        params,
        body: bodies.poolChange,
        response: answers({ 200: bodies.pool }),
      },
    },
    async (request) => {
      const { pool } = request.params;
      const { body } = request;
      await writer.write(request, (records) => changePool(records, pool, body));
      return one(pool);
    },
  );

  app.delete(
    '/v1/pools/:pool',
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'deletePool',
        summary: 'Declare it no longer; nothing may lie in it, and no file is deleted',
        params,
        response: answers({ 200: bodies.pool }),
      },
    },
    async (request) => {
      const { pool } = request.params;
      const { value: gone } = requirePool(mirror.records, pool);
      await writer.write(request, (records) => deletePool(records, pool));
      return poolBody(mirror.records, gone, undefined);
    },
  );

  app.post(
    '/v1/pools/:pool/doctor',
    {
      config: { role: 'operator' },
      schema: {
        tags,
        operationId: 'examinePool',
        summary: 'Let all hosts look at it together: mounts, owners, each other’s locks',
        params,
        response: answers({ 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const { pool } = request.params;
      const ask = newOperation(request);
      await writer.write(request, (records) => examinePool(records, pool, ask));
      return sendAccepted(reply, context, ask.id);
    },
  );
}
