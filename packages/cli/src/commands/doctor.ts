/** `drover doctor`: looks at everything once, and says of each thing how it is and what helps. Changes nothing. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import {
  type Answered,
  apiChecks,
  balanceCheck,
  clusterChecks,
  tokenCheck,
} from '../logic/doctor/api.ts';
import {
  type Check,
  checksText,
  countOf,
  exitCodeOfChecks,
  fail,
  summaryOf,
  warn,
} from '../logic/doctor/check.ts';
import { cpuCheck, hostChecks, versionCheck, vmChecks } from '../logic/doctor/hosts.ts';
import {
  headroomCheck,
  imageChecks,
  operationChecks,
  poolChecks,
  ruleChecks,
} from '../logic/doctor/work.ts';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { act } from '../shell/act.ts';
import { printData } from '../shell/print.ts';
import { causeOf, explainError } from '../shell/report-error.ts';
import type { Session } from '../shell/session.ts';
import { examples } from './options.ts';

const newest = '200';
const dumpMs = 60_000;

export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .summary('looks at everything, and says what helps')
    .description(
      'Looks at the API, the token, the leader, hosts, pools, VMs, rules, operations and the room ' +
        'that is left where a host is lost: one line for each, ok, warn or fail, with what to do ' +
        'next. Changes nothing.\n\nExit code 0: nothing fails; 4: something does; 6: the token is ' +
        'not taken; 8: the API does not answer.',
    );
  examples(command, ['drover doctor', "drover doctor -o json | jq '.checks[] | select(.next)'"]);
  act(command, async (session) => {
    const { checks, exitCode } = await look(session);
    print(session, checks);
    return exitCode;
  });
}

interface Looked {
  readonly checks: readonly Check[];
  readonly exitCode: ExitCode;
}

async function look(session: Session): Promise<Looked> {
  const { client } = session;
  let answered: Answered;
  let who: api.SessionBody;
  try {
    answered = await askApi(session);
    who = await client.get('/v1/session');
  } catch (error) {
    const { lines, exitCode } = explainError(error);
    const [first = '', ...more] = lines.map((line) => line.replace(/^error: /, '').trim());
    const next = more.find((line) => line.startsWith('next: '))?.slice('next: '.length);
    const check = exitCode === exitCodes.denied ? 'token' : 'API';
    return { checks: [fail(check, first, next)], exitCode };
  }
  const nowMs = Date.now() + (answered.skewMs ?? 0);
  const checks = [
    ...apiChecks(answered),
    tokenCheck(who, nowMs),
    ...(await Promise.all(questions(session, nowMs))).flat(),
  ];
  return { checks, exitCode: exitCodeOfChecks(checks) };
}

async function askApi({ client, address }: Session): Promise<Answered> {
  const begunMs = Date.now();
  const response = await client.open('get', '/v1', { signal: AbortSignal.timeout(dumpMs) });
  const endedMs = Date.now();
  const features = (await response.json()) as { version: string; protocol: number };
  const date = Date.parse(response.headers.get('date') ?? '');
  // It says the second that has begun.
  const skewMs = date + 500 - (begunMs + endedMs) / 2;
  return {
    url: address.url,
    version: features.version,
    protocol: features.protocol,
    tookMs: endedMs - begunMs,
    ...(Number.isNaN(skewMs) ? {} : { skewMs: Math.round(skewMs) }),
  };
}

/** In the order in which they are told. */
function questions({ client }: Session, nowMs: number): readonly Promise<readonly Check[]>[] {
  const operations = async (query: { readonly state?: 'pending' | 'running' }) =>
    (await client.get('/v1/operations', { query: { ...query, limit: newest } })).items;
  const hosts = client.list('/v1/hosts');
  return [
    tried('leader', async () => clusterChecks(await client.get('/v1/cluster'))),
    tried('hosts', async () => hostChecks((await hosts).items)),
    tried('versions', async () => versionCheck((await hosts).items)),
    tried('CPU', async () => [cpuCheck(await client.get('/v1/cluster/cpu'))]),
    tried('pools', async () => poolChecks((await client.list('/v1/pools')).items)),
    tried('images', async () => imageChecks((await client.list('/v1/images')).items)),
    tried('vms', async () => vmChecks((await client.list('/v1/vms')).items)),
    tried('rules', async () => ruleChecks((await client.list('/v1/rules')).items)),
    tried('operations', async () => {
      const [waiting, running, all] = await Promise.all([
        operations({ state: 'pending' }),
        operations({ state: 'running' }),
        operations({}),
      ]);
      return operationChecks({ waiting, running, newest: all }, nowMs);
    }),
    tried('balance', async () => [balanceCheck(await client.get('/v1/balance'))]),
    tried('headroom', async () => {
      const response = await client.open('get', '/v1/dump', {
        signal: AbortSignal.timeout(dumpMs),
      });
      return [headroomCheck(await response.text())];
    }),
  ];
}

/** What cannot be looked at is one more thing to be told. */
async function tried(
  check: string,
  look: () => Promise<readonly Check[]>,
): Promise<readonly Check[]> {
  try {
    return await look();
  } catch (error) {
    return [warn(check, `could not be looked at: ${causeOf(error)}`)];
  }
}

function print(session: Session, checks: readonly Check[]): void {
  const { output, terminal } = session;
  if (output === 'data') {
    const counts = { ok: countOf(checks, 'ok'), warn: countOf(checks, 'warn') };
    return printData(session, { checks, ...counts, fail: countOf(checks, 'fail') });
  }
  const troubles = checks.filter(({ level }) => level !== 'ok');
  if (output === 'name') return terminal.out(troubles.map(({ check }) => oneLine(check)));
  const lines = checksText(checks, terminal.paint, terminal.columns);
  terminal.out([...lines, '', summaryOf(checks)]);
}
