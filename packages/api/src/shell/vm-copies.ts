/** Another name for a VM, and a new VM like it. */
import { Name } from '@drover/protocol';
import { Type } from 'typebox';
import { checkClone, cloneVm, toldAs } from '../logic/clone-vm.ts';
import { operationBody, requireOperation } from '../logic/operations.ts';
import { renameVm } from '../logic/rename-vm.ts';
import { findVm, vmBody } from '../logic/vms.ts';
import { isDryRun } from './auth.ts';
import { seedHashOf } from './cloud-init.ts';
import { type App, type Context, idFor, newOperation } from './context.ts';
import { answers, bodies, closed, DryRun } from './schemas.ts';

const params = Type.Object({ vm: Name }, closed);
const config = { role: 'operator', dryRunRole: 'viewer' } as const;
const tags = ['vms'];

export function vmCopyRoutes(app: App, { mirror, writer }: Context): void {
  app.post(
    '/v1/vms/:vm/rename',
    {
      config,
      schema: {
        tags,
        operationId: 'renameVm',
        summary: 'Give one that is off another name; its id, disks and addresses stay',
        params,
        querystring: DryRun,
        body: bodies.vmRename,
        response: answers({ 200: Type.Union([bodies.vm, bodies.vmActionPlan]) }),
      },
    },
    async (request) => {
      const { name } = request.body;
      // Carried out before, it has that name already.
      const ref = request.formerIds === undefined ? request.params.vm : name;
      const { id: vmId, name: former } = findVm(mirror.records, ref).value;
      if (isDryRun(request)) {
        renameVm(mirror.records, vmId, name);
        return { vmId, vmName: former, what: `it is called ${name}, and keeps all else` };
      }
      await writer.write(request, (records) => renameVm(records, vmId, name));
      return vmBody(mirror.records, findVm(mirror.records, vmId).value);
    },
  );

  app.post(
    '/v1/vms/:vm/clone',
    {
      config,
      schema: {
        tags,
        operationId: 'cloneVm',
        summary: 'Make a VM like one that is off, on full copies of its disks',
        params,
        querystring: DryRun,
        body: bodies.vmClone,
        response: answers({ 200: bodies.vmActionPlan, 202: bodies.vmCloned }),
      },
    },
    async (request, reply) => {
      const { body } = request;
      const { value: vm } = findVm(mirror.records, request.params.vm);
      if (isDryRun(request)) {
        const { volumes } = checkClone(mirror.records, vm.id, body);
        const pools = [...new Set(volumes.map(({ pool }) => pool))].join(', ');
        const disks = volumes.length === 1 ? '1 disk is' : `${volumes.length} disks are`;
        const what = `${disks} copied in full${pools === '' ? '' : ` into pool ${pools}`}`;
        return { vmId: vm.id, vmName: vm.name, what };
      }
      const ask = newOperation(request);
      const copies = vm.spec.disks.map(() => ({
        volumeId: idFor(request),
        requestId: newOperation(request).id,
      }));
      const { cloudInit } = vm.spec;
      const seed =
        cloudInit === undefined
          ? {}
          : { seedHash: seedHashOf(toldAs(cloudInit, vm.name), body.name) };
      const ids = { vmId: idFor(request), copies, ...seed };
      await writer.write(request, (records) => cloneVm(records, vm.id, body, ask, ids));
      const { records } = mirror;
      const asked = [
        ...copies.map(({ requestId }) => requestId),
        ...(body.start === true ? [ask.id] : []),
      ];
      void reply.code(202).header('location', `/v1/vms/${ids.vmId}`);
      return {
        vm: vmBody(records, findVm(records, ids.vmId).value),
        operations: asked.map((id) => operationBody(records, requireOperation(records, id))),
      };
    },
  );
}
