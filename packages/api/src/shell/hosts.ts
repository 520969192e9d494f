/** /v1/hosts: what hosts there are, and their cordons. */
import { Name } from '@drover/protocol';
import { Type } from 'typebox';
import { cordon, uncordon } from '../logic/decide-host.ts';
import { listHosts, requireHost } from '../logic/hosts.ts';
import type { Decide } from '../logic/write.ts';
import { type App, type Context, newOperation } from './context.ts';
import { answers, bodies, closed } from './schemas.ts';

const params = Type.Object({ host: Name }, closed);
const tags = ['hosts'];

export function hostRoutes(app: App, { mirror, leader, writer }: Context): void {
  const all = async () => {
    const { hosts } = await leader.snapshot();
    return listHosts(mirror.records, hosts, Date.now());
  };
  const one = async (id: string) => {
    requireHost(mirror.records, id);
    const host = (await all()).find((candidate) => candidate.id === id);
    if (host === undefined) throw new Error(`host ${id} is in no list`);
    return host;
  };
  /** The leader is asked first: what could not be answered is not changed. */
  const change = async (id: string, decide: Decide) => {
    await one(id);
    await writer.write(decide);
    return one(id);
  };

  app.get(
    '/v1/hosts',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listHosts',
        summary: 'All hosts that have ever reported',
        response: answers({ 200: bodies.hosts }),
      },
    },
    async () => ({ items: [...(await all())] }),
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
      return change(host, (records) => cordon(records, host, ask));
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
      return change(host, (records) => uncordon(records, host, ask));
    },
  );
}
