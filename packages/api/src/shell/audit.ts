/** One log line for each change and each denial: who, what, how it ended. Never a body, never a token. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from './context.ts';
import { isDryRun } from './auth.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its POST changes nothing. */
    readonly isQuestion?: boolean;
  }
}

export function keepAudit(app: App): void {
  app.addHook('onResponse', (request, reply, done) => {
    if (isDenial(reply) || isChange(request)) {
      request.log.info(
        {
          audit: reply.problemCode ?? 'done',
          by: request.principal?.name,
          role: request.principal?.role,
          method: request.method,
          path: request.url.slice(0, 512),
          status: reply.statusCode,
          from: request.ip,
          made: reply.getHeader('location'),
        },
        isDenial(reply) ? 'denied' : 'change',
      );
    }
    done();
  });
}

function isDenial({ statusCode }: FastifyReply): boolean {
  return statusCode === 401 || statusCode === 403;
}

function isChange(request: FastifyRequest): boolean {
  if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return false;
  const { config, url } = request.routeOptions;
  if (url === undefined || config?.isQuestion === true) return false;
  return !(isDryRun(request) && config?.dryRunRole !== undefined);
}
