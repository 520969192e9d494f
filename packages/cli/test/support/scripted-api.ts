/**
 * An HTTP server that answers what a test tells it to, and holds both sides to protocol's schemas: a body
 * that the real API would refuse fails the test, and so does an answer that it would never give.
 */
import {
  api,
  BalanceSettings,
  type errorCatalogue,
  ImageSettings,
  MigrationSettings,
  parseValue,
} from '@drover/protocol';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

type Schema = Parameters<typeof parseValue>[0];

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** JSON; of what goes to `…/content` the bytes. */
  readonly body: unknown;
  readonly headers: IncomingMessage['headers'];
  readonly authorization: string | undefined;
  readonly lastEventId: string | undefined;
}

export type Answer =
  | { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> }
  /** Raw access, for streams and broken connections. */
  | ((response: ServerResponse) => void);

export type Route = (request: Request) => Answer;

const { ListOf } = api;

/** By method and pattern: what is sent, and what is answered with a success. */
const shapes: readonly (readonly [string, RegExp, Schema | undefined, Schema | undefined])[] = [
  ['GET', /^\/v1\/hosts$/, undefined, ListOf(api.HostBody, 'Hosts')],
  ['GET', /^\/v1\/hosts\/[^/]+$/, undefined, api.HostBody],
  ['GET', /^\/v1\/(hosts|vms)\/[^/]+\/usage$/, undefined, api.UsageBody],
  ['PATCH', /^\/v1\/hosts\/[^/]+$/, api.HostChange, api.HostBody],
  ['DELETE', /^\/v1\/hosts\/[^/]+\?dryRun=true$/, undefined, api.Rehearsal],
  ['DELETE', /^\/v1\/hosts\/[^/]+$/, undefined, api.OperationBody],
  ['POST', /^\/v1\/hosts\/[^/]+\/cordon$/, undefined, api.HostBody],
  ['DELETE', /^\/v1\/hosts\/[^/]+\/cordon$/, undefined, api.HostBody],
  ['POST', /^\/v1\/hosts\/[^/]+\/drain\?dryRun=true$/, api.DrainStart, api.DrainPlanBody],
  ['POST', /^\/v1\/hosts\/[^/]+\/drain$/, api.DrainStart, api.OperationBody],
  ['POST', /^\/v1\/hosts\/[^/]+\/drain\/(pause|resume)$/, undefined, api.OperationBody],
  ['POST', /^\/v1\/hosts\/[^/]+\/drain\/retry$/, api.DrainRetry, api.OperationBody],
  ['GET', /^\/v1\/hosts\/[^/]+\/drain$/, undefined, api.OperationBody],
  ['DELETE', /^\/v1\/hosts\/[^/]+\/drain$/, undefined, api.OperationBody],
  ['POST', /^\/v1\/hosts\/[^/]+\/recover$/, api.RecoveryStart, api.OperationBody],
  ['POST', /^\/v1\/hosts\/[^/]+\/restore\?dryRun=true$/, api.RestoreStart, api.RestorePlanBody],
  ['POST', /^\/v1\/hosts\/[^/]+\/restore$/, api.RestoreStart, api.OperationBody],
  ['GET', /^\/v1\/join\/tokens$/, undefined, api.JoinTokenList],
  ['POST', /^\/v1\/join\/tokens$/, api.JoinTokenCreate, api.JoinTokenCreated],
  ['DELETE', /^\/v1\/join\/tokens\/[^/]+$/, undefined, api.JoinTokenBody],
  ['GET', /^\/v1\/balance$/, undefined, api.BalanceBody],
  [
    'GET',
    /^\/v1\/balance\/history$/,
    undefined,
    ListOf(api.PastRecommendationBody, 'PastRecommendations'),
  ],
  ['POST', /^\/v1\/balance\/plan$/, undefined, api.BalancePlanBody],
  ['GET', /^\/v1\/recommendations$/, undefined, ListOf(api.RecommendationBody, 'Recommendations')],
  ['GET', /^\/v1\/recommendations\/[^/]+$/, undefined, api.RecommendationBody],
  ['POST', /^\/v1\/recommendations\/[^/]+\/apply$/, undefined, api.OperationBody],
  ['POST', /^\/v1\/recommendations\/[^/]+\/dismiss$/, api.RecommendationDismiss, api.BalanceBody],
  ['GET', /^\/v1\/settings\/balance$/, undefined, api.BalanceSettingsBody],
  ['PUT', /^\/v1\/settings\/balance$/, BalanceSettings, api.BalanceSettingsBody],
  ['GET', /^\/v1\/vms$/, undefined, ListOf(api.VmBody, 'Vms')],
  ['POST', /^\/v1\/vms$/, api.VmCreate, api.VmCreated],
  ['GET', /^\/v1\/vms\/[^/]+$/, undefined, api.VmBody],
  ['PATCH', /^\/v1\/vms\/[^/]+$/, api.VmChange, api.VmBody],
  ['DELETE', /^\/v1\/vms\/[^/]+$/, undefined, api.OperationBody],
  ['POST', /^\/v1\/vms\/[^/]+\/start$/, api.VmStart, api.OperationBody],
  ['POST', /^\/v1\/vms\/[^/]+\/save$/, api.VmSave, api.OperationBody],
  ['POST', /^\/v1\/vms\/[^/]+\/resume$/, undefined, api.OperationBody],
  ['POST', /^\/v1\/vms\/[^/]+\/stop$/, api.VmStop, api.OperationBody],
  ['POST', /^\/v1\/vms\/[^/]+\/reboot\?dryRun=true$/, api.VmReboot, api.VmActionPlan],
  ['POST', /^\/v1\/vms\/[^/]+\/reboot$/, api.VmReboot, api.OperationBody],
  ['POST', /^\/v1\/vms\/[^/]+\/(pause|unpause)\?dryRun=true$/, undefined, api.VmActionPlan],
  ['POST', /^\/v1\/vms\/[^/]+\/(pause|unpause)$/, undefined, api.OperationBody],
  ['POST', /^\/v1\/vms\/[^/]+\/resize\?dryRun=true$/, api.VmResize, api.VmResizePlan],
  ['POST', /^\/v1\/vms\/[^/]+\/resize$/, api.VmResize, api.OperationBody],
  ['POST', /^\/v1\/vms\/[^/]+\/rename\?dryRun=true$/, api.VmRename, api.VmActionPlan],
  ['POST', /^\/v1\/vms\/[^/]+\/rename$/, api.VmRename, api.VmBody],
  ['POST', /^\/v1\/vms\/[^/]+\/clone\?dryRun=true$/, api.VmClone, api.VmActionPlan],
  ['POST', /^\/v1\/vms\/[^/]+\/clone$/, api.VmClone, api.VmCloned],
  ['POST', /^\/v1\/vms\/[^/]+\/migrate\?dryRun=true$/, api.VmMigrate, api.MovePlanBody],
  ['POST', /^\/v1\/vms\/[^/]+\/migrate$/, api.VmMigrate, api.OperationBody],
  ['GET', /^\/v1\/cluster$/, undefined, api.ClusterBody],
  ['POST', /^\/v1\/cluster\/era$/, api.EraRaise, api.ClusterBody],
  ['GET', /^\/v1\/cluster\/cpu$/, undefined, api.ClusterCpuBody],
  ['GET', /^\/v1\/cluster\/headroom$/, undefined, api.HeadroomBody],
  ['POST', /^\/v1\/cluster\/cpu$/, undefined, api.OperationBody],
  ['POST', /^\/v1\/vms\/[^/]+\/console$/, api.ConsoleAsk, api.ConsoleTicket],
  ['GET', /^\/v1\/vms\/[^/]+\/explain$/, undefined, api.PlacementBody],
  ['POST', /^\/v1\/placements$/, api.PlacementAsk, ListOf(api.PlacementBody, 'Placements')],
  ['GET', /^\/v1\/migrations$/, undefined, ListOf(api.MigrationBody, 'Migrations')],
  ['DELETE', /^\/v1\/migrations\/[^/]+$/, undefined, api.OperationBody],
  ['GET', /^\/v1\/operations$/, undefined, ListOf(api.OperationBody, 'Operations')],
  ['GET', /^\/v1\/operations\/[^/]+$/, undefined, api.OperationBody],
  ['GET', /^\/v1\/images$/, undefined, ListOf(api.ImageBody, 'Images')],
  ['POST', /^\/v1\/images$/, api.ImageImport, api.ImageImported],
  ['GET', /^\/v1\/images\/[^/]+$/, undefined, api.ImageBody],
  ['DELETE', /^\/v1\/images\/[^/]+$/, undefined, api.OperationBody],
  ['POST', /^\/v1\/images\/[^/]+\/verify$/, undefined, api.OperationBody],
  ['HEAD', /^\/v1\/(images|volumes)\/[^/]+\/content$/, undefined, undefined],
  ['PUT', /^\/v1\/(images|volumes)\/[^/]+\/content$/, undefined, undefined],
  ['GET', /^\/v1\/volumes\/[^/]+\/content$/, undefined, undefined],
  ['GET', /^\/v1\/volumes$/, undefined, ListOf(api.VolumeBody, 'Volumes')],
  ['POST', /^\/v1\/volumes$/, api.VolumeCreate, api.VolumeCreated],
  ['GET', /^\/v1\/volumes\/[^/]+$/, undefined, api.VolumeBody],
  ['DELETE', /^\/v1\/volumes\/[^/]+$/, undefined, api.OperationBody],
  ['POST', /^\/v1\/volumes\/[^/]+\/copy$/, api.VolumeCopy, api.VolumeCreated],
  ['POST', /^\/v1\/volumes\/[^/]+\/resize$/, api.VolumeResize, api.OperationBody],
  ['POST', /^\/v1\/volumes\/[^/]+\/move$/, api.VolumeMove, api.OperationBody],
  ['POST', /^\/v1\/volumes\/[^/]+\/snapshots$/, api.VolumeSnapshot, api.OperationBody],
  ['POST', /^\/v1\/volumes\/[^/]+\/snapshots\/[^/]+\/revert$/, undefined, api.OperationBody],
  ['DELETE', /^\/v1\/volumes\/[^/]+\/snapshots\/[^/]+$/, undefined, api.OperationBody],
  ['POST', /^\/v1\/volumes\/[^/]+\/download$/, undefined, api.OperationBody],
  ['POST', /^\/v1\/volumes\/[^/]+\/upload$/, api.VolumeUpload, api.OperationBody],
  ['DELETE', /^\/v1\/operations\/[^/]+$/, undefined, api.OperationBody],
  ['GET', /^\/v1\/settings\/images$/, undefined, api.ImageSettingsBody],
  ['PUT', /^\/v1\/settings\/images$/, ImageSettings, api.ImageSettingsBody],
  ['GET', /^\/v1\/settings\/migration$/, undefined, api.MigrationSettingsBody],
  ['PUT', /^\/v1\/settings\/migration$/, MigrationSettings, api.MigrationSettingsBody],
  ['GET', /^\/v1\/pools$/, undefined, ListOf(api.PoolBody, 'Pools')],
  ['POST', /^\/v1\/pools$/, api.PoolCreate, api.PoolBody],
  ['GET', /^\/v1\/pools\/[^/]+$/, undefined, api.PoolBody],
  ['PATCH', /^\/v1\/pools\/[^/]+$/, api.PoolChange, api.PoolBody],
  ['DELETE', /^\/v1\/pools\/[^/]+$/, undefined, api.PoolBody],
  ['POST', /^\/v1\/pools\/[^/]+\/doctor$/, undefined, api.OperationBody],
  ['GET', /^\/v1\/session$/, undefined, api.SessionBody],
  ['GET', /^\/v1\/pools\/[^/]+\/orphans$/, undefined, api.OrphanList],
  ['DELETE', /^\/v1\/pools\/[^/]+\/orphans\/[^/]+$/, undefined, api.OperationBody],
  ['GET', /^\/v1\/tokens$/, undefined, ListOf(api.TokenBody, 'Tokens')],
  ['POST', /^\/v1\/tokens$/, api.TokenCreate, api.TokenCreated],
  ['DELETE', /^\/v1\/tokens\/[^/]+$/, undefined, api.TokenBody],
  ['GET', /^\/v1\/audit$/, undefined, api.AuditList],
  ['GET', /^\/v1\/rules$/, undefined, ListOf(api.RuleBody, 'Rules')],
  ['POST', /^\/v1\/rules\?dryRun=true$/, api.RuleCreate, api.RulePlanBody],
  ['POST', /^\/v1\/rules$/, api.RuleCreate, api.RuleBody],
  ['GET', /^\/v1\/rules\/[^/]+$/, undefined, api.RuleBody],
  ['PUT', /^\/v1\/rules\/[^/]+\?dryRun=true$/, api.RuleSet, api.RulePlanBody],
  ['PUT', /^\/v1\/rules\/[^/]+$/, api.RuleSet, api.RuleBody],
  ['DELETE', /^\/v1\/rules\/[^/]+$/, undefined, api.RuleBody],
  ['POST', /^\/v1\/rules\/[^/]+\/enforce\?dryRun=true$/, api.RuleEnforce, api.RulePlanBody],
  ['POST', /^\/v1\/rules\/[^/]+\/enforce$/, api.RuleEnforce, api.OperationBody],
  ['GET', /^\/v1\/events$/, undefined, undefined],
  ['GET', /^\/v1\/dump$/, undefined, undefined],
  ['GET', /^\/v1$/, undefined, undefined],
];

export class ScriptedApi {
  readonly requests: Request[] = [];
  /** What either side said that the protocol does not know. A test ends by looking that it is empty. */
  readonly wrongs: string[] = [];
  readonly #routes: Readonly<Record<string, Route>>;
  /** What asks for a WebSocket; nothing unless a test says. */
  onUpgrade: ((request: IncomingMessage, socket: Duplex, head: Buffer) => void) | undefined;
  #server: Server | undefined;
  #port = 0;

  /** Routes by `METHOD /path`; a drain's dry run has `?dryRun=true` in its key. */
  constructor(routes: Readonly<Record<string, Route>>) {
    this.#routes = routes;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** On the same port again, after `stop`. */
  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#handle(request, response));
    server.on('upgrade', (request, socket, head) => this.onUpgrade?.(request, socket, head));
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** As a process that dies: connections are broken, nobody listens. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  sent(method: string, path: string): readonly Request[] {
    return this.requests.filter((one) => one.method === method && one.path === path);
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = incoming.method ?? '';
    const { pathname: path, searchParams: query } = new URL(incoming.url ?? '', 'http://api');
    const body = path.endsWith('/content') ? await readBytes(incoming) : await readJson(incoming);
    const dryRun = query.get('dryRun') === 'true' ? '?dryRun=true' : '';
    const shape = shapes.find(([verb, pattern]) => verb === method && pattern.test(path + dryRun));
    if (!shape) this.wrongs.push(`${method} ${path}${dryRun} is no route of the API`);
    this.#check(`body of ${method} ${path}`, shape?.[2], body);
    const request: Request = {
      method,
      path,
      query,
      body,
      headers: incoming.headers,
      authorization: incoming.headers.authorization,
      lastEventId: incoming.headers['last-event-id']?.toString(),
    };
    this.requests.push(request);
    const route = this.#routes[`${method} ${path}${dryRun}`];
    const answer = route ? route(request) : problem('route-not-found', 404, 'not in the script');
    if (!route) this.wrongs.push(`${method} ${path}${dryRun} is not in the script`);
    if (typeof answer === 'function') return answer(response);
    const isSuccess = answer.status < 300;
    this.#check(`answer to ${method} ${path}`, isSuccess ? shape?.[3] : api.Problem, answer.body);
    response.writeHead(answer.status, {
      'content-type': isSuccess ? 'application/json' : 'application/problem+json',
      'x-request-id': `req-${this.requests.length}`,
      ...answer.headers,
    });
    response.end(JSON.stringify(answer.body));
  }

  #check(what: string, schema: Schema | undefined, value: unknown): void {
    if (schema === undefined) return;
    const parsed = parseValue(schema, value);
    if (!parsed.ok) this.wrongs.push(`${what}: ${parsed.reason}`);
  }
}

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const text = (await readBytes(incoming)).toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}

/** As much as came, also where the connection broke. */
async function readBytes(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of incoming) pieces.push(piece as Buffer);
  } catch {
    // Whoever asked went away: a test looks at what there is.
  }
  return Buffer.concat(pieces);
}

export const ok = (body: unknown): Answer => ({ status: 200, body });
export const accepted = (body: unknown): Answer => ({ status: 202, body });

export function problem(
  code: keyof typeof errorCatalogue,
  status: number,
  detail: string,
  more: Partial<api.Problem> = {},
): Answer {
  const body: api.Problem = {
    type: `urn:drover:error:${code}`,
    code,
    title: `title of ${code}`,
    status,
    detail,
    retry: 'never',
    ...more,
  };
  return { status, body };
}
