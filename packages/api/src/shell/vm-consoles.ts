/**
 * /v1/vms/{vm}/console: a ticket, and the WebSocket that is opened with it. The ticket comes as a subprotocol: headers of that
 * kind are in no log, and addresses are. What the VM and the client say to each other is console-line's.
 */
import { createHash } from 'node:crypto';
import websocket from '@fastify/websocket';
import { consoleProtocol, DroverError, Name, ticketProtocol } from '@drover/protocol';
import { consoleLimits } from '@drover/transfer';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { WebSocket } from 'ws';
import type { Principal } from '../logic/access.ts';
import { createTicket, findTicket, refusedTicket, ticketMs, useTicket } from '../logic/consoles.ts';
import { mayActAs } from '../logic/roles.ts';
import { findVm } from '../logic/vms.ts';
import type { Note } from './audit.ts';
import type { Auth } from './auth.ts';
import { isConsoleUpgrade, ticketOf } from './console-upgrade.ts';
import { ConsoleLine, type ConsoleVisit } from './console-line.ts';
import type { App, Context } from './context.ts';
import { answers, bodies, closed } from './schemas.ts';
import { newSecret } from './tokens.ts';

export interface ConsoleLimits {
  /** That one principal may have open at this API process. */
  readonly openEach: number;
  /** How long nothing may pass. */
  readonly idleMs: number;
  /** How often it is looked whether who opened one still may. */
  readonly checkMs?: number;
}

export const usualConsoleLimits: ConsoleLimits = { openEach: 16, idleMs: 30 * 60_000 };
const mostOpen = 1_024;
/** How long an API that has not heard of the ticket waits for etcd to tell. */
const hearMs = 1_000;
/** As every WebSocket says that its server starts anew. */
const restarts = 1012;

interface Entered {
  readonly vmId: string;
  readonly consoleType: 'vnc' | 'serial';
}

declare module 'fastify' {
  interface FastifyRequest {
    entered: Entered | undefined;
  }
}

export interface ConsoleParts {
  readonly auth: Auth;
  readonly visit: ConsoleVisit;
  readonly limits: ConsoleLimits;
  readonly note: Note;
}

const params = Type.Object({ vm: Name }, closed);
const config = { role: 'operator' } as const;

/** To be called before the routes are made. */
export async function speakWebSocket(app: App): Promise<void> {
  app.decorateRequest('entered', undefined);
  await app.register(websocket, {
    options: {
      ...consoleLimits,
      handleProtocols: (offered: Set<string>) => offered.has(consoleProtocol) && consoleProtocol,
    },
    errorHandler: (_error, socket) => socket.terminate(),
    preClose(done) {
      for (const client of this.websocketServer.clients) client.close(restarts, 'the API restarts');
      done();
    },
  });
}

export function consoleRoutes(app: App, context: Context, parts: ConsoleParts): void {
  const { mirror, writer } = context;
  const open = new Map<string, number>();

  app.post(
    '/v1/vms/:vm/console',
    {
      config,
      schema: {
        tags: ['vms'],
        operationId: 'openConsole',
        summary: 'A ticket for one of its consoles: good once, soon, and for who asks',
        params,
        body: bodies.consoleAsk,
        response: answers({ 201: bodies.consoleTicket }),
      },
    },
    async (request, reply) => {
      const { vm } = request.params;
      const { type } = request.body;
      const { id: vmId } = findVm(mirror.records, vm).value;
      const { secret, sha256 } = newSecret();
      const owner = request.principal as Principal;
      const atMs = Date.now();
      const made = { sha256, vmId, consoleType: type, owner, atMs };
      await writer.write(request, (records) => createTicket(records, made));
      void reply.code(201);
      const ticket = request.formerIds === undefined ? { ticket: secret } : {};
      return { vmId, type, expiresAtMs: atMs + ticketMs, ...ticket };
    },
  );

  app.route({
    method: 'GET',
    url: '/v1/vms/:vm/console',
    exposeHeadRoute: false,
    config,
    schema: {
      tags: ['vms'],
      operationId: 'visitConsole',
      summary: `A WebSocket to the console, with the subprotocols ${consoleProtocol} and ${ticketProtocol}TICKET`,
      params,
      response: answers({ 101: Type.Null() }),
    },
    preHandler: async (request) => {
      if (!isConsoleUpgrade(request.raw)) {
        const message =
          'open a WebSocket here, with a ticket that POST gives; see docs/vm-consoles.md';
        throw new DroverError('websocket-needed', message);
      }
      refuseOtherOrigins(request);
      const owner = request.principal as Principal;
      const mine = open.get(owner.name) ?? 0;
      const all = [...open.values()].reduce((sum, count) => sum + count, 0);
      if (mine >= parts.limits.openEach || all >= mostOpen) {
        const message = `${owner.name} has ${mine} consoles open; close one`;
        throw new DroverError('too-many-requests', message);
      }
      request.entered = await enter(context, request, owner);
    },
    handler: () => {
      throw new DroverError('websocket-needed', 'open a WebSocket here');
    },
    wsHandler: (socket, request) => {
      const { entered } = request;
      if (entered === undefined) return socket.terminate();
      void stay(context, parts, open, { socket, request, entered });
    },
  });
}

async function enter(
  { mirror, writer }: Context,
  request: FastifyRequest,
  owner: Principal,
): Promise<Entered> {
  const { vm } = request.params as { readonly vm: string };
  const { id: vmId } = findVm(mirror.records, vm).value;
  const secret = ticketOf(request.raw);
  if (secret === undefined) throw refusedTicket();
  const sha256 = createHash('sha256').update(secret).digest('hex');
  const presented = () => ({ sha256, vmId, owner, atMs: Date.now() });
  // It may have been made by another API process just now.
  const ticket = await mirror.until((records) => findTicket(records, presented()), hearMs);
  if (ticket === undefined) throw refusedTicket();
  await writer.carryOut((records) => useTicket(records, presented()));
  return { vmId, consoleType: ticket.value.consoleType };
}

/** A page of somebody else's has the browser's cookie with it too, but not where it comes from. */
function refuseOtherOrigins({ headers }: FastifyRequest): void {
  const { origin, host } = headers;
  if (origin === undefined || hostOf(origin) === host) return;
  const message = `a page of ${origin} opens no consoles of ${host ?? 'this API'}`;
  throw new DroverError('forbidden', message);
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

async function stay(
  { mirror, leader, ending }: Context,
  { auth, visit, limits, note }: ConsoleParts,
  open: Map<string, number>,
  {
    socket,
    request,
    entered,
  }: {
    readonly socket: WebSocket;
    readonly request: FastifyRequest;
    readonly entered: Entered;
  },
): Promise<void> {
  const { name } = request.principal as Principal;
  open.set(name, (open.get(name) ?? 0) + 1);
  note(request, 101);
  const mayStay = async () => {
    const principal = await auth.identify(request).catch(() => undefined);
    return principal?.name === name && mayActAs(principal.role, 'operator');
  };
  const line = new ConsoleLine({
    mirror,
    leader,
    visit,
    ...entered,
    client: socket,
    ending,
    mayStay,
    ...limits,
  });
  const began = performance.now();
  try {
    await line.run();
  } catch (error) {
    if (!ending.aborted) request.log.warn(error, 'a console ended');
    socket.close(1011);
  } finally {
    const left = (open.get(name) ?? 1) - 1;
    if (left === 0) open.delete(name);
    else open.set(name, left);
    const { vmId, consoleType } = entered;
    const seconds = Math.round((performance.now() - began) / 1000);
    const { carriedBytes: bytes } = line;
    request.log.info({ by: name, vmId, consoleType, seconds, bytes }, 'a console was closed');
  }
}
