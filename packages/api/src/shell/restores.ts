/** /v1/hosts/{host}/restore: it takes VMs again, and those that a drain moved away go back. */
import { Name } from '@drover/protocol';
import { Type } from 'typebox';
import { startRestore } from '../logic/decide-restore.ts';
import { requireHost } from '../logic/hosts.ts';
import { restorePlanBody } from '../logic/leader-answers.ts';
import { sendAccepted } from './accepted.ts';
import { isDryRun } from './auth.ts';
import { type App, type Context, newOperation } from './context.ts';
import { answers, bodies, closed, DryRun } from './schemas.ts';
import { bodyMayBeAbsent } from './validation.ts';

const params = Type.Object({ host: Name }, closed);

export function restoreRoutes(app: App, context: Context): void {
  const { mirror, leader, writer } = context;
  app.post(
    '/v1/hosts/:host/restore',
    {
      config: { role: 'operator', dryRunRole: 'viewer' },
      preValidation: bodyMayBeAbsent,
      schema: {
        tags: ['hosts'],
        operationId: 'restoreHost',
        summary:
          'Let it take VMs again, and bring back those that a drain moved away; with dryRun=true only the plan is made',
        params,
        querystring: DryRun,
        body: bodies.restoreStart,
        response: answers({ 200: bodies.restorePlan, 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const { host } = request.params;
      if (isDryRun(request)) {
        requireHost(mirror.records, host);
        const { plan, unchecked } = await leader.ask({ type: 'plan-restore', hostId: host });
        return restorePlanBody(host, plan, unchecked);
      }
      const ask = newOperation(request);
      await writer.write(request, (records) => startRestore(records, host, request.body, ask));
      return sendAccepted(reply, context, ask.id);
    },
  );
}
