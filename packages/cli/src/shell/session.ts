/** One run of the program: the options that every command knows, the terminal, and the way to the API. */
import type { ApiClient } from '@drover/client';
import type { Command } from 'commander';
import { readFileSync } from 'node:fs';
import {
  type ApiAddress,
  checkToken,
  chooseApi,
  chooseToken,
  type ConfigFlags,
  type TokenSource,
} from '../logic/config.ts';
import type { DataForm } from './data-text.ts';
import { UsageError } from '../logic/usage-error.ts';
import { openClient } from './client.ts';
import { Terminal } from './terminal.ts';

/** `data`: JSON or YAML, for programs. */
export type Output = 'table' | 'wide' | 'data' | 'name';

interface GlobalFlags extends ConfigFlags {
  readonly output: Exclude<Output, 'data'> | DataForm;
  readonly json?: boolean;
  readonly headers: boolean;
  readonly debug?: boolean;
}

export interface Session {
  readonly terminal: Terminal;
  /** Of every request. */
  readonly client: ApiClient;
  readonly address: ApiAddress;
  /** For a connection that the client does not make. */
  readonly token: () => string | undefined;
  readonly output: Output;
  readonly dataForm: DataForm;
  /** Of tables. */
  readonly withHeads: boolean;
}

export function openSession(command: Command): Session {
  const flags = command.optsWithGlobals<GlobalFlags>();
  const source = chooseToken(flags, process.env);
  const address = chooseApi(flags, process.env);
  const token = () => readToken(source);
  const terminal = new Terminal();
  const form = flags.json === true ? 'json' : flags.output;
  const isData = form === 'json' || form === 'yaml';
  const onAnswer = flags.debug === true ? (line: string) => terminal.err([line]) : undefined;
  return {
    terminal,
    client: openClient(address, token, onAnswer),
    address,
    token,
    output: isData ? 'data' : form,
    dataForm: isData ? form : 'json',
    withHeads: flags.headers,
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
