/** /v1/hosts: what hosts there are, and their cordons. */
import { type api, Name } from '@drover/protocol';
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
  const pick = (hosts: readonly api.HostBody[], id: string) => {
    const host = hosts.find((candidate) => candidate.id === id);
    if (host === undefined) throw new Error(`host ${id} is in no list`);
    return host;
  };
  const one = async (id: string) => {
    requireHost(mirror.records, id);
    return pick(await all(), id);
  };
  /** What people want of a host is etcd's alone: it can be said while no scheduler leads. */
  const change = async (id: string, decide: Decide) => {
    await writer.write(decide);
    const snapshot = await leader.snapshotIfThere();
    return pick(listHosts(mirror.records, snapshot?.hosts, Date.now()), id);
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
