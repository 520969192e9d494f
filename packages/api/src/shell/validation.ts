/**
 * Nothing is ignored: a field, a query parameter or a body that a route does not know is refused. Who sends
 * `?dryRun=true` where there is no dry run must not have it carried out.
 */
import { DroverError } from '@drover/protocol';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { Type } from 'typebox';
import type { App } from './context.ts';

/** Ajv as strict as it goes: no coercion, no defaults, nothing removed. */
export const ajvOptions = {
  removeAdditional: false,
  coerceTypes: false,
  useDefaults: false,
  allErrors: false,
} as const;

const NoQuery = Type.Object({}, { additionalProperties: false });

export function refuseWhatIsNotKnown(app: App): void {
  app.addHook('onRoute', (route: RouteOptions) => {
    if (!route.url.startsWith('/v1')) return;
    route.schema ??= {};
    route.schema.querystring ??= NoQuery;
  });
  app.addHook('preValidation', (request, _reply, done) => {
    const takesBody = request.routeOptions.schema?.body !== undefined;
    const isStream = request.routeOptions.config.streams === true;
    if (takesBody || isStream || isNothing(request.body)) return done();
    const message = `${request.method} ${request.routeOptions.url} takes no body`;
    done(new DroverError('invalid-body', message));
  });
}

function isNothing(body: unknown): boolean {
  if (body === undefined) return true;
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  return isObject && Object.keys(body).length === 0;
}

/** `post /v1/vms/{vm}/save`, of routes that are made from now on and take a request without a body as well. */
export function rememberAbsentBodies(app: App): ReadonlySet<string> {
  const found = new Set<string>();
  app.addHook('onRoute', ({ url, method, preValidation }: RouteOptions) => {
    if (![preValidation].flat().includes(bodyMayBeAbsent as never)) return;
    for (const one of [method].flat()) {
      found.add(`${one.toLowerCase()} ${url.replaceAll(/:([a-z]+)/g, '{$1}')}`);
    }
  });
  return found;
}

/** For a body whose fields are all optional. */
export function bodyMayBeAbsent(
  request: FastifyRequest,
  _reply: FastifyReply,
  done: () => void,
): void {
  if (request.body === undefined) request.body = {};
  done();
}
