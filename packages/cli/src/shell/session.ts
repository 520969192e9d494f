/** One run of the program: the options that every command knows, the terminal, and the way to the API. */
import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import {
  checkToken,
  chooseApi,
  chooseToken,
  type ConfigFlags,
  type TokenSource,
} from '../logic/config.ts';
import { UsageError } from '../logic/usage-error.ts';
import { ApiClient } from './client.ts';
import { Terminal } from './terminal.ts';

export type Output = 'table' | 'wide' | 'json' | 'name';

interface GlobalFlags extends ConfigFlags {
  readonly output: Output;
  readonly json?: boolean;
}

export interface Session {
  readonly terminal: Terminal;
  readonly client: ApiClient;
  readonly output: Output;
}

export function openSession(command: Command): Session {
  const flags = command.optsWithGlobals<GlobalFlags>();
  const source = chooseToken(flags, process.env);
  return {
    terminal: new Terminal(),
    client: new ApiClient(chooseApi(flags, process.env), () => readToken(source)),
    output: flags.json === true ? 'json' : flags.output,
  };
}

function readToken(source: TokenSource): string | undefined {
  switch (source.type) {
    case 'none':
      return undefined;
    case 'text':
      return source.token;
    case 'file': {
      let text: string;
      try {
        text = readFileSync(source.path, 'utf8');
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new UsageError(`the token file (from ${source.from}) cannot be read: ${why}`);
      }
      return checkToken(text, source.path);
    }
  }
}
