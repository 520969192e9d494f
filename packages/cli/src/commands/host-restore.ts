/** `drover host restore`: a host takes VMs again, and those that a drain moved away go back if asked. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { askedOf, restorePlanText, restoreQuestion } from '../logic/plan-text.ts';
import { parseCount } from '../logic/sizes.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import type { FinishFlags } from '../shell/finish-operation.ts';
import { driveDrain } from '../shell/follow-drain.ts';
import { printData, printOne, tell } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import { examples, type MigrationFlags, withMigration, withWait, withYes } from './options.ts';

interface RestoreFlags extends FinishFlags, MigrationFlags {
  readonly moveBack?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly parallel?: number;
}

export function addHostRestore(hosts: Command): void {
  const command = withWait(
    withYes(
      withMigration(
        hosts
          .command('restore <host>')
          .summary('uncordon; bring its VMs back if asked')
          .description(
            'Lets the host take VMs again after a drain. With --move-back the VMs that drains moved ' +
              'away from it go back, live: the plan is shown first, and what cannot go back stays ' +
              'where it runs.\n\nCtrl-C detaches: it goes on. “drover operation cancel” cancels it.',
          )
          .option('--move-back', 'bring back the VMs that drains moved away')
          .option('-n, --dry-run', 'only show who would go back')
          .option('--parallel <number>', 'VMs copied at the same time, 1 to 8; else 1', (text) =>
            parseCount(text, { what: 'number of moves', least: 1, most: 8 }),
          ),
      ),
    ),
  );
  examples(command, [
    'drover host restore h2',
    'drover host restore h2 --move-back --dry-run',
    'drover host restore h2 --move-back',
  ]);
  act<RestoreFlags>(command, (session, { args: [host = ''], options }) =>
    options.moveBack === true || options.dryRun === true
      ? moveBack(session, host, options)
      : uncordon(session, host),
  );
}

async function uncordon(session: Session, name: string): Promise<ExitCode> {
  const host = await session.client.delete('/v1/hosts/{host}/cordon', { path: { host: name } });
  const page = [`${oneLine(host.id)} takes VMs again. Nothing moves back: that is --move-back.`];
  printOne(session, host, { name: host.id, page });
  return exitCodes.done;
}

async function moveBack(session: Session, host: string, flags: RestoreFlags): Promise<ExitCode> {
  if (flags.dryRun === true && flags.yes === true) {
    throw new UsageError('give one of --dry-run and --yes');
  }
  const route = '/v1/hosts/{host}/restore';
  const path = { host };
  const plan = await session.client.plan('post', route, { path, body: {} });
  if (flags.dryRun === true && session.output === 'data') {
    printData(session, plan);
    return exitCodes.done;
  }
  tell(session, restorePlanText(plan, session.terminal.paint));
  if (flags.dryRun === true) return exitCodes.done;
  tell(session, ['']);
  if (!(await confirm(session, restoreQuestion(plan), flags.yes))) return exitCodes.cancelled;
  return driveDrain(session, flags, () => {
    const shown = plan.moves.map(({ vmId, target }) => ({ vmId, target }));
    const body: api.RestoreStart = { plan: shown, ...askedOf(flags) };
    return session.client.post(route, { path, body });
  });
}
