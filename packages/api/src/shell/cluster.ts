/** /v1/cluster: is anything decided in it, its era, its headroom, and the CPU that new VMs start with. */
import type { api } from '@drover/protocol';
import { Type } from 'typebox';
import { clusterBody, raiseEra } from '../logic/cluster.ts';
import { clusterCpuBody, recomputeCpu } from '../logic/cluster-cpu.ts';
import { shapeAsked } from '../logic/headroom.ts';
import { sendAccepted } from './accepted.ts';
import { type App, type Context, newOperation } from './context.ts';
import { KeptAnswers } from './kept-answers.ts';
import { answers, bodies, closed } from './schemas.ts';

const number = (description: string) =>
  Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,9}$', description }));
const Shape = Type.Object(
  {
    vcpus: number('Count how many more VMs with so many fit; with memoryMib'),
    memoryMib: number('Of each of these VMs'),
  },
  closed,
);
const tags = ['cluster'];
const path = '/v1/cluster/cpu';

export function clusterRoutes(app: App, context: Context): void {
  const kept = new KeptAnswers<api.HeadroomBody>();
  const leaderView = async () => (await context.leader.askIfThere({ type: 'leader' }))?.leader;

  app.get(
    '/v1/cluster',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'getCluster',
        summary: 'Is anything decided in it, and if not, why and what helps',
        response: answers({ 200: bodies.cluster }),
      },
    },
    async () => clusterBody(context.mirror.records, await leaderView()),
  );

  app.post(
    '/v1/cluster/era',
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'raiseEra',
        summary: 'Say that etcd was restored from a backup: all is made true by what the hosts run',
        body: bodies.eraRaise,
        response: answers({ 200: bodies.cluster }),
      },
    },
    async (request) => {
      const { era } = request.body;
      const ask = newOperation(request);
      const leader = await leaderView();
      await context.writer.write(request, (records) => raiseEra(records, era, leader, ask));
      return clusterBody(context.mirror.records, leader);
    },
  );

  app.get(
    '/v1/cluster/headroom',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'getHeadroom',
        summary:
          'How many hosts may be lost with every VM started again elsewhere, and what else fits',
        querystring: Shape,
        response: answers({ 200: bodies.headroom }),
      },
    },
    ({ query }) => {
      const asked = { type: 'headroom', ...shapeAsked(query) } as const;
      const ask = async () => (await context.leader.ask(asked)).headroom;
      return kept.get(JSON.stringify(asked), ask);
    },
  );

  app.get(
    path,
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'getClusterCpu',
        summary: 'The CPU that new VMs start with, and the hosts that cannot give it',
        response: answers({ 200: bodies.clusterCpu }),
      },
    },
    async () => {
      const gaps = await context.leader.askIfThere({ type: 'cpu-gaps' });
      return clusterCpuBody(context.mirror.records, gaps?.hosts ?? []);
    },
  );

  app.post(
    path,
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'recomputeClusterCpu',
        summary: 'Find the CPU that all hosts can give; new VMs start with it from then on',
        response: answers({ 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const ask = newOperation(request);
      await context.writer.write(request, (records) => recomputeCpu(records, ask));
      return sendAccepted(reply, context, ask.id);
    },
  );
}
