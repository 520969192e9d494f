/** /v1/pools/{pool}/orphans: files that no record names, as the leader has it from hosts; and one of them deleted. */
import { type api, DroverError, Name, parseValue, PoolPlace } from '@drover/protocol';
import { Type } from 'typebox';
import { deleteOrphan } from '../logic/orphans.ts';
import { afterKey, pageOf } from '../logic/page.ts';
import { requirePool } from '../logic/pools.ts';
import { sendAccepted } from './accepted.ts';
import { type App, type Context, newOperation } from './context.ts';
import { answers, bodies, closed, DryRun, Paging } from './schemas.ts';

const tags = ['pools'];
const params = Type.Object({ pool: Name }, closed);

export function orphanRoutes(app: App, context: Context): void {
  const { mirror, leader, writer } = context;

  app.get(
    '/v1/pools/:pool/orphans',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listOrphans',
        summary: 'Files of Drover’s naming in it that no record names',
        params,
        querystring: Paging,
        response: answers({ 200: bodies.orphans }),
      },
    },
    async ({ params: { pool }, query }) => {
      requirePool(mirror.records, pool);
      const after = placeOf(afterKey(query));
      const asked = { type: 'orphans', pool, ...(after === undefined ? {} : { after }) } as const;
      const { orphans, silent } = await leader.ask(asked);
      return { ...pageOf(orphans, query, { keyOf }), silent: [...silent] };
    },
  );

  app.delete(
    '/v1/pools/:pool/orphans/:file',
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'deleteOrphan',
        summary: 'Delete one of them, if it is one still and no VM has it open',
        params: Type.Object({ pool: Name, file: PoolPlace }, closed),
        querystring: Type.Object({ ...DryRun.properties, host: Type.Optional(Name) }, closed),
        response: answers({ 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const { host } = request.query;
      const orphan = { ...request.params, ...(host === undefined ? {} : { hostId: host }) };
      const ask = newOperation(request);
      await writer.write(request, (records) => deleteOrphan(records, orphan, ask));
      return sendAccepted(reply, context, ask.id);
    },
  );
}

function keyOf({ hostId = '', file }: api.OrphanBody): readonly string[] {
  return [hostId, file];
}

function placeOf(key: readonly (string | number)[] | undefined) {
  if (key === undefined) return undefined;
  const [hostId, place] = key;
  const file = parseValue(PoolPlace, place);
  if (!file.ok) {
    throw new DroverError('bad-request', 'continue is what an earlier page of this list said');
  }
  return { ...(hostId === '' ? {} : { hostId: String(hostId) }), file: file.value };
}
