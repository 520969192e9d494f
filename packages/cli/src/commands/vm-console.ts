/** `drover vm console`: the serial line of a VM in this terminal. */
import type { Command } from 'commander';
import { newsText, typedBytes } from '../logic/console-text.ts';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { act } from '../shell/act.ts';
import { ConsoleSocket } from '../shell/console-socket.ts';
import type { Session } from '../shell/session.ts';
import { examples } from './options.ts';

export function addVmConsole(vms: Command): void {
  const command = vms
    .command('console <vm>')
    .summary('its serial line, in this terminal')
    .description(
      'Opens the serial line of a VM. It stays open when the VM moves, stops and starts. Who had ' +
        'it before loses it. Ctrl-] leaves; everything else goes to the VM, Ctrl-C too.',
    );
  examples(command, ['drover vm console web']);
  act(command, (session, { args: [vm = ''] }) => sitDown(session, vm));
}

async function sitDown(session: Session, vm: string): Promise<ExitCode> {
  const { terminal } = session;
  const { stdin, stdout } = process;
  // In raw mode a line has to be brought to its beginning.
  const say = (text: string) => terminal.err([`\r[${text}]\r`]);
  let isFirst = true;
  const line = new ConsoleSocket(session, vm, 'serial', {
    onBytes: (bytes) => stdout.write(bytes),
    onNews: (news) => {
      const how = isFirst && news.state === 'connected' ? '; Ctrl-] leaves' : '';
      isFirst = false;
      say(`${newsText(vm, news)}${how}`);
    },
    onBroken: (why) => say(`${oneLine(why)}; trying again`),
  });
  const resume = () => line.resume();
  const type = (bytes: Buffer) => {
    const typed = typedBytes(bytes);
    if (typed.bytes.length > 0 && !line.send(typed.bytes, () => stdin.resume())) {
      // What stops the typing must not keep somebody in.
      if (!stdin.isTTY) stdin.pause();
    }
    if (typed.isOut) line.leave();
  };
  const leave = () => line.leave();
  stdin.on('data', type);
  stdout.on('drain', resume);
  process.once('SIGINT', leave);
  process.once('SIGTERM', leave);
  if (stdin.isTTY) stdin.setRawMode(true);
  try {
    const over = await line.run();
    if (over === undefined) {
      say(`left the console of ${oneLine(vm)}`);
      return exitCodes.done;
    }
    say(over.text);
    return over.code;
  } finally {
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.off('data', type);
    stdin.pause();
    stdout.off('drain', resume);
    process.off('SIGINT', leave);
    process.off('SIGTERM', leave);
  }
}
