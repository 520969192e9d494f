/** So many requests against the API of a simulated cluster, from one seed: each judged, and what the API said of itself. */
import { readFileSync } from 'node:fs';
import { Random } from '@drover/core';
import { type LogLine, SimulatedCluster, tokens } from './cluster.ts';
import { type Drawn, draw } from './draw.ts';
import { codesOf, judge, parse, type Rules } from './judge.ts';
import { Learnt } from './learnt.ts';
import { drawNoHttp, judgeNoHttp } from './no-http.ts';
import { Mishaps } from './mishaps.ts';
import { type OpenApi, type Operation, operationsOf, type Schema } from './operations.ts';
import { grounds } from './grounds.ts';
import { type Fate, Sender } from './send.ts';
import { secretWord } from './values.ts';

export interface Finding {
  readonly number: number;
  readonly what: string;
  readonly request: string;
  readonly answer: string;
}

export interface FuzzReport {
  readonly seed: number;
  readonly requests: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Operations of the OpenAPI file, and those of them that succeeded at least once. */
  readonly operations: number;
  readonly succeeded: number;
  readonly neverSucceeded: readonly string[];
  /** Of CPU, of one that waits for nothing. */
  readonly slowestMs: number;
  readonly findings: readonly Finding[];
  readonly seconds: number;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly requests: number;
  readonly onProgress?: (done: number) => void;
}

const repository = new URL('../../', import.meta.url);
/** Whatever it waits for. */
const mostMs = 60_000;
/** Counted, so that a machine that is busy with something else finds nothing. */
const mostCpuMs = 1_000;
const pumpMs = 2;
const virtualPumpMs = 250;
const enough = 20;
/** What hardly is HTTP comes that often of a thousand. */
const noHttpPermille = 20;
const mishapPermille = 8;
const prepareEvery = 500;
/** That a VM comes to harm is judged by what simulated people asked for, and here others ask. */
const notOurs = 'vm-unharmed';

export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { seed, requests, onProgress } = options;
  const document = JSON.parse(
    readFileSync(new URL('packages/client/openapi.json', repository), 'utf8'),
  ) as OpenApi;
  const operations = operationsOf(document);
  const learnt = new Learnt();
  const rules: Rules = {
    operations,
    problem: document.components.schemas['Problem'] as Schema,
    codes: codesOf(readFileSync(new URL('docs/errors.md', repository), 'utf8')),
    learnt,
    mostMs,
  };
  await using cluster = await SimulatedCluster.start(seed);
  using sender = new Sender(cluster.port);
  const run = new Run(cluster, sender, rules);
  const begunMs = performance.now();
  const random = new Random(seed).fork('bytes');
  const mishaps = new Mishaps(cluster.world, new Random(seed).fork('mishaps'), learnt);
  await run.prepare();
  let number = 0;
  for (; number < requests && run.findings.length < enough; number += 1) {
    if (random.chance(noHttpPermille)) await run.sendBytes(number, drawNoHttp(random));
    else await run.send(draw({ seed, number }, operations, learnt));
    if (random.chance(mishapPermille)) mishaps.befall();
    if (number % prepareEvery === prepareEvery - 1) await run.prepare();
    if (number % 1_000 === 999) onProgress?.(number + 1);
  }
  // As many as were made: after enough findings it ends before its time.
  return run.report(seed, number, (performance.now() - begunMs) / 1_000);
}

class Run {
  readonly #cluster: SimulatedCluster;
  readonly #sender: Sender;
  readonly #rules: Rules;
  readonly #byStatus = new Map<string, number>();
  readonly #succeeded = new Set<Operation>();
  readonly findings: Finding[] = [];
  readonly #known = new Set<string>();
  #slowestMs = 0;

  constructor(cluster: SimulatedCluster, sender: Sender, rules: Rules) {
    this.#cluster = cluster;
    this.#sender = sender;
    this.#rules = rules;
  }

  /** Something to stand on, where it has been taken away. */
  async prepare(): Promise<void> {
    for (const drawn of grounds(this.#rules.operations)) await this.send(drawn);
  }

  async send(drawn: Drawn): Promise<void> {
    // Where it waits for something to happen, that happens.
    const pump = setInterval(() => this.#cluster.pass(virtualPumpMs), pumpMs);
    const before = process.cpuUsage();
    const fate = await this.#sender.send(drawn);
    const { user, system } = process.cpuUsage(before);
    clearInterval(pump);
    this.#take(drawn, fate, (user + system) / 1_000);
    this.#cluster.pass(drawn.passMs);
    this.#lookInside(drawn.number, describe(drawn));
  }

  async sendBytes(number: number, bytes: Buffer): Promise<void> {
    const heard = await this.#sender.sendBytes(bytes);
    const shown = JSON.stringify(bytes.toString('latin1')).slice(0, 300);
    for (const what of judgeNoHttp(heard, this.#rules)) this.#find(number, what, shown, heard);
    this.#count('no HTTP');
    this.#lookInside(number, shown);
  }

  report(seed: number, requests: number, seconds: number): FuzzReport {
    const { operations } = this.#rules;
    const never = operations.filter((one) => !this.#succeeded.has(one));
    return {
      seed,
      requests,
      byStatus: Object.fromEntries([...this.#byStatus].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      operations: operations.length,
      succeeded: this.#succeeded.size,
      neverSucceeded: never.map(({ method, path }) => `${method} ${path}`),
      slowestMs: Math.round(this.#slowestMs),
      findings: this.findings,
      seconds: Math.round(seconds),
    };
  }

  #take(drawn: Drawn, fate: Fate, cpuMs: number): void {
    if (fate.type !== 'answered') {
      this.#count(fate.type);
      if (fate.type === 'broken') {
        this.#find(drawn.number, `no answer: ${fate.why}`, describe(drawn), '');
      }
      return;
    }
    const { status, headers, text } = fate;
    this.#count(String(status));
    // While it waits the cluster goes on, and that takes time as well.
    if (!drawn.mayWait) {
      this.#slowestMs = Math.max(this.#slowestMs, cpuMs);
      if (cpuMs > mostCpuMs) {
        this.#find(drawn.number, `took ${Math.round(cpuMs)} ms of CPU`, describe(drawn), text);
      }
    }
    for (const what of judge(drawn, fate, this.#rules)) {
      this.#find(drawn.number, what, describe(drawn), `${status} ${text}`);
    }
    if (status === 404) this.#forget(drawn.url);
    if (status >= 300) return;
    if (drawn.method === drawn.operation.method) this.#succeeded.add(drawn.operation);
    const body = parse(text)?.value;
    this.#rules.learnt.hear(drawn.operation.path, headers, body);
    if (drawn.url.includes('dryRun=true')) return;
    const ref = (drawn.url.split('?', 1)[0] ?? '').split('/')[3] ?? '';
    this.#rules.learnt.did(`${drawn.method} ${drawn.operation.path}`, ref, body);
  }

  /** Its kind is not looked at: an id is nobody else's, and a name comes again. */
  #forget(url: string): void {
    const [, , kind = '', ref = ''] = (url.split('?', 1)[0] ?? '').split('/');
    for (const one of [kind.replace(/s$/, ''), 'vmId', 'snapshot']) {
      this.#rules.learnt.forget(one, ref);
    }
  }

  /** What the API says of itself, and what became of the cluster. */
  #lookInside(number: number, request: string): void {
    const { warnings, world } = this.#cluster;
    for (const line of warnings.splice(0)) this.#find(number, wrongOf(line), request, line.text);
    const { violation } = world;
    world.violation = undefined;
    if (violation === undefined || violation.promise === notOurs) return;
    this.#find(number, `the cluster breaks ${violation.promise}`, request, violation.what);
  }

  #count(what: string): void {
    this.#byStatus.set(what, (this.#byStatus.get(what) ?? 0) + 1);
  }

  /** Of those that are alike the first. */
  #find(number: number, what: string, request: string, answer: string): void {
    const alike = `${what} ${request.split(' ', 1)[0]}`;
    if (this.#known.has(alike)) return;
    this.#known.add(alike);
    this.findings.push({ number, what, request, answer: answer.slice(0, 1_500) });
  }
}

function wrongOf({ text, msg }: LogLine): string {
  const secrets = [...Object.values(tokens), secretWord];
  return secrets.some((secret) => text.includes(secret)) ? 'logs a secret' : `logs: ${msg}`;
}

function describe({ method, url, headers, body }: Drawn): string {
  const shown = body === undefined ? '' : ` ${body.toString().slice(0, 800)}`;
  return `${method} ${url.slice(0, 400)} ${JSON.stringify(headers).slice(0, 400)}${shown}`;
}
