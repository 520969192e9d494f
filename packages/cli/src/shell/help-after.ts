/** What a command’s help has below its options: examples, forms of values. */
import type { Command } from 'commander';

export function helpAfter(command: Command): string {
  let help = '';
  const former = { ...command.configureOutput() };
  command.configureOutput({
    writeOut: (text) => {
      help += text;
    },
    getOutHasColors: () => false,
  });
  command.outputHelp();
  command.configureOutput(former);
  return help.slice(command.helpInformation().length);
}
