/**
 * /v1/login: how people may log in, and logging in at an OIDC issuer. Two of them are for browsers that are sent there: what
 * they end with is a cookie and the console, or the console's page with what went wrong.
 */
import { DroverError } from '@drover/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { createSession, type Principal } from '../logic/access.ts';
import type { Note } from './audit.ts';
import type { App, Context } from './context.ts';
import { isSecure, loginCookie, loginPassOf, sessionCookie } from './cookies.ts';
import type { OidcLogin } from './oidc-login.ts';
import { answers, bodies } from './schemas.ts';
import { newSecret, newToken } from './tokens.ts';

const tags = ['access'];
const config = { isOpen: true } as const;
const redirect = { 303: Type.Null({ description: 'The way on, in Location' }) };

/** What an issuer sends along is the issuer's to choose. */
const FromIssuer = Type.Object(
  { code: Type.Optional(Type.String()), state: Type.Optional(Type.String()) },
  { additionalProperties: true },
);

export interface LoginParts {
  readonly oidc: OidcLogin | undefined;
  readonly note: Note;
}

export function loginRoutes(app: App, { mirror, writer }: Context, parts: LoginParts): void {
  const { oidc, note } = parts;

  app.get(
    '/v1/login',
    {
      config,
      schema: {
        tags,
        operationId: 'waysToLogIn',
        summary: 'How people may log in, besides with a token',
        security: [],
        response: answers({ 200: bodies.loginWays }),
      },
    },
    () => (oidc === undefined ? {} : { oidc: { label: oidc.label } }),
  );

  app.get(
    '/v1/login/oidc',
    {
      config,
      exposeHeadRoute: false,
      schema: {
        tags,
        operationId: 'beginLogin',
        summary: 'Sends a browser to the OIDC issuer; for people, not for programs',
        security: [],
        response: answers(redirect),
      },
    },
    async (request, reply) => {
      const { url, pass } = await configured(oidc).begin();
      void reply.header('set-cookie', loginCookie(pass, isSecure(request)));
      return reply.redirect(url, 303);
    },
  );

  app.get(
    '/v1/login/oidc/callback',
    {
      config,
      exposeHeadRoute: false,
      schema: {
        tags,
        operationId: 'endLogin',
        summary: 'Where the issuer sends a browser back to: a session, and the console',
        security: [],
        querystring: FromIssuer,
        response: answers(redirect),
      },
    },
    async (request, reply) => {
      const login = configured(oidc);
      try {
        request.principal = await whoComesBack(login, request);
        const { secret, sha256 } = newSecret();
        const made = newToken(request, sha256);
        await writer.write(request, (records) => createSession(records, made));
        const { expiresAtMs = made.atMs } = mirror.records.tokens.get(made.id)?.value ?? {};
        const cookie = sessionCookie(
          secret,
          secondsUntil(expiresAtMs, made.atMs),
          isSecure(request),
        );
        void reply.header('set-cookie', [cookie, loginCookie(undefined, isSecure(request))]);
        note(request, 303);
        return await reply.redirect('/', 303);
      } catch (error) {
        if (!(error instanceof DroverError)) throw error;
        request.log.warn({ code: error.code }, `a login failed: ${error.message}`);
        note(request, 303, error.code);
        return backWith(reply, error, isSecure(request));
      }
    },
  );
}

function configured(oidc: OidcLogin | undefined): OidcLogin {
  if (oidc !== undefined) return oidc;
  throw new DroverError('route-not-found', 'nobody logs in here by OIDC; see docs/api.md');
}

/** Throws `login-failed` also where the login was not begun in this browser, or long ago. */
async function whoComesBack(login: OidcLogin, request: FastifyRequest): Promise<Principal> {
  const pass = loginPassOf(request.headers.cookie);
  if (pass === undefined) {
    throw new DroverError(
      'login-failed',
      'the login was not begun here, or too long ago; begin again',
    );
  }
  return login.end(new URL(request.url, 'http://api').searchParams, pass);
}

/** What stands after `#` is sent to no server. */
function backWith(
  reply: FastifyReply,
  { message }: DroverError,
  isSecureHere: boolean,
): FastifyReply {
  void reply.header('set-cookie', loginCookie(undefined, isSecureHere));
  return reply.redirect(`/#problem=${encodeURIComponent(message)}`, 303);
}

function secondsUntil(expiresAtMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((expiresAtMs - nowMs) / 1000));
}
