/** /v1/rules: which VMs belong together or apart, and on which hosts; what that takes; making it so. */
import { Name, type RuleSpec } from '@drover/protocol';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  changedSpec,
  createRule,
  deleteRule,
  enforceRule,
  refuseConflicts,
  refuseTaken,
  resolveSpec,
  setRule,
} from '../logic/decide-rule.ts';
import { pageOf } from '../logic/page.ts';
import { listRules, requireRule, ruleBody, rulePlanBody } from '../logic/rules.ts';
import type { Decide } from '../logic/write.ts';
import { sendAccepted } from './accepted.ts';
import { isDryRun } from './auth.ts';
import { type App, type Context, newOperation, newThing } from './context.ts';
import { answers, bodies, closed, DryRun, Filter } from './schemas.ts';
import { bodyMayBeAbsent } from './validation.ts';

const tags = ['rules'];
const params = Type.Object({ rule: Name }, closed);
const config = { role: 'operator', dryRunRole: 'viewer' } as const;
const path = '/v1/rules/:rule';

export function ruleRoutes(app: App, context: Context): void {
  const { mirror, leader, writer } = context;
  const one = async (name: string) => {
    const { value } = requireRule(mirror.records, name);
    const states = (await leader.askIfThere({ type: 'rules', name }))?.rules;
    return ruleBody(mirror.records, value, states);
  };
  const planOf = (name: string, spec: RuleSpec) =>
    leader.ask({ type: 'rule-plan', name, spec: resolveSpec(mirror.records, spec) });
  const dryRun = async (name: string, spec: RuleSpec) => {
    const { plan, state, conflicts } = await planOf(name, spec);
    return rulePlanBody(mirror.records, plan, state, conflicts);
  };
  /** One that contradicts another is not saved; that only who knows the hosts can say. */
  const save = async (request: FastifyRequest, name: string, spec: RuleSpec, decide: Decide) => {
    if (spec.strength === 'hard') refuseConflicts(name, (await planOf(name, spec)).conflicts);
    await writer.write(request, decide);
    return one(name);
  };

  app.get(
    '/v1/rules',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listRules',
        summary: 'All rules, and whether they hold',
        querystring: Filter,
        response: answers({ 200: bodies.rules }),
      },
    },
    async ({ query }) => {
      const states = (await leader.askIfThere({ type: 'rules' }))?.rules;
      const asked = listRules(mirror.records, states).filter(
        ({ status }) => query.state === undefined || status?.state === query.state,
      );
      return pageOf(asked, query, { keyOf: ({ name }) => [name] });
    },
  );

  app.post(
    '/v1/rules',
    {
      config,
      schema: {
        tags,
        operationId: 'createRule',
        summary: 'Save a rule; with dryRun=true what it would move, and whether it can hold',
        querystring: DryRun,
        body: bodies.ruleCreate,
        response: answers({ 200: bodies.rulePlan, 201: bodies.rule }),
      },
    },
    async (request, reply) => {
      const { body } = request;
      if (isDryRun(request)) {
        refuseTaken(mirror.records, body.name);
        return dryRun(body.name, body.spec);
      }
      const ask = newThing(request);
      const saved = await save(request, body.name, body.spec, (records) =>
        createRule(records, body, ask),
      );
      void reply.code(201).header('location', `/v1/rules/${body.name}`);
      return saved;
    },
  );

  app.get(
    path,
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'getRule',
        summary: 'One rule, and which VMs break it',
        params,
        response: answers({ 200: bodies.rule }),
      },
    },
    ({ params: { rule } }) => one(rule),
  );

  app.put(
    path,
    {
      config,
      schema: {
        tags,
        operationId: 'setRule',
        summary: 'Set all of a rule; with dryRun=true what it would move',
        params,
        querystring: DryRun,
        body: bodies.ruleSet,
        response: answers({ 200: Type.Union([bodies.rule, bodies.rulePlan]) }),
      },
    },
    async (request) => {
      const { rule } = request.params;
      const { spec } = request.body;
      requireRule(mirror.records, rule);
      if (isDryRun(request)) return dryRun(rule, spec);
      const ask = newOperation(request);
      return save(request, rule, spec, (records) => setRule(records, rule, spec, ask));
    },
  );

  app.patch(
    path,
    {
      config,
      schema: {
        tags,
        operationId: 'changeRule',
        summary: 'Change how strong it is; with dryRun=true what it would move',
        params,
        querystring: DryRun,
        body: bodies.ruleChange,
        response: answers({ 200: Type.Union([bodies.rule, bodies.rulePlan]) }),
      },
    },
    async (request) => {
      const { rule } = request.params;
      const change = request.body;
      const spec = changedSpec(mirror.records, rule, change);
      if (isDryRun(request)) return dryRun(rule, spec);
      const ask = newOperation(request);
      return save(request, rule, spec, (records) =>
        setRule(records, rule, changedSpec(records, rule, change), ask),
      );
    },
  );

  app.delete(
    path,
    {
      config: { role: 'operator' },
      schema: {
        tags,
        operationId: 'deleteRule',
        summary: 'Delete it; nothing moves for that',
        params,
        response: answers({ 200: bodies.rule }),
      },
    },
    async (request) => {
      const { rule } = request.params;
      const { value: gone } = requireRule(mirror.records, rule);
      await writer.write(request, (records) => deleteRule(records, rule));
      return ruleBody(mirror.records, gone, undefined);
    },
  );

  app.post(
    `${path}/enforce`,
    {
      config,
      preValidation: bodyMayBeAbsent,
      schema: {
        tags,
        operationId: 'enforceRule',
        summary: 'Move VMs until it holds; with dryRun=true only the plan is made',
        params,
        querystring: DryRun,
        body: bodies.ruleEnforce,
        response: answers({ 200: bodies.rulePlan, 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const { rule } = request.params;
      if (isDryRun(request)) return dryRun(rule, changedSpec(mirror.records, rule, {}));
      const ask = newOperation(request);
      await writer.write(request, (records) => enforceRule(records, rule, request.body, ask));
      return sendAccepted(reply, context, ask.id);
    },
  );
}
