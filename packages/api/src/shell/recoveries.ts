/** /v1/hosts/{host}/recover: it is off, says a person, and its VMs start elsewhere. */
import { Name } from '@drover/protocol';
import { Type } from 'typebox';
import { startRecovery } from '../logic/decide-recovery.ts';
import { sendAccepted } from './accepted.ts';
import { type App, type Context, newOperation } from './context.ts';
import { answers, bodies, closed } from './schemas.ts';

const params = Type.Object({ host: Name }, closed);

export function recoveryRoutes(app: App, context: Context): void {
  app.post(
    '/v1/hosts/:host/recover',
    {
      config: { role: 'admin' },
      schema: {
        tags: ['hosts'],
        operationId: 'recoverHost',
        summary: 'Say that a host is off, and start its VMs elsewhere',
        params,
        body: bodies.recoveryStart,
        response: answers({ 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const { host } = request.params;
      const ask = newOperation(request);
      await context.writer.write(request, (records) =>
        startRecovery(records, host, request.body, ask),
      );
      return sendAccepted(reply, context, ask.id);
    },
  );
}
