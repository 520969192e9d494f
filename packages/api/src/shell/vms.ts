/** /v1/vms: what VMs there are, making one, and where one could go. */
import { DroverError, Name, type VmSpec } from '@drover/protocol';
import { Type } from 'typebox';
import { changeVm, checkNewVm, createVm } from '../logic/decide-vm.ts';
import { placementBody } from '../logic/leader-answers.ts';
import { migrationOf } from '../logic/migrations.ts';
import { operationBody, requireOperation } from '../logic/operations.ts';
import { mayActAs } from '../logic/roles.ts';
import { findVm, vmBody, vmPage } from '../logic/vms.ts';
import { isDryRun } from './auth.ts';
import { checkCloudInit, seedHashOf } from './cloud-init.ts';
import { type App, type Context, idFor, newOperation } from './context.ts';
import { answers, bodies, closed, DryRun, Filter } from './schemas.ts';

const params = Type.Object({ vm: Name }, closed);
const tags = ['vms'];
const Include = Type.Object({ include: Type.Optional(Type.Literal('cloud-init')) }, closed);

export function vmRoutes(app: App, { mirror, leader, writer }: Context): void {
  const placeOne = async (asked: VmSpec) => {
    const { cloudInit: _, ...spec } = asked;
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
        querystring: Filter,
        response: answers({ 200: bodies.vms }),
      },
    },
    async ({ query }) => {
      const page = vmPage(mirror.records, query);
      const vmIds = page.items.map(({ id }) => id);
      const seen = await leader.askIfThere({ type: 'observed', vmIds });
      const items = page.items.map((vm) => {
        const observed = seen?.vms[vm.id];
        return observed === undefined ? vm : { ...vm, observed };
      });
      return { ...page, items };
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
      const { cloudInit } = body.spec;
      checkCloudInit('/spec/cloudInit', cloudInit);
      if (isDryRun(request)) {
        checkNewVm(mirror.records, body);
        return placeOne(body.spec);
      }
      const ask = newOperation(request);
      const vmId = idFor(request);
      const hash = cloudInit === undefined ? undefined : seedHashOf(cloudInit, body.name);
      await writer.write(request, (records) => createVm(records, vmId, body, ask, hash));
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
        summary: 'One VM, by id or by name; only an admin may include what its cloud-init says',
        params,
        querystring: Include,
        response: answers({ 200: bodies.vm }),
      },
    },
    async ({ params: { vm }, query: { include }, principal }) => {
      const withCloudInit = include === 'cloud-init';
      if (withCloudInit && !mayActAs(principal?.role ?? 'viewer', 'admin')) {
        const message = 'cloud-init may hold passwords: include=cloud-init needs admin';
        throw new DroverError('forbidden', message);
      }
      const vmId = findVm(mirror.records, vm).value.id;
      const isMoving = migrationOf(mirror.records, vmId, undefined) !== undefined;
      const [observed, progress] = await Promise.all([
        leader.askIfThere({ type: 'observed', vmIds: [vmId] }),
        isMoving ? leader.askIfThere({ type: 'progress' }) : undefined,
      ]);
      return vmBody(mirror.records, findVm(mirror.records, vmId).value, {
        observed: observed?.vms[vmId],
        progress: progress?.migrations,
        withCloudInit,
      });
    },
  );

  app.patch(
    '/v1/vms/:vm',
    {
      config: { role: 'operator' },
      schema: {
        tags,
        operationId: 'changeVm',
        summary:
          'Change its labels, whether it is moved for balance, and what it is told at its next start',
        params,
        body: bodies.vmChange,
        response: answers({ 200: bodies.vm }),
      },
    },
    async (request) => {
      const {
        body,
        params: { vm },
      } = request;
      const cloudInit = body.cloudInit ?? undefined;
      checkCloudInit('/cloudInit', cloudInit);
      const { id, name } = findVm(mirror.records, vm).value;
      const hash = cloudInit === undefined ? undefined : seedHashOf(cloudInit, name);
      await writer.write(request, (records) => changeVm(records, id, body, hash));
      return vmBody(mirror.records, findVm(mirror.records, id).value);
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
