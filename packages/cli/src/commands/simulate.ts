/** `drover simulate`: what would happen to this cluster, without a cluster. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { examples } from './options.ts';

interface SimulateFlags {
  readonly dump: string;
  readonly script: string;
  readonly html?: string;
}

export function addSimulate(program: Command): void {
  const command = program
    .command('simulate')
    .summary('play a script on the cluster of a dump')
    .description(
      'Plays what people ask for, and what goes wrong, on the cluster of a dump: the code that decides is the real ' +
        'one, hosts and time are made up, and nothing is asked of any cluster. Prints the timeline.\n\n' +
        'The script is YAML: `script` is a list of steps, each with `at` (seconds) and `do`, and `until` says when ' +
        'to stop. docs/simulate.md has the steps.',
    )
    .requiredOption('--dump <file>', 'the cluster, as “drover dump” prints it')
    .requiredOption('--script <file>', 'what is to happen')
    .option('--html <file>', 'also write a page with a lane for each host');
  examples(command, [
    'drover dump > cluster.json',
    'drover simulate --dump cluster.json --script drain-h2.yaml --html drain.html',
  ]);
  act<SimulateFlags>(command, async ({ terminal }, { options }) => {
    // It is large, and nothing else here needs it.
    const { simulate } = await import('@drover/simulator');
    const { dump, script, html: page } = options;
    let simulated: ReturnType<typeof simulate>;
    try {
      simulated = simulate(read(dump), script, read(script));
    } catch (error) {
      throw new UsageError(error instanceof Error ? error.message : String(error));
    }
    terminal.out(simulated.timeline.trimEnd().split('\n'));
    if (page !== undefined) writeFileSync(page, simulated.html);
    if (simulated.broken === undefined) return exitCodes.done;
    terminal.err([`error: a promise was broken: ${simulated.broken}`]);
    return exitCodes.failed;
  });
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
