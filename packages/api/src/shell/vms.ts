/** /v1/vms: what VMs there are, making one, and where one could go. */
import { randomUUID } from 'node:crypto';
import { Name, type VmSpec } from '@drover/protocol';
import { Type } from 'typebox';
import { checkNewVm, createVm } from '../logic/decide-vm.ts';
import { placementBody } from '../logic/leader-answers.ts';
import { migrationOf } from '../logic/migrations.ts';
import { operationBody, requireOperation } from '../logic/operations.ts';
import { findVm, listVms, vmBody } from '../logic/vms.ts';
import { isDryRun } from './auth.ts';
import { type App, type Context, newOperation } from './context.ts';
import { answers, bodies, closed, DryRun } from './schemas.ts';

const params = Type.Object({ vm: Name }, closed);
const tags = ['vms'];

export function vmRoutes(app: App, { mirror, leader, writer }: Context): void {
  const placeOne = async (spec: VmSpec) => {
    const { answers: placed } = await leader.ask({ type: 'place', spec, count: 1 });
    if (placed[0] === undefined) throw new Error('the leader placed nothing and refused nothing');
    return placementBody(placed[0]);
  };

  app.get(
    '/v1/vms',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listVms',
        summary: 'All VMs',
        response: answers({ 200: bodies.vms }),
      },
    },
    async () => {
      const observed = await leader.askIfThere({ type: 'observed' });
      return { items: [...listVms(mirror.records, observed?.vms)] };
    },
  );

  app.post(
    '/v1/vms',
    {
      config: { role: 'operator' },
      schema: {
        tags,
        operationId: 'createVm',
        summary: 'Make a VM and start it; with dryRun=true only a place is looked for',
        querystring: DryRun,
        body: bodies.vmCreate,
        response: answers({ 200: bodies.placement, 202: bodies.vmCreated }),
      },
    },
    async (request, reply) => {
      const { body } = request;
      if (isDryRun(request)) {
        checkNewVm(mirror.records, body);
        return placeOne(body.spec);
      }
      const ask = newOperation(request);
      const vmId = randomUUID();
      await writer.write((records) => createVm(records, vmId, body, ask));
      const { records } = mirror;
      const vm = vmBody(records, findVm(records, vmId).value);
      const starts = body.start ?? true;
      const location = starts ? `/v1/operations/${ask.id}` : `/v1/vms/${vmId}`;
      void reply.code(202).header('location', location);
      if (!starts) return { vm };
      return { vm, operation: operationBody(records, requireOperation(records, ask.id)) };
    },
  );

  app.get(
    '/v1/vms/:vm',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'getVm',
        summary: 'One VM, by id or by name',
        params,
        response: answers({ 200: bodies.vm }),
      },
    },
    async ({ params: { vm } }) => {
      const vmId = findVm(mirror.records, vm).value.id;
      const isMoving = migrationOf(mirror.records, vmId, undefined) !== undefined;
      const [observed, progress] = await Promise.all([
        leader.askIfThere({ type: 'observed', vmId }),
        isMoving ? leader.askIfThere({ type: 'progress' }) : undefined,
      ]);
      return vmBody(mirror.records, findVm(mirror.records, vmId).value, {
        observed: observed?.vms[vmId],
        progress: progress?.migrations,
      });
    },
  );

  app.get(
    '/v1/vms/:vm/explain',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'explainVm',
        summary: 'Where it could go now, and why not elsewhere',
        params,
        response: answers({ 200: bodies.placement }),
      },
    },
    async ({ params: { vm } }) => {
      const vmId = findVm(mirror.records, vm).value.id;
      const { answer, sentences } = await leader.ask({ type: 'explain', vmId });
      return placementBody(answer, sentences);
    },
  );
}
