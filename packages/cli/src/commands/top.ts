/** `drover top`: who uses what now, on the whole screen of a terminal, or once. */
import { type Command, Option } from 'commander';
import { parseDurationMs } from '../logic/durations.ts';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import {
  sorted,
  type SortKey,
  sortKeys,
  topScreen,
  topText,
  type Use,
  useOf,
} from '../logic/top-view.ts';
import { act } from '../shell/act.ts';
import { printData } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import { TopScreen } from '../shell/top-screen.ts';
import { Detached, Waiting } from '../shell/waiting.ts';
import { examples } from './options.ts';

interface TopFlags {
  readonly once?: boolean;
  readonly sort: SortKey;
  readonly interval: number;
}

const patienceMs = 10 * 60_000;
/** What takes long to say is not asked for all the time. */
const restFactor = 4;

const keys: Readonly<Record<string, SortKey>> = {
  c: 'cpu',
  m: 'memory',
  w: 'wait',
  n: 'name',
  h: 'host',
};

export function addTop(program: Command): void {
  const command = program
    .command('top')
    .summary('hosts and VMs by what they use now')
    .description(
      'Hosts and running VMs by what they use, as it changes; once where no terminal is, or with ' +
        '--json. Keys: q quits; c, m, w, n, h sort by CPU, memory, waiting for CPU, name, host.',
    )
    .option('--once', 'show it once and end')
    .addOption(new Option('--sort <key>', 'what comes first').choices([...sortKeys]).default('cpu'))
    .addOption(
      new Option('--interval <duration>', 'how often to look')
        .argParser(parseDurationMs)
        .default(2_000, '2s'),
    );
  examples(command, ['drover top', 'drover top --once --sort memory', 'drover top --json']);
  act<TopFlags>(command, async (session, { options }) => {
    const { output, terminal } = session;
    const isForPeople = output === 'table' || output === 'wide';
    if (options.once !== true && isForPeople && terminal.isLive) return live(session, options);
    const use = sorted(await read(session), options.sort);
    if (output === 'data') printData(session, use);
    else if (output === 'name') terminal.out(use.vms.map(({ name }) => oneLine(name)));
    else terminal.out(topText(use, terminal.paint));
    return exitCodes.done;
  });
}

async function read({ client }: Session, signal?: AbortSignal): Promise<Use> {
  const deadline = AbortSignal.timeout(60_000);
  const [hosts, dump] = await Promise.all([
    client.list('/v1/hosts', { signal }),
    client.open('get', '/v1/dump', {
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    }),
  ]);
  return useOf(hosts.items, await dump.text());
}

async function live(session: Session, { sort, interval }: TopFlags): Promise<ExitCode> {
  let use: Use = { hosts: [], vms: [] };
  let by = sort;
  let note = 'asking the API';
  const { paint } = session.terminal;
  const draw = () => {
    const time = new Date().toTimeString().slice(0, 8);
    screen.draw(topScreen(sorted(use, by), { rows: screen.rows, sort: by, time, note, paint }));
  };
  const waiting = new Waiting({
    timeoutMs: undefined,
    patienceMs,
    note: (text) => {
      note = text;
      draw();
    },
  });
  const screen = new TopScreen({
    onResize: draw,
    onQuit: () => waiting.interrupt(),
    onKey: (key) => {
      by = keys[key] ?? by;
      draw();
    },
  });
  draw();
  try {
    for (;;) {
      const begunMs = performance.now();
      use = await waiting.ask((signal) => read(session, signal));
      const tookMs = performance.now() - begunMs;
      note = '';
      draw();
      await waiting.pause(Math.max(interval, tookMs * restFactor));
    }
  } catch (error) {
    if (error instanceof Detached) return exitCodes.done;
    throw error;
  } finally {
    screen.close();
    waiting.end();
  }
}
