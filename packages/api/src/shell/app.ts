/**
 * The app: Fastify with our schemas, who may do what, problem documents for all that goes wrong, limits, and
 * the routes. Decides nothing; listens nowhere.
 */
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { Bus } from '@drover/bus';
import { type api, DroverError, subjects, wireLimits } from '@drover/protocol';
import type { Store } from '@drover/store';
import {
  fastify,
  type FastifyBaseLogger,
  type HTTPMethods,
  LogController,
  type RouteOptions,
} from 'fastify';
import { keepAudit } from './audit.ts';
import type { AuditFileOptions } from './audit-file.ts';
import { Auth, authorize } from './auth.ts';
import type { ApiConfig } from './config.ts';
import type { App, Context } from './context.ts';
import { balanceRoutes } from './balance.ts';
import { addConventions } from './conventions.ts';
import { clusterRoutes } from './cluster.ts';
import { builtConsole, consolePages } from './console.ts';
import { drainRoutes } from './drains.ts';
import { dumpRoutes } from './dump.ts';
import { defaultDoor, type DoorLimits, keepDoor, lookForLateMs } from './door.ts';
import { defaultEventLimits, EventHub, type EventLimits } from './event-hub.ts';
import { eventRoutes } from './events.ts';
import { contentRoutes } from './contents.ts';
import { hostRoutes } from './hosts.ts';
import { imageRoutes } from './images.ts';
import { joinRoutes } from './join.ts';
import type { JoinPlaces } from './join-places.ts';
import { Leader } from './leader.ts';
import { loginRoutes } from './login.ts';
import { Metrics } from './metrics.ts';
import { Mirror } from './mirror.ts';
import { operationRoutes } from './operations.ts';
import { orphanRoutes } from './orphans.ts';
import { placementRoutes } from './placements.ts';
import { poolRoutes } from './pools.ts';
import { settingsRoutes } from './settings.ts';
import {
  answerBeforeHooks,
  answerExpectation,
  answerNoHttp,
  answerProblems,
  missingHost,
  safeHeaders,
} from './problems.ts';
import { registerSchemas } from './schemas.ts';
import { recoveryRoutes } from './recoveries.ts';
import { restoreRoutes } from './restores.ts';
import { visitConsole } from '@drover/transfer';
import { type BodyPatience, cutSlowBodies, defaultPatience } from './slow-bodies.ts';
import { newRequestId } from './request-id.ts';
import { ruleRoutes } from './rules.ts';
import { systemRoutes } from './system.ts';
import { noTransfer, type TransferRequest } from './transfer.ts';
import { ajvOptions, refuseWhatIsNotKnown, rememberAbsentBodies } from './validation.ts';
import { usageRoutes } from './usage.ts';
import { vmActionRoutes } from './vm-actions.ts';
import {
  type ConsoleLimits,
  consoleRoutes,
  speakWebSocket,
  usualConsoleLimits,
} from './vm-consoles.ts';
import { isConsoleUpgrade } from './console-upgrade.ts';
import type { ConsoleVisit } from './console-line.ts';
import { forgetTickets } from '../logic/consoles.ts';
import { vmCopyRoutes } from './vm-copies.ts';
import { vmRoutes } from './vms.ts';
import { volumeRoutes } from './volumes.ts';
import { forgetEnded } from '../logic/access.ts';
import { dropHostIntents } from '../logic/decide-forget.ts';
import { forgetJoinTokens } from '../logic/join.ts';
import { neighbourhoodOf } from '../logic/neighbourhood.ts';
import { forgetRepeats } from '../logic/repeat.ts';
import type { Vouch } from './oidc.ts';
import type { OidcLogin } from './oidc-login.ts';
import { sessionRoutes } from './sessions.ts';
import { notingUse, tokenRoutes } from './tokens.ts';
import { Writer } from './writer.ts';

export interface AppParts {
  readonly store: Store;
  readonly bus: Bus;
  readonly log: FastifyBaseLogger;
  readonly tokens: ApiConfig['tokens'];
  readonly requestsPer10Seconds?: number;
  /** Operations that one principal may have under way. */
  readonly pendingEach?: number;
  /** Of one address, by whom it is not known who they are. */
  readonly strangersPer10Seconds?: number;
  readonly door?: DoorLimits;
  readonly eventLimits?: EventLimits;
  readonly bodyPatience?: BodyPatience;
  /** HTTPS: what is in its files. */
  readonly tls?: Tls;
  /** By the common name of a certificate. */
  readonly certificates?: ReadonlyMap<string, api.Role>;
  readonly vouch?: Vouch;
  readonly oidcLogin?: OidcLogin;
  readonly audit?: AuditFileOptions;
  /** What hosts that join are told. */
  readonly join: JoinPlaces;
  /** The way to agents that bytes of images and volumes go. */
  readonly transfer?: TransferRequest;
  /** The way to agents that bytes of consoles go. */
  readonly visitConsole?: ConsoleVisit;
  readonly consoleLimits?: ConsoleLimits;
  /** The built console, where it is not beside this package. */
  readonly consoleFolder?: string;
}

/** In PEM. */
export interface Tls {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** Of clients. */
  readonly ca?: Buffer;
}

const requestsPer10SecondsUnlessSaid = 2_000;
const strangersPer10SecondsUnlessSaid = 500;

/** Of Node's server: a missing Host is told by us, and what asks to speak something else is answered in HTTP. */
const http = {
  requireHostHeader: false,
  connectionsCheckingInterval: lookForLateMs,
  shouldUpgradeCallback: isConsoleUpgrade,
};

export async function buildApp(parts: AppParts): Promise<App> {
  const { store, bus, log } = parts;
  const app: App = fastify({
    ...(parts.tls === undefined ? { http } : ({ https: httpsOf(parts.tls) } as object)),
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: wireLimits.httpBodyBytes,
    // Names of files may be longer than others.
    routerOptions: { maxParamLength: 255 },
    // Of the whole request; uploads take as long as they take, and bodies have limits of their own.
    requestTimeout: 0,
    genReqId: newRequestId,
    forceCloseConnections: 'idle',
    ajv: { customOptions: ajvOptions },
    clientErrorHandler: answerNoHttp,
    frameworkErrors: answerBeforeHooks,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.server.on('checkExpectation', answerExpectation);
  app.removeContentTypeParser('text/plain');
  app.setSerializerCompiler(() => (body) => JSON.stringify(body));

  const metrics = new Metrics();
  keepDoor(app.server, parts.door ?? defaultDoor, () => metrics.turnedAway());
  const mirror = new Mirror(store, (text) => log.warn(text));
  const events = new EventHub(metrics, parts.eventLimits ?? defaultEventLimits);
  const ending = new AbortController();
  const context: Context = {
    mirror,
    writer: new Writer(
      store,
      mirror,
      (outcome) => metrics.wrote(outcome),
      parts.pendingEach ?? wireLimits.pendingRequestsEach,
    ),
    leader: new Leader(bus),
    events,
    metrics,
    transfer: parts.transfer ?? noTransfer,
    ending: ending.signal,
  };
  const announcements = bus.subscribe(subjects.announcement(), (text) => events.announced(text), {
    queueLimit: 1_000,
    onOverflow: 'drop-oldest',
  });
  app.addHook('preClose', (done) => {
    ending.abort();
    announcements.close();
    events[Symbol.dispose]();
    mirror[Symbol.dispose]();
    done();
  });

  const page = await consolePages(app, parts.consoleFolder ?? builtConsole);
  answerProblems(app, page);
  const auth = new Auth({
    tokens: parts.tokens,
    mirror,
    ...(parts.vouch === undefined ? {} : { vouch: parts.vouch }),
    ...(parts.certificates === undefined ? {} : { certificates: parts.certificates }),
  });
  addHooks(app, auth, context);
  const {
    requestsPer10Seconds = requestsPer10SecondsUnlessSaid,
    strangersPer10Seconds = strangersPer10SecondsUnlessSaid,
  } = parts;
  await limitRates(app, requestsPer10Seconds, strangersPer10Seconds);
  await describe(app, rememberAbsentBodies(app));
  registerSchemas(app);
  cutSlowBodies(app, parts.bodyPatience ?? defaultPatience);
  addConventions(app, mirror);
  refuseWhatIsNotKnown(app);
  const methods = rememberMethods(app);
  await speakWebSocket(app);
  const note = keepAudit(app, parts.audit);

  systemRoutes(app, context, { store, bus, page });
  hostRoutes(app, context);
  drainRoutes(app, context);
  recoveryRoutes(app, context);
  restoreRoutes(app, context);
  vmRoutes(app, context);
  vmActionRoutes(app, context);
  vmCopyRoutes(app, context);
  usageRoutes(app, context);
  const limits = parts.consoleLimits ?? usualConsoleLimits;
  consoleRoutes(app, context, { auth, visit: parts.visitConsole ?? visitConsole, limits, note });
  placementRoutes(app, context);
  operationRoutes(app, context);
  poolRoutes(app, context);
  orphanRoutes(app, context);
  imageRoutes(app, context);
  volumeRoutes(app, context);
  await contentRoutes(app, context);
  balanceRoutes(app, context);
  ruleRoutes(app, context);
  settingsRoutes(app, context);
  clusterRoutes(app, context);
  eventRoutes(app, context);
  dumpRoutes(app, context);
  tokenRoutes(app, context, auth);
  sessionRoutes(app, context);
  loginRoutes(app, context, { oidc: parts.oidcLogin, note });
  joinRoutes(app, context, parts.join);
  refuseOtherMethods(app, methods);
  forgetWhatIsOver(app, context);
  mirror.start(events);
  return app;
}

const handshakeMs = 10_000;

function httpsOf({ cert, key, ca }: Tls): object {
  const asked = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: false };
  return { ...http, cert, key, minVersion: 'TLSv1.3', handshakeTimeout: handshakeMs, ...asked };
}

/** It is tried again in a minute where it fails. */
function forgetWhatIsOver(app: App, { mirror, writer }: Context): void {
  const decisions = [forgetRepeats, forgetEnded, forgetTickets, forgetJoinTokens, dropHostIntents];
  const timer = setInterval(() => {
    if (!mirror.isLoaded) return;
    for (const forget of decisions) {
      writer.carryOut((records) => forget(records, Date.now())).catch(() => undefined);
    }
  }, 60_000).unref();
  app.addHook('preClose', (done) => {
    clearInterval(timer);
    done();
  });
}

function addHooks(app: App, auth: Auth, context: Context): void {
  const { mirror, metrics } = context;
  const noteUse = notingUse(context);
  app.decorateRequest('principal', undefined);
  app.decorateRequest('denial', undefined);
  app.addHook('onRequest', async (request) => {
    try {
      request.principal = await auth.identify(request);
    } catch (error) {
      if (!(error instanceof DroverError)) throw error;
      request.denial = error;
    }
    if (request.principal !== undefined) noteUse(request.principal);
  });
  app.addHook('onRequest', (request, reply, done) => {
    if (request.protocol === 'https')
      void reply.header('strict-transport-security', 'max-age=31536000');
    // In the log's lines about the request, too: what a person quotes is found there.
    void reply.headers(safeHeaders).header('x-request-id', request.id);
    // Listening from here misses nothing of what the answer does not show yet.
    if (mirror.isLoaded) void reply.header('drover-revision', String(mirror.heardRevision));
    done(missingHost(request));
  });
  // After the rate limit, before any body is read.
  app.addHook('preParsing', (request, _reply, _payload, done) => {
    const { url } = request.routeOptions;
    if (url?.startsWith('/v1')) authorize(request);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.answered(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
    done();
  });
}

async function limitRates(app: App, known: number, strangers: number): Promise<void> {
  await app.register(rateLimit, {
    max: ({ principal }) => (principal === undefined ? strangers : known),
    timeWindow: 10_000,
    keyGenerator: ({ principal, ip }) =>
      principal === undefined ? `address ${neighbourhoodOf(ip)}` : `token ${principal.name}`,
    errorResponseBuilder: ({ principal }, { after, max }) => {
      const message =
        principal === undefined
          ? `more than ${max} requests in 10 seconds by nobody who is known here; send a token, or go on in ${after}`
          : `more than ${max} requests in 10 seconds; go on in ${after}, and wait with ?wait=30s or /v1/events instead of polling`;
      return new DroverError('too-many-requests', message);
    },
  });
}

/** `absent`: whose bodies may be left out, as `post /v1/vms/{vm}/save`. */
async function describe(app: App, absent: ReadonlySet<string>): Promise<void> {
  await app.register(swagger, {
    transformObject: (described) => {
      if (!('openapiObject' in described)) return described.swaggerObject;
      const { openapiObject } = described;
      for (const [path, methods] of Object.entries(openapiObject.paths ?? {})) {
        for (const [method, operation] of Object.entries(methods ?? {})) {
          const { requestBody } = operation as { requestBody?: { required?: boolean } };
          if (absent.has(`${method} ${path}`) && requestBody) requestBody.required = false;
        }
      }
      return openapiObject;
    },
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Drover',
        version: 'v1',
        description: 'Plain libvirt/KVM hosts as one cluster. See docs/api.md.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }],
    },
    refResolver: { buildLocalReference: ({ $id }) => (typeof $id === 'string' ? $id : 'unnamed') },
  });
}

/** What each address does, by its pattern. */
function rememberMethods(app: App): ReadonlyMap<string, Set<string>> {
  const methods = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }: RouteOptions) => {
    const known = methods.get(url) ?? new Set<string>();
    for (const one of [method].flat()) known.add(one);
    methods.set(url, known);
  });
  return methods;
}

const commonMethods: readonly HTTPMethods[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
];

function refuseOtherMethods(app: App, methods: ReadonlyMap<string, Set<string>>): void {
  const known = [...methods].map(([url, own]) => ({ url, allowed: [...own].toSorted() }));
  for (const { url, allowed } of known) {
    app.route({
      method: commonMethods.filter((method) => !allowed.includes(method)),
      url,
      config: { role: 'viewer' },
      schema: { hide: true },
      onRequest: (request, reply, done) => {
        void reply.header('allow', allowed.join(', '));
        const message = `${request.method} is not for this address; it does ${allowed.join(', ')}`;
        done(new DroverError('method-not-allowed', message));
      },
      handler: () => undefined,
    });
  }
}
