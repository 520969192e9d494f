/** Where the API is and who asks: flags before environment before default. Says where each came from. */
import { UsageError } from './usage-error.ts';

export interface ApiAddress {
  readonly url: string;
  /** `--api`, `DROVER_API`, `the default` */
  readonly from: string;
}

export type TokenSource =
  | { readonly type: 'none' }
  | { readonly type: 'text'; readonly token: string; readonly from: string }
  | { readonly type: 'file'; readonly path: string; readonly from: string };

export interface ConfigFlags {
  readonly api?: string | undefined;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const defaultApi = 'http://127.0.0.1:8440';

/** Empty variables count as unset, as everywhere. */
function set(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text.trim();
}

export function chooseApi(flags: ConfigFlags, environment: Environment): ApiAddress {
  const flag = set(flags.api);
  const variable = set(environment['DROVER_API']);
  const from = flag !== undefined ? '--api' : variable !== undefined ? 'DROVER_API' : 'the default';
  const text = (flag ?? variable ?? defaultApi).replace(/\/+$/, '');
  if (!/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/.test(text)) {
    throw new UsageError(
      `“${text}” (from ${from}) is no address of an API: give one such as ${defaultApi}`,
    );
  }
  return { url: text, from };
}

export function chooseToken(flags: ConfigFlags, environment: Environment): TokenSource {
  if (flags.token !== undefined && flags.tokenFile !== undefined) {
    throw new UsageError('give --token or --token-file, not both');
  }
  const token = set(flags.token);
  if (token !== undefined) return text(token, '--token');
  const file = set(flags.tokenFile);
  if (file !== undefined) return { type: 'file', path: file, from: '--token-file' };
  const variable = set(environment['DROVER_TOKEN']);
  if (variable !== undefined) return text(variable, 'DROVER_TOKEN');
  const variableFile = set(environment['DROVER_TOKEN_FILE']);
  if (variableFile !== undefined) {
    return { type: 'file', path: variableFile, from: 'DROVER_TOKEN_FILE' };
  }
  return { type: 'none' };
}

/** Only what can stand in a header: anything else would be an error far from its cause. */
export function checkToken(token: string, from: string): string {
  const trimmed = token.trim();
  if (!/^[\x21-\x7e]+$/.test(trimmed)) {
    throw new UsageError(`the token from ${from} is empty, or has characters that no token has`);
  }
  return trimmed;
}

function text(token: string, from: string): TokenSource {
  return { type: 'text', token: checkToken(token, from), from };
}
