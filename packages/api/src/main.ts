#!/usr/bin/env node
/**
 * The HTTP API as a process: composes store, bus and app, listens, and ends in good order when it is told to:
 * requests under way are answered, streams ended.
 */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:https';
import { parseArgs } from 'node:util';
import { connectBus } from '@drover/bus';
import { DroverError, inboxPrefix } from '@drover/protocol';
import { connectStore } from '@drover/store';
import { type Logger, pino } from 'pino';
import { transferRequest } from '@drover/transfer';
import { buildApp, type Tls } from './shell/app.ts';
import { type ApiConfig, readConfig } from './shell/config.ts';
import { defaultDoor } from './shell/door.ts';
import { joinPlaces } from './shell/join-places.ts';
import { vouchedBy } from './shell/oidc.ts';
import { oidcLogin } from './shell/oidc-login.ts';
import { listenOnSocket } from './shell/peers.ts';
import { type ConsoleLimits, usualConsoleLimits } from './shell/vm-consoles.ts';

const usage = `drover api: HTTP for people and tools

  main.ts --config FILE

  --config FILE   YAML: listen {host, port}, etcd.endpoints, nats.servers, nats.nkeySeedFile,
                  tokens [{name, role, sha256}], requestsPer10Seconds,
                  strangersPer10Seconds, connections {each, all}, pendingEach,
                  socket {path}, tls {certFile, keyFile, clientCaFile, clients [{name, role}]},
                  consoles {openEach, idleMinutes}, join {addresses, natsServers, caFile},
                  oidc {issuer, audience, jwksUri, roleClaim, roles,
                  login {clientId, clientSecretFile, redirectUri, scope, label}},
                  audit {file, mostMib}
  --help          this text
`;

const auditMib = 64;
/** What is still open after that is cut off. */
const endingMs = 10_000;

async function run(config: ApiConfig, log: Logger): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const seedFile = config.nats.nkeySeedFile;
  const store = stack.use(connectStore({ endpoints: config.etcd.endpoints }));
  const bus = stack.use(
    connectBus({
      servers: config.nats.servers,
      name: 'api',
      inboxPrefix: inboxPrefix.api,
      ...(seedFile === undefined ? {} : { nkeySeed: readFileSync(seedFile, 'utf8').trim() }),
    }),
  );
  const { promise: told, resolve: end } = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, end);
  const { tokens, requestsPer10Seconds, pendingEach, oidc, audit, socket } = config;
  const { strangersPer10Seconds, connections } = config;
  const tls = readTls(config);
  const login = oidcLogin(oidc);
  const app = await buildApp({
    store,
    bus,
    log,
    tokens,
    transfer: transferRequest,
    join: joinPlaces(config),
    consoleLimits: consoleLimitsOf(config),
    ...(requestsPer10Seconds === undefined ? {} : { requestsPer10Seconds }),
    ...(strangersPer10Seconds === undefined ? {} : { strangersPer10Seconds }),
    ...(connections === undefined ? {} : { door: { ...defaultDoor, ...connections } }),
    ...(pendingEach === undefined ? {} : { pendingEach }),
    ...(tls === undefined ? {} : { tls }),
    certificates: new Map(config.tls?.clients?.map(({ name, role }) => [name, role])),
    ...(oidc === undefined ? {} : { vouch: vouchedBy(oidc) }),
    ...(login === undefined ? {} : { oidcLogin: login }),
    ...(audit === undefined
      ? {}
      : { audit: { path: audit.file, mostBytes: (audit.mostMib ?? auditMib) * 1024 * 1024 } }),
  });
  log.info(`listens on ${await app.listen(config.listen)}`);
  const local = socket === undefined ? undefined : await listenOnSocket(app, socket.path);
  // A certificate that was renewed is taken up without a restart.
  process.on('SIGHUP', () => {
    const renewed = readTls(config);
    if (renewed !== undefined && 'setSecureContext' in app.server) {
      (app.server as unknown as Server).setSecureContext(renewed);
    }
  });
  log.info(`ends: ${await told}`);
  local?.close();
  const cutOff = setTimeout(() => app.server.closeAllConnections(), endingMs);
  await app.close();
  clearTimeout(cutOff);
}

function consoleLimitsOf({ consoles = {} }: ApiConfig): ConsoleLimits {
  const { openEach, idleMinutes } = consoles;
  return {
    ...usualConsoleLimits,
    ...(openEach === undefined ? {} : { openEach }),
    ...(idleMinutes === undefined ? {} : { idleMs: idleMinutes * 60_000 }),
  };
}

function readTls({ tls }: ApiConfig): Tls | undefined {
  if (tls === undefined) return undefined;
  const { certFile, keyFile, clientCaFile } = tls;
  try {
    return {
      cert: readFileSync(certFile),
      key: readFileSync(keyFile),
      ...(clientCaFile === undefined ? {} : { ca: readFileSync(clientCaFile) }),
    };
  } catch (error) {
    throw new DroverError('bad-request', `tls: ${(error as Error).message}`);
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { config: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help || values.config === undefined) {
    process.stdout.write(usage);
    return values.help ? 0 : 2;
  }
  const log = pino({ name: 'drover-api' }, pino.destination({ dest: 1, sync: true }));
  process.on('unhandledRejection', (error) => {
    log.fatal(error, 'a promise failed that nobody waited for');
    process.exit(1);
  });
  try {
    await run(readConfig(values.config), log);
    return 0;
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    log.error(`${error.code}: ${error.message}`);
    return 1;
  }
}

process.exit(await main());
