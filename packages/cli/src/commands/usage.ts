/** `drover host usage` and `drover vm usage` */
import type { api } from '@drover/protocol';
import { type Command, Option } from 'commander';
import { parseDurationMs } from '../logic/durations.ts';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { silentLines, usageColumns, usagePage } from '../logic/usage-view.ts';
import { act } from '../shell/act.ts';
import { printList, printOne } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import { examples } from './options.ts';

interface UsageFlags {
  readonly since: number;
  readonly step?: number;
}

const dayMs = 24 * 3_600_000;
/** Names, means and the like beside the bars. */
const wordsWidth = 56;
const narrowest = 10;

export function addHostUsage(hosts: Command): void {
  const command = hosts
    .command('usage <host>')
    .summary('what a host used in the last day')
    .description(
      'What a host used in the last day, as its agent keeps it: CPU, memory, and how long ' +
        'something waited for them.',
    );
  withSpan(command);
  examples(command, ['drover host usage h1', 'drover host usage h1 --since 2h -o json']);
  act<UsageFlags>(command, async (session, { args: [host = ''], options }) => {
    const asked = { path: { host }, query: spanOf(options) };
    return show(session, host, await session.client.get('/v1/hosts/{host}/usage', asked));
  });
}

export function addVmUsage(vms: Command): void {
  const command = vms
    .command('usage <vm>')
    .summary('what a VM used in the last day, wherever it was')
    .description(
      'What a VM used in the last day. All hosts that had it are asked; those that do not ' +
        'answer are named.',
    );
  withSpan(command);
  examples(command, ['drover vm usage web', 'drover vm usage web --since 2h']);
  act<UsageFlags>(command, async (session, { args: [vm = ''], options }) => {
    const asked = { path: { vm }, query: spanOf(options) };
    return show(session, vm, await session.client.get('/v1/vms/{vm}/usage', asked));
  });
}

function withSpan(command: Command): void {
  command
    .addOption(
      new Option('--since <duration>', 'how far back, at most 24h')
        .argParser(parseDurationMs)
        .default(dayMs, '24h'),
    )
    .option('--step <duration>', 'what one point stands for, such as 15m', parseDurationMs);
}

function spanOf({ since, step }: UsageFlags) {
  const minutes = (ms: number) => `${Math.ceil(ms / 60_000)}m`;
  return { since: minutes(since), ...(step === undefined ? {} : { step: minutes(step) }) };
}

function show(session: Session, name: string, usage: api.UsageBody): ExitCode {
  const { terminal, output } = session;
  if (output !== 'table' || terminal.isLive) {
    const width = Math.max(narrowest, (process.stdout.columns || 80) - wordsWidth);
    printOne(session, usage, { name, page: usagePage(name, usage, width) });
    return exitCodes.done;
  }
  const columns = usageColumns(usage, (ms) => new Date(ms).toISOString());
  const list = { columns, nameOf: () => name, ifNone: 'Nothing was measured in this time.' };
  printList(session, { items: usage.points }, list);
  terminal.err(silentLines(usage).map((line) => `Missing: ${line}.`));
  return exitCodes.done;
}
