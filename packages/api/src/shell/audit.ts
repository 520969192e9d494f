/**
 * One entry for each change and each denial: who, what, from where, how it ended. Never a body, never a token. In the
 * process' log, in its audit file, and at /v1/audit.
 */
import { hostname } from 'node:os';
import { type api, type ErrorCode, Label } from '@drover/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AuditLog } from '../logic/audit-log.ts';
import { AuditFile, type AuditFileOptions } from './audit-file.ts';
import { isDryRun } from './auth.ts';
import type { App } from './context.ts';
import { isFromSocket } from './peers.ts';
import { answers, bodies, closed, Paging } from './schemas.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its POST changes nothing. */
    readonly isQuestion?: boolean;
  }
}

const Asked = Type.Object(
  {
    ...Paging.properties,
    by: Type.Optional(Label),
    outcome: Type.Optional(
      Type.Union([Type.Literal('done'), Type.Literal('denied'), Type.Literal('refused')]),
    ),
  },
  closed,
);

/** Notes what an answer's status does not tell. `denied`: why somebody was not let in. */
export type Note = (request: FastifyRequest, status: number, denied?: ErrorCode) => void;

/** To be called before the routes are made. */
export function keepAudit(app: App, options: AuditFileOptions | undefined): Note {
  const log = new AuditLog();
  const file = new AuditFile(log, options, (text) => app.log.warn(text));
  const keep = (request: FastifyRequest, entry: Omit<api.AuditEntry, 'id'>) => {
    file.add(entry);
    const { code: audit = 'done', requestId: _, atMs: __, outcome, ...shown } = entry;
    request.log.info({ audit, ...shown }, outcome === 'denied' ? 'denied' : 'change');
  };
  app.addHook('onResponse', (request, reply, done) => {
    if (isDenial(reply) || isChange(request)) keep(request, entryOf(request, reply));
    done();
  });

  app.get(
    '/v1/audit',
    {
      config: { role: 'admin' },
      schema: {
        tags: ['access'],
        operationId: 'listAudit',
        summary: 'What was changed and denied by this API process, newest first',
        querystring: Asked,
        response: answers({ 200: bodies.audit }),
      },
    },
    ({ query: { by, outcome, ...page } }) => ({
      ...log.list({ by, outcome }, page),
      api: hostname(),
    }),
  );
  return (request, status, code) => {
    const how =
      code === undefined ? { outcome: 'done' as const } : { outcome: 'denied' as const, code };
    keep(request, { ...whoAsked(request), ...how, status });
  };
}

function entryOf(request: FastifyRequest, reply: FastifyReply): Omit<api.AuditEntry, 'id'> {
  const made = reply.getHeader('location');
  return {
    ...whoAsked(request),
    outcome: isDenial(reply) ? 'denied' : reply.statusCode < 300 ? 'done' : 'refused',
    status: reply.statusCode,
    ...(reply.problemCode === undefined ? {} : { code: reply.problemCode }),
    ...(typeof made === 'string' ? { made } : {}),
  };
}

function whoAsked(request: FastifyRequest) {
  const { principal } = request;
  return {
    atMs: Date.now(),
    ...(principal === undefined
      ? {}
      : { by: principal.name, role: principal.role, via: principal.via }),
    from: isFromSocket(request.raw.socket) ? 'socket' : request.ip,
    method: request.method,
    // An issuer sends the code of a login along: what proves something is not kept.
    path: (isOpenRoute(request) ? request.url.replace(/\?.*/, '') : request.url).slice(0, 512),
    requestId: request.id,
  };
}

function isOpenRoute({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.config?.isOpen === true;
}

function isDenial({ statusCode }: FastifyReply): boolean {
  return statusCode === 401 || statusCode === 403;
}

function isChange(request: FastifyRequest): boolean {
  if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return false;
  const { config, url } = request.routeOptions;
  if (url === undefined || config?.isQuestion === true) return false;
  return !isDryRun(request);
}
