#!/usr/bin/env node
/** `drover`: builds the commands, runs the one that was typed, and ends with its exit code. */
import { CommanderError } from 'commander';
import { exitCodes } from './logic/exit-code.ts';
import { buildProgram } from './program.ts';
import { explainError } from './shell/report-error.ts';

// `drover vm list | head -1`: who reads no further is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? exitCodes.done : exitCodes.failed);
});

try {
  await buildProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // It has said what was wrong; help and version that were asked for are no error.
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  } else {
    const { lines, exitCode } = explainError(error);
    process.stderr.write(`${lines.join('\n')}\n`);
    process.exitCode = exitCode;
  }
}
