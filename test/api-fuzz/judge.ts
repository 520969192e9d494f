/**
 * What every answer has to be, whatever was asked: one that the OpenAPI file describes, a problem with a code that
 * docs/errors.md explains where it is none of success, nothing secret, in time.
 */
import { parseValue } from '@drover/protocol';
import { sha256, tokens } from './cluster.ts';
import type { Drawn } from './draw.ts';
import type { Learnt } from './learnt.ts';
import type { Operation, Schema } from './operations.ts';
import type { Answered } from './send.ts';
import { secretWord } from './values.ts';

export interface Rules {
  readonly operations: readonly Operation[];
  readonly problem: Schema;
  /** Of docs/errors.md: the status of each code. */
  readonly codes: ReadonlyMap<string, number>;
  readonly learnt: Learnt;
  readonly mostMs: number;
}

const safeHeaders = ['x-content-type-options', 'content-security-policy', 'cache-control'];
/** Statuses at which the answer says more in a header. */
const neededHeaders: Readonly<Record<number, string>> = {
  401: 'www-authenticate',
  405: 'allow',
  429: 'retry-after',
  503: 'retry-after',
};

/** The codes of a document such as docs/errors.md. */
export function codesOf(markdown: string): ReadonlyMap<string, number> {
  const rows = markdown.matchAll(/^\| `([a-z-]+)` \| ([0-9]{3}) \|/gm);
  return new Map([...rows].map(([, code = '', status]) => [code, Number(status)]));
}

/** What is wrong with it; nothing if all is well. */
export function judge(drawn: Drawn, answer: Answered, rules: Rules): readonly string[] {
  const { status, headers, text, ms } = answer;
  const wrong: string[] = [];
  if (ms > rules.mostMs) wrong.push(`took ${Math.round(ms)} ms`);
  for (const name of safeHeaders) if (headers[name] === undefined) wrong.push(`has no ${name}`);
  // What is not HTTP never becomes a request, and its connection is closed.
  const isRequest = headers.connection !== 'close';
  if (isRequest && headers['x-request-id'] === undefined) wrong.push('has no x-request-id');
  const needed = neededHeaders[status];
  if (needed !== undefined && headers[needed] === undefined) wrong.push(`has no ${needed}`);
  wrong.push(...leaks(drawn, answer, rules.learnt));
  if (drawn.method === 'HEAD') {
    return text === '' ? wrong : [...wrong, 'has a body, and HEAD asked for none'];
  }
  if (status >= 400)
    return [...wrong, ...judgeProblem(status, headers['content-type'], text, rules)];
  const described = rules.operations.find(
    ({ method, path }) => method === drawn.method && path === drawn.operation.path,
  );
  return [...wrong, ...judgeSuccess(described, answer)];
}

function judgeSuccess(
  operation: Operation | undefined,
  { status, headers, text }: Answered,
): readonly string[] {
  if (operation === undefined) return ['succeeded, and no such operation is described'];
  const contents = operation.answers.get(String(status));
  if (contents === undefined) return [`status ${status} is not described`];
  const [type = ''] = String(headers['content-type'] ?? '').split(';');
  if (contents.size === 0) return text === '' ? [] : ['has a body, and none is described'];
  const schema = contents.get(type);
  if (schema === undefined) return [`is ${type}, which is not described`];
  if (type !== 'application/json') return [];
  const parsed = parse(text);
  if (parsed === undefined) return ['is no JSON'];
  const checked = parseValue(schema, parsed.value);
  return checked.ok ? [] : [`is not what is described: ${checked.reason}`];
}

export function judgeProblem(
  status: number,
  type: string | undefined,
  text: string,
  { problem, codes }: Pick<Rules, 'problem' | 'codes'>,
): readonly string[] {
  if (type?.startsWith('application/problem+json') !== true) return [`is ${type}, no problem`];
  const parsed = parse(text);
  if (parsed === undefined) return ['is no JSON'];
  const checked = parseValue(problem, parsed.value);
  if (!checked.ok) return [`is no problem document: ${checked.reason}`];
  const { code, status: said } = parsed.value as { readonly code: string; readonly status: number };
  const wrong: string[] = [];
  if (code === 'internal' || status === 500) wrong.push(`is ${status} ${code}: a defect`);
  if (said !== status) wrong.push(`is ${status} and says ${said}`);
  const known = codes.get(code);
  if (known === undefined) wrong.push(`${code} is not in docs/errors.md`);
  else if (known !== status) wrong.push(`${code} is ${status}, and ${known} in docs/errors.md`);
  return wrong;
}

function leaks(drawn: Drawn, { headers, text }: Answered, learnt: Learnt): readonly string[] {
  const all = `${JSON.stringify(headers)}\n${text}`;
  const { operation, url, isAdmin } = drawn;
  const wrong: string[] = [];
  const mayShowWord = isAdmin && url.includes('include=cloud-init');
  if (!mayShowWord && all.includes(secretWord)) wrong.push('tells what cloud-init says');
  const known = [...Object.values(tokens), ...learnt.secrets];
  // Made by this request: told this once.
  const isNew = operation.path === '/v1/tokens' && drawn.method === 'POST';
  const isNewJoin = operation.path === '/v1/join/tokens' && drawn.method === 'POST';
  if (!isNewJoin && all.includes('drover-join-')) wrong.push('tells a join token');
  for (const secret of known) {
    if (all.includes(secret)) wrong.push('tells a token');
    if (all.includes(sha256(secret))) wrong.push('tells the digest of a token');
  }
  for (const { cookie } of learnt.sessions) {
    const [, secret = ''] = cookie.split('=');
    if (all.includes(secret)) wrong.push('tells the cookie of a session');
  }
  if (!isNew && text.includes('"secret":"')) wrong.push('tells a secret');
  return wrong;
}

export function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
