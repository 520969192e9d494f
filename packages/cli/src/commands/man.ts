/** `drover man`: the manual page, made from the very commands that there are. */
import type { Command, Option } from 'commander';
import { type ManualCommand, manualPage, type ManualOption } from '../logic/manual.ts';
import { clientVersion } from '../logic/version.ts';
import { helpAfter } from '../shell/help-after.ts';
import { examples } from './options.ts';

export function addMan(program: Command): void {
  const command = program
    .command('man')
    .summary('the manual page drover(1)')
    .description('Prints the manual page drover(1) as roff: every command, its options, examples.');
  examples(command, ['drover man | man -l -', 'drover man > /usr/local/share/man/man1/drover.1']);
  command.action(() => {
    process.stdout.write(
      manualPage({
        version: clientVersion,
        date: dateOf(process.env['SOURCE_DATE_EPOCH']),
        summary: program.description(),
        globals: program.createHelp().visibleOptions(program).map(manualOption),
        commands: commandsOf(program, 'drover'),
        examples: examplesIn(helpAfter(program)),
      }),
    );
  });
}

/** Of a package that is to be the same whenever it is built: what that says. */
function dateOf(epoch: string | undefined): string {
  const seconds = /^[0-9]{1,11}$/.test(epoch ?? '') ? Number(epoch) : Math.floor(Date.now() / 1000);
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

/** Those that do something, with all the words in front of them. */
function commandsOf(parent: Command, words: string): readonly ManualCommand[] {
  return parent.commands.flatMap((command) => {
    const path = `${words} ${command.name()}`;
    if (command.commands.length > 0) return commandsOf(command, path);
    const args = command.registeredArguments.map((argument) => {
      const name = argument.name() + (argument.variadic ? '...' : '');
      return argument.required ? ` <${name}>` : ` [${name}]`;
    });
    return [
      {
        usage: path + args.join(''),
        text: command.description(),
        options: command.createHelp().visibleOptions(command).filter(isOwn).map(manualOption),
        after: helpAfter(command),
      },
    ];
  });
}

/** Every command has it. */
function isOwn({ long }: Option): boolean {
  return long !== '--help';
}

function manualOption(option: Option): ManualOption {
  const choices = option.argChoices === undefined ? '' : ` (${option.argChoices.join(', ')})`;
  return { flags: option.flags, text: option.description + choices };
}

function examplesIn(help: string): readonly string[] {
  const [, after = ''] = help.split('Examples:\n');
  return after.split('\n\n')[0]?.split('\n') ?? [];
}
