/** `drover rule set|delete|enforce` */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { changedRule, type RuleFlags } from '../logic/rule-flags.ts';
import { rulePlanText, savedText } from '../logic/rule-view.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { printOne, tell } from '../shell/print.ts';
import { examples, withWait, withYes } from './options.ts';
import { maySave, showRulePlan, withRuleFlags } from './rule.ts';

interface SetFlags extends RuleFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export function addRuleSet(rules: Command): void {
  const command = withYes(
    withRuleFlags(
      rules
        .command('set <rule>')
        .summary('change whom a rule is about, or how strong it is')
        .description(
          'Changes a rule; what is given takes the place of what there was. Its type stays: make ' +
            'another rule. Nothing moves for it.',
        ),
    )
      .option('--hard', 'it holds, or nothing is placed against it')
      .option('--no-bends', 'of a hard one: no drain may break it')
      .option('-n, --dry-run', 'only say what it would move, and whether it can hold'),
  );
  examples(command, [
    'drover rule set db-apart --vm db1 --vm db2 --vm db3',
    'drover rule set db-apart --soft --weight 50',
    'drover rule set db-apart --bends',
  ]);
  act<SetFlags>(command, async (session, { args: [name = ''], options }) => {
    if (options.soft === true && options.hard === true) {
      throw new UsageError('give one of --soft and --hard');
    }
    const before = await session.client.get('/v1/rules/{rule}', { path: { rule: name } });
    const spec = changedRule(before.spec, options);
    if (JSON.stringify(spec) === JSON.stringify(changedRule(before.spec, nothing))) {
      throw new UsageError('say what to change, such as --vm, --soft or --bends');
    }
    const asked = { path: { rule: name }, body: { spec } };
    const plan = await session.client.plan('put', '/v1/rules/{rule}', asked);
    if (options.dryRun === true) return showRulePlan(session, plan);
    if (!(await maySave(session, plan, options.yes))) return exitCodes.cancelled;
    const rule = await session.client.put('/v1/rules/{rule}', asked);
    printOne(session, rule, { name: rule.name, page: savedText(rule) });
    return exitCodes.done;
  });
}

const nothing: RuleFlags = { vm: [], vmLabel: [], host: [], hostLabel: [] };

export function addRuleDelete(rules: Command): void {
  const command = withYes(rules.command('delete <rule>').alias('rm'))
    .summary('delete a rule; nothing moves')
    .description('Deletes a rule. VMs stay where they are.');
  examples(command, ['drover rule delete db-apart', 'drover rule delete db-apart --yes']);
  act<{ yes?: boolean }>(command, async (session, { args: [name = ''], options }) => {
    const question = `Delete rule ${oneLine(name)}? Nothing moves for that.`;
    if (!(await confirm(session, question, options.yes))) return exitCodes.cancelled;
    const rule = await session.client.delete('/v1/rules/{rule}', { path: { rule: name } });
    printOne(session, rule, { name: rule.name, page: [`rule ${oneLine(rule.name)} is deleted`] });
    return exitCodes.done;
  });
}

export function addRuleEnforce(rules: Command): void {
  const command = withWait(
    withYes(
      rules
        .command('enforce <rule>')
        .summary('move VMs live until a rule holds')
        .description(
          'Moves VMs, live, until a rule holds. The plan is shown before anything moves, and what is ' +
            'sent is the plan that was shown. Other hard rules are kept all the way.',
        )
        .option('-n, --dry-run', 'only show the plan'),
    ),
  );
  examples(command, ['drover rule enforce db-apart --dry-run', 'drover rule enforce db-apart']);
  act<FinishFlags & { dryRun?: boolean; yes?: boolean }>(
    command,
    async (session, { args: [name = ''], options }) => {
      const route = '/v1/rules/{rule}/enforce';
      const path = { rule: name };
      const plan = await session.client.plan('post', route, { path, body: {} });
      if (options.dryRun === true) return showRulePlan(session, plan);
      tell(session, rulePlanText(plan, session.terminal.paint));
      if (plan.broken === 0) return exitCodes.done;
      if (plan.feasible !== 'yes') return exitCodes.refused;
      tell(session, ['']);
      const vms = plan.moves.length === 1 ? '1 VM' : `${plan.moves.length} VMs`;
      if (!(await confirm(session, `Move ${vms}?`, options.yes))) return exitCodes.cancelled;
      const body: api.RuleEnforce = {
        plan: plan.moves.map(({ vmId, target }) => ({ vmId, target })),
      };
      return finishOperation(session, options, () => session.client.post(route, { path, body }));
    },
  );
}
