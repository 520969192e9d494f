/** /v1/tokens: what tokens there are, making one, revoking one. The secret of one is told once, to who makes it. */
import { createHash, randomBytes } from 'node:crypto';
import { Name } from '@drover/protocol';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  createToken,
  findToken,
  isUseNews,
  type NewToken,
  noteUse,
  type Principal,
  revokeToken,
  tokenBody,
} from '../logic/access.ts';
import { pageOf } from '../logic/page.ts';
import type { Auth } from './auth.ts';
import { type App, type Context, idFor } from './context.ts';
import { answers, bodies, closed, Paging } from './schemas.ts';

const tags = ['access'];
const params = Type.Object({ token: Name }, closed);
const config = { role: 'admin' } as const;

/** 256 bits that nobody guesses. */
export function newSecret(): { readonly secret: string; readonly sha256: string } {
  const secret = randomBytes(32).toString('base64url');
  return { secret, sha256: createHash('sha256').update(secret).digest('hex') };
}

/** Of the request that makes it: who owns it. */
export function newToken(request: FastifyRequest, sha256: string): NewToken {
  const owner = request.principal as Principal;
  return { id: idFor(request), sha256, owner, atMs: Date.now() };
}

/** That tokens are used: by the hour, in the background, and whether or not that succeeds. */
export function notingUse({ mirror, writer }: Context): (principal: Principal) => void {
  const underWay = new Set<string>();
  return ({ tokenId = '' }) => {
    const token = mirror.isLoaded ? mirror.records.tokens.get(tokenId)?.value : undefined;
    if (token === undefined || underWay.has(tokenId) || !isUseNews(token, Date.now())) return;
    underWay.add(tokenId);
    void writer
      .carryOut((records) => noteUse(records, tokenId, Date.now()))
      .catch(() => undefined)
      .finally(() => underWay.delete(tokenId));
  };
}

export function tokenRoutes(app: App, { mirror, writer }: Context, auth: Auth): void {
  const { configured } = auth;
  const show = (ref: string) => {
    const { value } = findToken(mirror.records, ref);
    return tokenBody(mirror.records, value, configured, Date.now());
  };

  app.get(
    '/v1/tokens',
    {
      config,
      schema: {
        tags,
        operationId: 'listTokens',
        summary:
          'All tokens that are kept, and the sessions of people; not those of the configuration',
        querystring: Paging,
        response: answers({ 200: bodies.tokens }),
      },
    },
    ({ query }) => {
      const all = [...mirror.records.tokens.values()]
        .map(({ value }) => tokenBody(mirror.records, value, configured, Date.now()))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
      return pageOf(all, query, { keyOf: ({ name }) => [name] });
    },
  );

  app.post(
    '/v1/tokens',
    {
      config,
      schema: {
        tags,
        operationId: 'createToken',
        summary:
          'Make a token; it never has more than who makes it, and its secret is told this once',
        body: bodies.tokenCreate,
        response: answers({ 201: bodies.tokenCreated }),
      },
    },
    async (request, reply) => {
      const { body } = request;
      const { secret, sha256 } = newSecret();
      const made = newToken(request, sha256);
      await writer.write(request, (records) => createToken(records, body, made, configured));
      void reply.code(201);
      const token = show(made.id);
      return request.formerIds === undefined ? { token, secret } : { token };
    },
  );

  app.get(
    '/v1/tokens/:token',
    {
      config,
      schema: {
        tags,
        operationId: 'getToken',
        summary: 'One token, by id or name',
        params,
        response: answers({ 200: bodies.token }),
      },
    },
    ({ params: { token } }) => show(token),
  );

  app.delete(
    '/v1/tokens/:token',
    {
      config,
      schema: {
        tags,
        operationId: 'revokeToken',
        summary: 'Revoke it, and with it those that it made',
        params,
        response: answers({ 200: bodies.token }),
      },
    },
    async (request) => {
      const gone = show(request.params.token);
      await writer.write(request, (records) => revokeToken(records, gone.id));
      return gone;
    },
  );
}
