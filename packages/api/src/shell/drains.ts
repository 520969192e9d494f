/** /v1/hosts/{host}/drain: the plan, the drain, and taking it back. */
import { Name } from '@drover/protocol';
import { Type } from 'typebox';
import { cancelDrain, drainOf, startDrain } from '../logic/decide-drain.ts';
import { pauseDrain, resumeDrain, retryInDrain } from '../logic/change-drain.ts';
import { requireHost } from '../logic/hosts.ts';
import { drainPlanBody } from '../logic/leader-answers.ts';
import { type App, type Context, newOperation } from './context.ts';
import { sendAccepted, showOperation } from './accepted.ts';
import { isDryRun } from './auth.ts';
import { bodyMayBeAbsent } from './validation.ts';
import { answers, bodies, closed, DryRun } from './schemas.ts';

const params = Type.Object({ host: Name }, closed);
const tags = ['hosts'];
const path = '/v1/hosts/:host/drain';

export function drainRoutes(app: App, context: Context): void {
  const { mirror, leader, writer } = context;

  app.post(
    path,
    {
      config: { role: 'operator', dryRunRole: 'viewer' },
      preValidation: bodyMayBeAbsent,
      schema: {
        tags,
        operationId: 'drainHost',
        summary: 'Move all VMs away; with dryRun=true only the plan is made',
        params,
        querystring: DryRun,
        body: bodies.drainStart,
        response: answers({ 200: bodies.drainPlan, 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const { host } = request.params;
      if (isDryRun(request)) {
        requireHost(mirror.records, host);
        const { parallel, migration } = request.body;
        const { plan, unchecked } = await leader.ask({
          type: 'plan-drain',
          hostId: host,
          ...(parallel === undefined ? {} : { parallel }),
          ...(migration === undefined ? {} : { migration }),
        });
        return drainPlanBody(plan, unchecked);
      }
      const ask = newOperation(request);
      await writer.write(request, (records) => startDrain(records, host, request.body, ask));
      return sendAccepted(reply, context, ask.id);
    },
  );

  app.get(
    path,
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'getDrain',
        summary: 'The newest drain of the host',
        params,
        response: answers({ 200: bodies.operation }),
      },
    },
    ({ params: { host } }) => showOperation(context, drainOf(mirror.records, host)),
  );

  app.delete(
    path,
    {
      config: { role: 'operator' },
      schema: {
        tags,
        operationId: 'cancelDrain',
        summary: 'Start no further move and abort those in flight; what has moved stays moved',
        params,
        response: answers({ 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const { host } = request.params;
      const ask = newOperation(request);
      await writer.write(request, (records) => cancelDrain(records, host, ask));
      return sendAccepted(reply, context, drainOf(mirror.records, host));
    },
  );

  const said = [
    [
      'pause',
      'pauseDrain',
      'Begin no move until it is resumed; those in flight are made',
      pauseDrain,
    ],
    ['resume', 'resumeDrain', 'Go on with a drain that was paused', resumeDrain],
  ] as const;
  for (const [verb, operationId, summary, decide] of said) {
    app.post(
      `${path}/${verb}`,
      {
        config: { role: 'operator' },
        schema: {
          tags,
          operationId,
          summary,
          params,
          response: answers({ 202: bodies.operation }),
        },
      },
      async (request, reply) => {
        const { host } = request.params;
        const ask = newOperation(request);
        await writer.write(request, (records) => decide(records, host, ask));
        return sendAccepted(reply, context, drainOf(mirror.records, host));
      },
    );
  }

  app.post(
    `${path}/retry`,
    {
      config: { role: 'operator' },
      schema: {
        tags,
        operationId: 'retryInDrain',
        summary: 'Try a VM that could not leave once more, while the drain is under way',
        params,
        body: bodies.drainRetry,
        response: answers({ 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const { host } = request.params;
      const ask = newOperation(request);
      await writer.write(request, (records) => retryInDrain(records, host, request.body, ask));
      return sendAccepted(reply, context, drainOf(mirror.records, host));
    },
  );
}
