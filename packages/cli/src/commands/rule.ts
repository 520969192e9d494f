/** `drover rule list|show|create` */
import type { api } from '@drover/protocol';
import { type Command, Option } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { parseRuleFlags, type RuleFlags } from '../logic/rule-flags.ts';
import { ruleColumns, rulePage, rulePlanText, savedText } from '../logic/rule-view.ts';
import { parseCount } from '../logic/sizes.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import { printData, printOne, tell } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import { listOrWatch } from '../shell/watch-list.ts';
import { collect, examples, withWatch, withYes } from './options.ts';

export function addRuleList(rules: Command): void {
  const command = withWatch(rules.command('list').alias('ls'))
    .summary('all rules, and whether they hold')
    .description('All rules: what each says, whether it holds, and which VMs break it.');
  examples(command, ['drover rule list', 'drover rule list --watch']);
  act<{ watch?: boolean }>(command, (session, { options }) =>
    listOrWatch(session, options.watch === true, (nowMs) => ({
      columns: ruleColumns(nowMs),
      nameOf: (rule: api.RuleBody) => rule.name,
      ifNone: 'There is no rule yet. Make one with “drover rule create”.',
      read: (signal) => session.client.get('/v1/rules', { signal }),
    })),
  );
}

export function addRuleShow(rules: Command): void {
  const command = rules
    .command('show <rule>')
    .summary('one rule, its VMs, and who breaks it')
    .description('One rule: what it says, which VMs it is about now, and which of them break it.');
  examples(command, ['drover rule show db-apart']);
  act(command, async (session, { args: [name = ''] }) => {
    const rule = await session.client.get('/v1/rules/{rule}', { path: { rule: name } });
    printOne(session, rule, { name: rule.name, page: rulePage(rule, Date.now()) });
    return exitCodes.done;
  });
}

/** Whom a rule is about, and how much it counts. */
export function withRuleFlags(command: Command): Command {
  return command
    .option('--vm <vm>', 'it is about this VM (repeatable)', collect, [])
    .option('--vm-label <key=value>', 'and about all with these labels', collect, [])
    .option('--host <host>', 'of pinned and away (repeatable)', collect, [])
    .option('--host-label <key=value>', 'all hosts with these labels', collect, [])
    .addOption(
      new Option('--over <place>', 'what counts as one place').choices(['host', 'rack', 'zone']),
    )
    .option('--max-skew <number>', 'of spread: how uneven it may be', (text) =>
      parseCount(text, { what: 'skew', least: 1, most: 64 }),
    )
    .option('--soft', 'a wish: it costs points, and is broken where there is no room')
    .option('--weight <points>', 'of a soft one, 1 to 100; else 10', (text) =>
      parseCount(text, { what: 'weight', least: 1, most: 100 }),
    )
    .option('--bends', 'of a hard one: a drain that finds no other way may break it');
}

export function addRuleCreate(rules: Command): void {
  const command = withYes(
    withRuleFlags(
      rules
        .command('create <name> <type>')
        .summary('save a rule; what it would move is shown first')
        .description(
          'Saves a rule. “apart”: no two of the VMs in one place. “together”: all in one. “spread”: ' +
            'evenly over places. “pinned”: only on these hosts. “away”: not on these. Racks and zones ' +
            'are what hosts’ labels “rack” and “zone” say.\n\n' +
            'Saving moves nothing: “drover rule enforce” does. Rules that contradict each other are ' +
            'not saved.',
        ),
    ).option('-n, --dry-run', 'only say what it would move, and whether it can hold'),
  );
  examples(command, [
    'drover rule create db-apart apart --vm db1 --vm db2',
    'drover rule create web-zones spread --vm-label tier=web --over zone --soft',
    'drover rule create licence pinned --vm oracle --host-label licence=oracle',
  ]);
  act<RuleFlags & { dryRun?: boolean; yes?: boolean }>(
    command,
    async (session, { args: [name = '', type = ''], options }) => {
      const body = parseRuleFlags(name, type, options);
      const plan = await session.client.plan('post', '/v1/rules', { body });
      if (options.dryRun === true) return showRulePlan(session, plan);
      if (!(await maySave(session, plan, options.yes))) return exitCodes.cancelled;
      const rule = await session.client.post('/v1/rules', { body });
      printOne(session, rule, { name: rule.name, page: savedText(rule) });
      return exitCodes.done;
    },
  );
}

/** What cannot hold is refused, as its enforcing would be. */
export function showRulePlan(session: Session, plan: api.RulePlanBody) {
  if (session.output === 'data') printData(session, plan);
  else tell(session, rulePlanText(plan, session.terminal.paint));
  const isWell = plan.feasible === 'yes' && plan.conflicts.length === 0;
  return isWell ? exitCodes.done : exitCodes.refused;
}

/** Of what holds, or contradicts another and is refused at once, nobody is asked. */
export async function maySave(
  session: Session,
  plan: api.RulePlanBody,
  yes: boolean | undefined,
): Promise<boolean> {
  if (plan.broken === 0 || plan.conflicts.length > 0) return true;
  tell(session, [...rulePlanText(plan, session.terminal.paint), '']);
  if (plan.feasible === 'yes') return true;
  return confirm(session, `Save rule ${oneLine(plan.rule)}, though it cannot hold now?`, yes);
}
