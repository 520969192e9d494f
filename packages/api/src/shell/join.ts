/**
 * /v1/join: tokens with which hosts join, and joining. Who joins is nobody that the API knows: the proof is in the body,
 * and the answer carries one too, so that neither the secret nor trust in the way there is needed.
 */
import { encodeJoinToken, isProof, newJoinSecret, proofOf } from '@drover/join';
import { DroverError, joinAnswerText, joinRequestText, Uuid } from '@drover/protocol';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  createJoinToken,
  findJoinToken,
  join,
  joinTokenBody,
  refusedJoin,
  revokeJoinToken,
} from '../logic/join.ts';
import { pageOf } from '../logic/page.ts';
import { type App, type Context, idFor } from './context.ts';
import type { JoinPlaces } from './join-places.ts';
import { isFromSocket } from './peers.ts';
import { answers, bodies, closed, Paging } from './schemas.ts';

const tags = ['access'];
const config = { role: 'admin' } as const;
const params = Type.Object({ id: Uuid }, closed);
/** How long an API that has not heard of a token waits for etcd to tell. */
const hearMs = 2_000;

export function joinRoutes(app: App, context: Context, places: JoinPlaces): void {
  const { mirror, writer } = context;
  const show = (id: string) => joinTokenBody(findJoinToken(mirror.records, id).value, Date.now());

  app.get(
    '/v1/join/tokens',
    {
      config,
      schema: {
        tags,
        operationId: 'listJoinTokens',
        summary: 'Tokens with which hosts join, and what became of them; newest first',
        querystring: Paging,
        response: answers({ 200: bodies.joinTokens }),
      },
    },
    ({ query }) => {
      const all = [...mirror.records.joinTokens.values()]
        .map(({ value }) => joinTokenBody(value, Date.now()))
        .toSorted((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1));
      return pageOf(all, query, { keyOf: ({ createdAtMs, id }) => [-createdAtMs, id] });
    },
  );

  app.post(
    '/v1/join/tokens',
    {
      config,
      schema: {
        tags,
        operationId: 'createJoinToken',
        summary: 'Make a token with which one host joins, once; it is told this once',
        body: bodies.joinTokenCreate,
        response: answers({ 201: bodies.joinTokenCreated }),
      },
    },
    async (request, reply) => {
      const { body } = request;
      const addresses = [...(body.addresses ?? places.addresses ?? [askedAt(request)])];
      places.requireServers();
      const { secret, sha256 } = newJoinSecret();
      const by = request.principal?.name ?? '';
      const made = { id: idFor(request), sha256, by, atMs: Date.now() };
      await writer.write(request, (records) => createJoinToken(records, body, made));
      void reply.code(201);
      const { id } = made;
      const joinToken = show(id);
      if (request.formerIds !== undefined) return { joinToken };
      const { caSha256 } = places;
      const pinned = caSha256 === undefined ? {} : { caSha256 };
      return { joinToken, token: encodeJoinToken({ v: 1, id, secret, addresses, ...pinned }) };
    },
  );

  app.delete(
    '/v1/join/tokens/:id',
    {
      config,
      schema: {
        tags,
        operationId: 'revokeJoinToken',
        summary: 'No host joins with it any more; one that has stays',
        params,
        response: answers({ 200: bodies.joinToken }),
      },
    },
    async (request) => {
      const gone = show(request.params.id);
      await writer.write(request, (records) => revokeJoinToken(records, gone.id));
      return gone;
    },
  );

  app.post(
    '/v1/join',
    {
      config: { isOpen: true },
      schema: {
        tags,
        operationId: 'join',
        summary: 'A host joins, by a proof that it has a token; used by drover-agent join',
        security: [],
        body: bodies.join,
        response: answers({ 200: bodies.joined }),
      },
    },
    async (request) => {
      const { body } = request;
      // It may have been made by another API process just now.
      const token = await mirror.until(({ joinTokens }) => joinTokens.get(body.tokenId), hearMs);
      const key = token?.value.sha256;
      if (key === undefined || !isProof(body.proof, key, joinRequestText(body))) {
        throw refusedJoin('the token is not known here, or was revoked');
      }
      const natsServers = [...places.requireServers()];
      await writer.write(request, (records) => join(records, body, Date.now()));
      const proof = proofOf(key, joinAnswerText(body, natsServers));
      return { host: body.host, natsServers, proof };
    },
  );
}

/** Where a host finds this API, as far as who asks has shown it. */
function askedAt(request: FastifyRequest): string {
  const { hostname } = request;
  if (!isFromSocket(request.raw.socket) && !/^(localhost|127\.|\[?::1)/.test(hostname)) {
    return `${request.protocol}://${request.host}`;
  }
  throw new DroverError(
    'bad-request',
    'where hosts find this API is not known: say “addresses”, or set join.addresses in its configuration',
  );
}
