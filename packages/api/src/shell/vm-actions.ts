/** What is asked of one VM: start, stop, save, migrate, delete. Each is answered with an operation. */
import { Name } from '@drover/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { planAction, planMove, requestOnVm, type VmAction } from '../logic/decide-vm.ts';
import { movePlanBody } from '../logic/leader-answers.ts';
import { resizeOf, resizePlanBody, resizeQuery } from '../logic/resize-vm.ts';
import { sendAccepted } from './accepted.ts';
import { isDryRun } from './auth.ts';
import { type App, type Context, newOperation } from './context.ts';
import { answers, bodies, closed, DryRun } from './schemas.ts';
import { bodyMayBeAbsent } from './validation.ts';

const params = Type.Object({ vm: Name }, closed);
const config = { role: 'operator' } as const;
const accepted = answers({ 202: bodies.operation });
const about = (operationId: string, summary: string) => ({
  tags: ['vms'],
  operationId,
  summary,
  params,
  response: accepted,
});

export function vmActionRoutes(app: App, context: Context): void {
  const act = async (
    request: FastifyRequest,
    reply: FastifyReply,
    vm: string,
    action: VmAction,
  ) => {
    const ask = newOperation(request);
    await context.writer.write(request, (records) => requestOnVm(records, vm, action, ask));
    return sendAccepted(reply, context, ask.id);
  };

  app.delete(
    '/v1/vms/:vm',
    { config, schema: about('deleteVm', 'Delete a stopped VM and the volumes made for it') },
    (request, reply) => act(request, reply, request.params.vm, { type: 'delete' }),
  );

  app.post(
    '/v1/vms/:vm/start',
    {
      config,
      preValidation: bodyMayBeAbsent,
      schema: {
        ...about('startVm', 'Place it and start it; a saved one goes on from its memory'),
        body: bodies.vmStart,
      },
    },
    (request, reply) => {
      const discard = request.body.discardSaved === true ? { discardSaved: true as const } : {};
      return act(request, reply, request.params.vm, { type: 'start', ...discard });
    },
  );

  app.post(
    '/v1/vms/:vm/resume',
    { config, schema: about('resumeVm', 'Go on from its saved memory, on any host that fits') },
    (request, reply) => act(request, reply, request.params.vm, { type: 'resume' }),
  );

  app.post(
    '/v1/vms/:vm/save',
    {
      config,
      preValidation: bodyMayBeAbsent,
      schema: {
        ...about('saveVm', 'Save its memory to a pool and turn it off'),
        body: bodies.vmSave,
      },
    },
    (request, reply) => {
      const { pool } = request.body;
      const where = pool === undefined ? {} : { pool };
      return act(request, reply, request.params.vm, { type: 'save', ...where });
    },
  );

  app.post(
    '/v1/vms/:vm/stop',
    {
      config,
      preValidation: bodyMayBeAbsent,
      schema: {
        ...about('stopVm', 'Press the power button; only mode force pulls the plug'),
        body: bodies.vmStop,
      },
    },
    (request, reply) => {
      const { mode = 'graceful' } = request.body;
      return act(request, reply, request.params.vm, { type: 'stop', mode });
    },
  );

  const planned = answers({ 200: bodies.vmActionPlan, 202: bodies.operation });

  app.post(
    '/v1/vms/:vm/reboot',
    {
      config: { ...config, dryRunRole: 'viewer' },
      preValidation: bodyMayBeAbsent,
      schema: {
        ...about(
          'rebootVm',
          'Press the power button and start it again; only mode force resets it',
        ),
        querystring: DryRun,
        body: bodies.vmReboot,
        response: planned,
      },
    },
    (request, reply) => {
      const { mode = 'graceful' } = request.body;
      const { vm } = request.params;
      const action = { type: 'reboot', mode } as const;
      if (isDryRun(request)) return planAction(context.mirror.records, vm, action);
      return act(request, reply, vm, action);
    },
  );

  for (const type of ['pause', 'unpause'] as const) {
    const summary =
      type === 'pause'
        ? 'Let its vCPUs stand still; nothing moves it until it is unpaused'
        : 'Let it run on where it stood still';
    app.post(
      `/v1/vms/:vm/${type}`,
      {
        config: { ...config, dryRunRole: 'viewer' },
        schema: { ...about(`${type}Vm`, summary), querystring: DryRun, response: planned },
      },
      (request, reply) => {
        const { vm } = request.params;
        if (isDryRun(request)) return planAction(context.mirror.records, vm, { type });
        return act(request, reply, vm, { type });
      },
    );
  }

  app.post(
    '/v1/vms/:vm/resize',
    {
      config: { ...config, dryRunRole: 'viewer' },
      schema: {
        ...about('resizeVm', 'More or fewer vCPUs, more or less memory; at once where it can be'),
        querystring: DryRun,
        body: bodies.vmResize,
        response: answers({ 200: bodies.vmResizePlan, 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const { vm } = request.params;
      const action = resizeOf(request.body);
      if (!isDryRun(request)) return act(request, reply, vm, { type: 'resize', ...action });
      const { records } = context.mirror;
      const query = resizeQuery(records, vm, action);
      return resizePlanBody(records, query.vmId, await context.leader.ask(query));
    },
  );

  app.post(
    '/v1/vms/:vm/migrate',
    {
      config: { ...config, dryRunRole: 'viewer' },
      preValidation: bodyMayBeAbsent,
      schema: {
        ...about('migrateVm', 'Move it; with dryRun=true both hosts are asked and nothing moves'),
        querystring: DryRun,
        body: bodies.vmMigrate,
        response: answers({ 200: bodies.movePlan, 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const { target, migration, cold } = request.body;
      if (isDryRun(request)) {
        const ask = planMove(context.mirror.records, request.params.vm, request.body);
        const { plan, forecast } = await context.leader.ask({ type: 'plan-move', ...ask });
        return movePlanBody(plan, forecast);
      }
      const action = {
        type: 'migrate',
        ...(target === undefined ? {} : { target }),
        ...(migration === undefined ? {} : { migration }),
        ...(cold === true ? { cold } : {}),
      } as const;
      return act(request, reply, request.params.vm, action);
    },
  );
}
