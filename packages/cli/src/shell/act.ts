/** From commander to a command: opens the session, runs it, and turns its end into the exit code. */
import type { Command } from 'commander';
import type { ExitCode } from '../logic/exit-code.ts';
import { openSession, type Session } from './session.ts';

export interface Asked<Options> {
  /** Positional arguments, as they were typed; commander has counted them. */
  readonly args: readonly string[];
  readonly options: Options;
}

export function act<Options extends object>(
  command: Command,
  perform: (session: Session, asked: Asked<Options>) => Promise<ExitCode>,
): void {
  command.action(async () => {
    const asked = { args: command.args, options: command.opts<Options>() };
    process.exitCode = await perform(openSession(command), asked);
  });
}
