/** /v1/session: who am I; a cookie for a browser, from a token or what an OIDC issuer signed; and logging out. */
import { type api, DroverError } from '@drover/protocol';
import { createSession, type Principal, revokeToken } from '../logic/access.ts';
import type { App, Context } from './context.ts';
import { csrfOf, isSecure, sessionCookie } from './cookies.ts';
import { answers, bodies } from './schemas.ts';
import { newSecret, newToken } from './tokens.ts';

const path = '/v1/session';
const tags = ['access'];
const config = { role: 'viewer' } as const;

export function sessionRoutes(app: App, { mirror, writer }: Context): void {
  app.get(
    path,
    {
      config,
      schema: {
        tags,
        operationId: 'getSession',
        summary: 'Who am I, what may I, and for how long',
        response: answers({ 200: bodies.session }),
      },
    },
    (request) => sessionBody(request.principal as Principal),
  );

  app.post(
    path,
    {
      config,
      schema: {
        tags,
        operationId: 'logIn',
        summary:
          'Log a browser in: the token that this is asked with becomes a cookie of twelve hours',
        response: answers({ 201: bodies.session }),
      },
    },
    async (request, reply) => {
      const owner = request.principal as Principal;
      if (owner.via === 'session') {
        throw new DroverError('bad-request', 'this is a session already; log in with a token');
      }
      const { secret, sha256 } = newSecret();
      const made = newToken(request, sha256);
      await writer.write(request, (records) => createSession(records, made));
      const record = mirror.records.tokens.get(made.id)?.value;
      const { expiresAtMs = made.atMs } = record ?? {};
      // Of one that was made before nobody knows the secret any more.
      if (request.formerIds === undefined) {
        const seconds = Math.max(0, Math.floor((expiresAtMs - made.atMs) / 1000));
        void reply.header('set-cookie', sessionCookie(secret, seconds, isSecure(request)));
      }
      void reply.code(201);
      const csrf = request.formerIds === undefined ? { csrf: csrfOf(secret) } : {};
      return sessionBody({ ...owner, via: 'session', expiresAtMs, ...csrf });
    },
  );

  app.delete(
    path,
    {
      config,
      schema: {
        tags,
        operationId: 'logOut',
        summary: 'Log out: the cookie is good for nothing from then on',
        response: answers({ 200: bodies.session }),
      },
    },
    async (request, reply) => {
      const { tokenId, ...who } = request.principal as Principal;
      if (who.via !== 'session' || tokenId === undefined) {
        throw new DroverError(
          'bad-request',
          'this is no session; a token is revoked, not logged out',
        );
      }
      await writer.write(request, (records) => revokeToken(records, tokenId));
      void reply.header('set-cookie', sessionCookie('', 0, isSecure(request)));
      return sessionBody(who);
    },
  );
}

function sessionBody({ name, role, via, scopes, expiresAtMs, csrf }: Principal): api.SessionBody {
  return {
    name,
    role,
    via,
    ...(scopes === undefined ? {} : { scopes: [...scopes] }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    ...(csrf === undefined ? {} : { csrf }),
  };
}
