/** `drover balance show|history|set`: how even the cluster is, whether VMs are moved for it, and what came of that. */
import type { api, BalanceSettings } from '@drover/protocol';
import { type Command, Option } from 'commander';
import { balancePage, balanceSettingsPage } from '../logic/balance-view.ts';
import { parseDurationMs } from '../logic/durations.ts';
import { exitCodes } from '../logic/exit-code.ts';
import { pastColumns } from '../logic/past-recommendation.ts';
import { parseCount } from '../logic/sizes.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { listOrWatch } from '../shell/watch-list.ts';
import { printOne } from '../shell/print.ts';
import { examples, withWatch } from './options.ts';

const settingsPath = '/v1/settings/balance';

interface SetFlags {
  readonly mode?: NonNullable<BalanceSettings['mode']>;
  readonly aggressiveness?: number;
  readonly atOnce?: number;
  readonly perHour?: number;
  readonly cooldown?: number;
  readonly hours?: string;
}

export function addBalance(program: Command): void {
  const balance = program.command('balance').description('show, set how the cluster is balanced');
  addShow(balance);
  addHistory(balance);
  addSet(balance);
}

function addShow(balance: Command): void {
  const command = balance
    .command('show')
    .option('--settings', 'what is set instead')
    .summary('how even the cluster is, and why nothing moves')
    .description(
      'How even the cluster is and what that is made of, what was looked at last, and why nothing ' +
        'is recommended or moves.',
    );
  examples(command, ['drover balance show', 'drover balance show --settings']);
  act<{ settings?: boolean }>(command, async (session, { options }) => {
    if (options.settings === true) {
      const body = await session.client.get(settingsPath);
      printOne(session, body, { name: 'balance', page: balanceSettingsPage(body) });
      return exitCodes.done;
    }
    const body = await session.client.get('/v1/balance');
    printOne(session, body, { name: body.mode, page: balancePage(body, Date.now()) });
    return exitCodes.done;
  });
}

function addHistory(balance: Command): void {
  const command = withWatch(balance.command('history'))
    .summary('what was recommended before, and what became of it')
    .description(
      'What was recommended before, the newest first: applied or dismissed by whom, made by itself ' +
        'or withdrawn, and how it ended. With -o wide: why it was recommended, and the operation.\n\n' +
        'Moves are known as long as their operations; what was withdrawn, since the scheduler that ' +
        'leads was elected.',
    );
  examples(command, ['drover balance history', 'drover balance history -o wide']);
  act<{ watch?: boolean }>(command, (session, { options }) =>
    listOrWatch(session, options.watch === true, (nowMs) => ({
      columns: pastColumns(nowMs),
      nameOf: ({ operationId, id }: api.PastRecommendationBody) => operationId ?? id,
      ifNone: 'Nothing was recommended that is remembered.',
      read: (signal) => session.client.list('/v1/balance/history', { signal }),
    })),
  );
}

const number = (what: string, least: number, most: number) => (text: string) =>
  parseCount(text, { what, least, most });

function addSet(balance: Command): void {
  const command = balance
    .command('set')
    .addOption(
      new Option('--mode <mode>', 'only measure, propose, or move').choices([
        'observe',
        'recommend',
        'automatic',
      ]),
    )
    .option('--aggressiveness <1-5>', '5: for any gain (3)', number('aggressiveness', 1, 5))
    .option('--at-once <moves>', 'of its own (2)', number('number of moves', 1, 16))
    .option('--per-hour <moves>', 'in any hour (30)', number('number of moves', 0, 1000))
    .option('--cooldown <time>', 'between two moves of a VM (6h)', parseDurationMs)
    .option('--hours <from-to>', 'when to move, such as 22:00-06:00 in UTC; or “always”')
    .summary('set it (admin)')
    .description('Sets what is given; the rest stays as it is.');
  examples(command, [
    'drover balance set --mode automatic --aggressiveness 2',
    'drover balance set --hours 22:00-06:00 --per-hour 10',
  ]);
  act<SetFlags>(command, async (session, { options }) => {
    const before = await session.client.get(settingsPath);
    const settings = changed(before.settings, options);
    const body = await session.client.put(settingsPath, { body: settings });
    printOne(session, body, { name: 'balance', page: balanceSettingsPage(body) });
    return exitCodes.done;
  });
}

function changed(before: BalanceSettings, flags: SetFlags): BalanceSettings {
  const { mode, aggressiveness, atOnce, perHour, cooldown, hours } = flags;
  const { hours: formerHours, ...kept } = before;
  const nextHours = hours === undefined ? formerHours : parseHours(hours);
  return {
    ...kept,
    ...(mode === undefined ? {} : { mode }),
    ...(aggressiveness === undefined
      ? {}
      : { aggressiveness: aggressiveness as 1 | 2 | 3 | 4 | 5 }),
    ...(atOnce === undefined ? {} : { movesAtOnce: atOnce }),
    ...(perHour === undefined ? {} : { movesPerHour: perHour }),
    ...(cooldown === undefined
      ? {}
      : { cooldownMinutes: Math.max(1, Math.ceil(cooldown / 60_000)) }),
    ...(nextHours === undefined ? {} : { hours: nextHours }),
  };
}

function parseHours(text: string): BalanceSettings['hours'] {
  if (text === 'always') return undefined;
  const time = '([01][0-9]|2[0-3]):[0-5][0-9]';
  const [from = '', to = ''] = text.split('-');
  if (!new RegExp(`^${time}-${time}$`).test(text)) {
    throw new UsageError(`“${text}” are no hours: give 22:00-06:00, in UTC, or “always”`);
  }
  return { from, to };
}
