/** /v1/balance and /v1/recommendations: how even the cluster is, and what would make it better. */
import { RecommendationId } from '@drover/protocol';
import { Type } from 'typebox';
import {
  applyRecommendation,
  balanceBody,
  dismissRecommendation,
  requireRecommendation,
  requireUnit,
} from '../logic/balance.ts';
import { listPastRecommendations } from '../logic/balance-history.ts';
import { pageOf } from '../logic/page.ts';
import { sendAccepted } from './accepted.ts';
import { type App, type Context, newOperation } from './context.ts';
import { answers, bodies, closed, Paging } from './schemas.ts';
import { bodyMayBeAbsent } from './validation.ts';

const params = Type.Object({ recommendation: RecommendationId }, closed);
const tags = ['balance'];

export function balanceRoutes(app: App, context: Context): void {
  const { mirror, leader, writer } = context;
  const known = async () => (await leader.ask({ type: 'balance' })).balance;

  app.get(
    '/v1/balance',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'getBalance',
        summary: 'How even the cluster is, what was looked at last, and why nothing moves',
        response: answers({ 200: bodies.balance }),
      },
    },
    async () => balanceBody(mirror.records, await known(), Date.now()),
  );

  app.post(
    '/v1/balance/plan',
    {
      config: { role: 'viewer', isQuestion: true },
      schema: {
        tags,
        operationId: 'planBalance',
        summary: 'What would be moved now; the hosts are asked, and nothing is touched',
        response: answers({ 200: bodies.balancePlan }),
      },
    },
    async () => (await leader.ask({ type: 'plan-balance' })).plan,
  );

  app.get(
    '/v1/balance/history',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listPastRecommendations',
        summary: 'What was recommended before, what was said to it and by whom, and how it ended',
        querystring: Paging,
        response: answers({ 200: bodies.pastRecommendations }),
      },
    },
    async ({ query }) => {
      const { withdrawn = [] } = await known();
      return listPastRecommendations(mirror.records, withdrawn, query, Date.now());
    },
  );

  app.get(
    '/v1/recommendations',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listRecommendations',
        summary: 'Moves that would make the cluster more even, in the order to make them in',
        querystring: Paging,
        response: answers({ 200: bodies.recommendations }),
      },
    },
    async ({ query }) => {
      const { recommendations } = await known();
      return pageOf(recommendations, query, { keyOf: (one) => [recommendations.indexOf(one)] });
    },
  );

  app.get(
    '/v1/recommendations/:recommendation',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'getRecommendation',
        summary: 'One of them: why, what it does, what it costs, why no other host',
        params,
        response: answers({ 200: bodies.recommendation }),
      },
    },
    async ({ params: { recommendation } }) => requireRecommendation(await known(), recommendation),
  );

  app.post(
    '/v1/recommendations/:recommendation/apply',
    {
      config: { role: 'operator' },
      schema: {
        tags,
        operationId: 'applyRecommendation',
        summary: 'Make the move that is recommended, with what a rule keeps together with it',
        params,
        response: answers({ 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const ask = newOperation(request);
      const unit = requireUnit(await known(), request.params.recommendation);
      await writer.write(request, (records) => applyRecommendation(records, unit, ask));
      return sendAccepted(reply, context, ask.id);
    },
  );

  app.post(
    '/v1/recommendations/:recommendation/dismiss',
    {
      config: { role: 'operator' },
      preValidation: bodyMayBeAbsent,
      schema: {
        tags,
        operationId: 'dismissRecommendation',
        summary: 'Leave this VM alone for a while, a week unless said otherwise',
        params,
        body: bodies.recommendationDismiss,
        response: answers({ 200: bodies.balance }),
      },
    },
    async (request) => {
      const ask = newOperation(request);
      const status = await known();
      const one = requireRecommendation(status, request.params.recommendation);
      await writer.write(request, (records) =>
        dismissRecommendation(records, one, request.body, ask),
      );
      const recommendations = status.recommendations.filter(({ vmId }) => vmId !== one.vmId);
      return balanceBody(mirror.records, { ...status, recommendations }, Date.now());
    },
  );
}
