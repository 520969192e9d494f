/** What the routes work with, and the types of the app that they hang on. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from 'fastify';
import { monotonicFactory } from 'ulid';
import type { Ask } from '../logic/write.ts';
import type { EventHub } from './event-hub.ts';
import type { Leader } from './leader.ts';
import type { Metrics } from './metrics.ts';
import type { Mirror } from './mirror.ts';
import type { TransferRequest } from './transfer.ts';
import type { Writer } from './writer.ts';

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export interface Context {
  readonly mirror: Mirror;
  readonly writer: Writer;
  readonly leader: Leader;
  readonly events: EventHub;
  readonly metrics: Metrics;
  readonly transfer: TransferRequest;
  /** Aborts when the process is told to end: who waits is answered at once. */
  readonly ending: AbortSignal;
}

const nextUlid = monotonicFactory();

/** The id of what is made for a request: of one that came before, the one that it had then. */
export function idFor(request: FastifyRequest, make: () => string = randomUUID): string {
  const id = request.formerIds?.[request.ids.length] ?? make();
  request.ids.push(id);
  return id;
}

/** For an operation: sorts by the time at which it was asked for. */
export function newOperation(request: FastifyRequest): Ask {
  return { by: request.principal?.name ?? '', atMs: Date.now(), id: idFor(request, nextUlid) };
}

/** For a thing that libvirt knows by its UUID. */
export function newThing(request: FastifyRequest): Ask {
  return { by: request.principal?.name ?? '', atMs: Date.now(), id: idFor(request) };
}
