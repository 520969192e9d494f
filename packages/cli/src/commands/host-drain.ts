/** `drover host drain`: the plan first, then a yes, then exactly that plan, followed to an honest end. */
import { type Command, Option } from 'commander';
import { formatDuration, parseDurationMs } from '../logic/durations.ts';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { pausedText } from '../logic/operation-view.ts';
import { askedOf, drainQuestion, planText, toDrainStart } from '../logic/plan-text.ts';
import { parseCount } from '../logic/sizes.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import type { FinishFlags } from '../shell/finish-operation.ts';
import { driveDrain } from '../shell/follow-drain.ts';
import { printData, printOne, tell } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import { examples, type MigrationFlags, withMigration, withWait, withYes } from './options.ts';

const route = '/v1/hosts/{host}/drain';

interface DrainFlags extends FinishFlags, MigrationFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly watch?: boolean;
  readonly cancel?: boolean;
  readonly pause?: boolean;
  readonly resume?: boolean;
  readonly retry?: string;
  readonly parallel?: number;
  readonly deadline?: number;
  readonly message?: string;
  readonly onUnmovable?: 'leave' | 'fail' | 'shutdown';
}

export function addHostDrain(hosts: Command): void {
  const command = withWait(
    withYes(
      withMigration(
        hosts
          .command('drain <host>')
          .summary('cordon, then move all VMs away live')
          .description(
            'Cordons the host and moves all its VMs away, live. The plan is shown before anything ' +
              'moves, and what is sent is the plan that was shown.\n\n' +
              'Ctrl-C detaches: the drain goes on. Only --cancel cancels it. The time until its deadline ' +
              'goes on while it is paused.',
          )
          .option('-n, --dry-run', 'only show the plan')
          .option('-w, --watch', 'follow the newest drain of the host again')
          .option('--cancel', 'cancel it: nothing further moves; what has moved stays moved')
          .option('--pause', 'begin no move for now; what is on its way arrives')
          .option('--resume', 'go on with it')
          .option('--retry <vm>', 'try a VM that could not leave once more')
          .option('--parallel <number>', 'VMs copied at the same time, 1 to 8; else 1', (text) =>
            parseCount(text, { what: 'number of moves', least: 1, most: 8 }),
          )
          .option('--deadline <duration>', 'no move begins after that, such as 1h', parseDurationMs)
          .option('--message <text>', 'for others to read: why it is emptied')
          .addOption(
            new Option(
              '--on-unmovable <what>',
              'VMs that cannot leave as they run: they stay; nothing moves; or they are shut down ' +
                'and started elsewhere, where that helps',
            )
              .choices(['leave', 'fail', 'shutdown'])
              .default('leave'),
          ),
      ),
    ),
  );
  examples(command, [
    'drover host drain h2 --dry-run',
    'drover host drain h2',
    'drover host drain h2 --yes --timeout 30m',
    'drover host drain h2 --migration must-finish',
    'drover host drain h2 --deadline 1h --message "new kernel"',
    'drover host drain h2 --on-unmovable shutdown',
    'drover host drain h2 --watch',
    'drover host drain h2 --pause',
    'drover host drain h2 --retry web',
    'drover host drain h2 --cancel',
  ]);
  act<DrainFlags>(command, (session, { args: [host = ''], options }) => {
    const { dryRun, watch: isWatched, cancel: isCancelled, pause, resume, retry } = options;
    const ways = [dryRun, isWatched, isCancelled, pause, resume, retry !== undefined];
    if (ways.filter((way) => way === true).length > 1) {
      throw new UsageError(
        'give one of --dry-run, --watch, --pause, --resume, --retry and --cancel',
      );
    }
    if (pause === true || resume === true || retry !== undefined) {
      return change(session, host, options);
    }
    if (options.watch === true) return watch(session, host, options);
    if (options.cancel === true) return cancel(session, host, options);
    return drain(session, host, options);
  });
}

async function drain(session: Session, host: string, flags: DrainFlags): Promise<ExitCode> {
  const path = { host };
  const plan = await session.client.plan('post', route, { path, body: askedOf(flags) });
  if (flags.dryRun === true && session.output === 'data') {
    printData(session, plan);
    return exitCodes.done;
  }
  tell(session, planText(plan, session.terminal.paint));
  if (flags.dryRun === true) return exitCodes.done;
  tell(session, ['']);
  if (flags.onUnmovable === 'fail' && plan.blockers.length > 0) {
    session.terminal.err([
      `error: ${plan.blockers.length} of its VMs cannot leave, and so nothing is moved`,
      '  next: do what helps, or drain without --on-unmovable fail',
    ]);
    return exitCodes.refused;
  }
  if (!(await confirm(session, drainQuestion(plan, flags.onUnmovable), flags.yes)))
    return exitCodes.cancelled;
  return driveDrain(session, flags, () =>
    session.client.post(route, { path, body: toDrainStart(plan, flags) }),
  );
}

async function watch(session: Session, host: string, flags: DrainFlags): Promise<ExitCode> {
  return driveDrain(session, { ...flags, wait: true }, () =>
    session.client.get('/v1/hosts/{host}/drain', { path: { host } }),
  );
}

/** Done is what was asked for: a drain that ended before it could be cancelled is not. */
async function cancel(session: Session, host: string, flags: DrainFlags): Promise<ExitCode> {
  const exitCode = await driveDrain(session, flags, () =>
    session.client.delete('/v1/hosts/{host}/drain', { path: { host } }),
  );
  if (!flags.wait) return exitCode;
  if (exitCode === exitCodes.cancelled) return exitCodes.done;
  if (exitCode !== exitCodes.done) return exitCode;
  session.terminal.err([`The drain of ${oneLine(host)} had ended before it could be cancelled.`]);
  return exitCodes.refused;
}

/** Said to a drain that is under way, and taken; who wants to see what comes of it watches. */
async function change(
  session: Session,
  host: string,
  { pause, retry }: DrainFlags,
): Promise<ExitCode> {
  const { client } = session;
  const path = { host };
  const operation =
    retry === undefined
      ? await client.post(`${route}/${pause === true ? 'pause' : 'resume'}`, { path })
      : await client.post(`${route}/retry`, { path, body: { vm: retry } });
  const name = oneLine(host);
  const { deadlineMs } = operation;
  const said =
    retry === undefined
      ? pausedText(operation) || 'goes on'
      : `is to try ${oneLine(retry)} once more`;
  printOne(session, operation, {
    name: operation.id,
    page: [
      `The drain of ${name}${pause === true ? ':' : ''} ${said}.`,
      ...(pause === true && deadlineMs !== undefined
        ? [`  deadline:  in ${formatDuration(Math.max(0, deadlineMs - Date.now()))}`]
        : []),
      pause === true
        ? `  go on:     drover host drain ${name} --resume`
        : `  watch it:  drover host drain ${name} --watch`,
    ],
  });
  return exitCodes.done;
}
