/** /v1/hosts: what hosts there are, their labels and cordons, and those that are forgotten. */
import { Name } from '@drover/protocol';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { forgetHost } from '../logic/decide-forget.ts';
import { cordon, labelHost, uncordon } from '../logic/decide-host.ts';
import { listHosts, requireHost, showHost } from '../logic/hosts.ts';
import { hasLabels, pageOf } from '../logic/page.ts';
import type { Decide } from '../logic/write.ts';
import { sendAccepted } from './accepted.ts';
import { type App, type Context, newOperation } from './context.ts';
import { answers, bodies, closed, Filter } from './schemas.ts';

const params = Type.Object({ host: Name }, closed);
const tags = ['hosts'];

export function hostRoutes(app: App, context: Context): void {
  const { mirror, leader, writer } = context;
  const all = async () => {
    const { hosts } = await leader.ask({ type: 'hosts' });
    return listHosts(mirror.records, hosts, Date.now());
  };
  const heard = async (hostId: string) => {
    requireHost(mirror.records, hostId);
    return (await leader.ask({ type: 'hosts', hostId })).hosts;
  };
  const one = async (hostId: string) =>
    showHost(mirror.records, hostId, await heard(hostId), Date.now());
  /** What people want of a host is etcd's alone: it can be said while no scheduler leads. */
  const change = async (request: FastifyRequest, hostId: string, decide: Decide) => {
    await writer.write(request, decide);
    const answer = await leader.askIfThere({ type: 'hosts', hostId });
    return showHost(mirror.records, hostId, answer?.hosts, Date.now());
  };

  app.get(
    '/v1/hosts',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listHosts',
        summary: 'All hosts that have ever reported',
        querystring: Filter,
        response: answers({ 200: bodies.hosts }),
      },
    },
    async ({ query }) => {
      const asked = (await all())
        .filter(({ state }) => query.state === undefined || state === query.state)
        .filter(({ labels }) => hasLabels(labels, query.label));
      return pageOf(asked, query, { keyOf: ({ id }) => [id] });
    },
  );

  app.get(
    '/v1/hosts/:host',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'getHost',
        summary: 'One host',
        params,
        response: answers({ 200: bodies.host }),
      },
    },
    ({ params: { host } }) => one(host),
  );

  app.patch(
    '/v1/hosts/:host',
    {
      config: { role: 'operator' },
      schema: {
        tags,
        operationId: 'changeHost',
        summary: 'Set the labels that people give it; rules and zones go by them',
        params,
        body: bodies.hostChange,
        response: answers({ 200: bodies.host }),
      },
    },
    (request) => {
      const { host } = request.params;
      const ask = newOperation(request);
      return change(request, host, (records) => labelHost(records, host, request.body, ask));
    },
  );

  app.delete(
    '/v1/hosts/:host',
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'forgetHost',
        summary: 'Forget a host that is gone for good, and the key that it joined with',
        params,
        response: answers({ 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const { host } = request.params;
      const ask = newOperation(request);
      const views = await heard(host);
      const { settled } = (await leader.ask({ type: 'leader' })).leader;
      await writer.write(request, (records) => forgetHost(records, host, { views, settled }, ask));
      return sendAccepted(reply, context, ask.id);
    },
  );

  app.post(
    '/v1/hosts/:host/cordon',
    {
      config: { role: 'operator' },
      schema: {
        tags,
        operationId: 'cordonHost',
        summary: 'Let it take no new VMs; those that are there stay',
        params,
        response: answers({ 200: bodies.host }),
      },
    },
    (request) => {
      const { host } = request.params;
      const ask = newOperation(request);
      return change(request, host, (records) => cordon(records, host, ask));
    },
  );

  app.delete(
    '/v1/hosts/:host/cordon',
    {
      config: { role: 'operator' },
      schema: {
        tags,
        operationId: 'uncordonHost',
        summary: 'Let it take new VMs again',
        params,
        response: answers({ 200: bodies.host }),
      },
    },
    (request) => {
      const { host } = request.params;
      const ask = newOperation(request);
      return change(request, host, (records) => uncordon(records, host, ask));
    },
  );
}
