/** /v1/events: the stream of what changes, as server-sent events. */
import { DroverError } from '@drover/protocol';
import { Type } from 'typebox';
import type { App, Context } from './context.ts';
import { answers, closed } from './schemas.ts';

/** A client that comes from another API process may be a moment ahead of this one. */
const catchUpMs = 2_000;
const Since = Type.Object(
  { since: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' })) },
  closed,
);

export function eventRoutes(app: App, { mirror, events }: Context): void {
  app.get(
    '/v1/events',
    {
      exposeHeadRoute: false,
      config: { role: 'viewer' },
      schema: {
        tags: ['events'],
        operationId: 'followEvents',
        summary: 'What changes, as server-sent events; Last-Event-ID or since resumes',
        querystring: Since,
        produces: ['text/event-stream'],
        response: answers({ 200: Type.String({ description: 'text/event-stream' }) }),
      },
    },
    async (request, reply) => {
      const asked = request.headers['last-event-id'] ?? request.query.since;
      if (asked !== undefined && !/^[0-9]{1,15}$/.test(String(asked))) {
        throw new DroverError('bad-request', 'Last-Event-ID is a revision: decimal digits');
      }
      if (!mirror.isLoaded)
        throw new DroverError('store-unavailable', 'etcd has not been read yet');
      const from = asked === undefined ? mirror.heardRevision : Number(asked);
      if (!(await mirror.reaches(from, catchUpMs))) {
        throw new DroverError(
          'gone',
          `revision ${from} is ahead of what etcd has; was it restored? list, then listen anew`,
        );
      }
      events.open(from, () => {
        const headers = reply.getHeaders();
        reply.hijack();
        reply.raw.writeHead(200, {
          ...(headers as Record<string, string>),
          'content-type': 'text/event-stream; charset=utf-8',
          'x-accel-buffering': 'no',
        });
        return reply.raw;
      });
      return reply;
    },
  );
}
