/** `drover completion bash|zsh|fish`: a script made from the very commands that there are. */
import type { Command } from 'commander';
import { type CommandWords, completionScript, shells } from '../logic/completion.ts';
import { UsageError } from '../logic/usage-error.ts';
import { examples } from './options.ts';

export function addCompletion(program: Command): void {
  const command = program
    .command('completion <shell>')
    .summary('completion for bash, zsh or fish')
    .description('Prints a script that completes commands and options, for bash, zsh or fish.');
  examples(command, [
    'source <(drover completion bash)',
    'source <(drover completion zsh)   # after compinit',
    'drover completion fish > ~/.config/fish/completions/drover.fish',
  ]);
  command.action(() => {
    const shell = shells.find((one) => one === command.args[0]);
    if (shell === undefined) {
      throw new UsageError(
        `“${command.args[0]}” is no shell known here: give ${shells.join(', ')}`,
      );
    }
    process.stdout.write(completionScript(shell, wordsOf(program)));
  });
}

function wordsOf(command: Command): CommandWords {
  const help = command.createHelp();
  return {
    name: command.name(),
    summary: command.summary() || command.description(),
    options: [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)].map(
      ({ long, short, description, required, optional, argChoices }) => ({
        words: [long, short].filter((word) => typeof word === 'string'),
        summary: description,
        takesValue: required || optional,
        choices: argChoices ?? [],
      }),
    ),
    commands: command.commands.map(wordsOf),
  };
}
