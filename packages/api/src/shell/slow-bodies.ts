/**
 * How long a body may take to come. One that is JSON has to be there within a time; bytes of images and volumes may take
 * as long as they like, as long as some come. Who is slower is cut off, as is who goes on sending after the answer.
 */
import { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { App } from './context.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its body is bytes that are carried through. */
    readonly streams?: boolean;
  }
}

export interface BodyPatience {
  readonly wholeMs: number;
  readonly idleMs: number;
  /** What nobody waits for any more: that long after the answer. */
  readonly lateMs: number;
}

export const defaultPatience: BodyPatience = { wholeMs: 30_000, idleMs: 120_000, lateMs: 2_000 };

export function cutSlowBodies(app: App, patience: BodyPatience): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (hasBody(request)) {
      const stop = request.routeOptions.config.streams
        ? watchIdle(request, patience.idleMs)
        : watchWhole(request, patience.wholeMs);
      reply.raw.once('close', () => {
        stop();
        watchWhole(request, patience.lateMs);
      });
    }
    done();
  });
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function watchWhole({ raw }: FastifyRequest, ms: number): () => void {
  const timer = setTimeout(() => {
    // What is injected has no connection.
    if (!raw.complete && raw.socket instanceof Socket) raw.socket.destroy();
  }, ms);
  timer.unref();
  return () => clearTimeout(timer);
}

function watchIdle({ raw }: FastifyRequest, ms: number): () => void {
  let seen = raw.socket.bytesRead;
  const timer = setInterval(() => {
    const now = raw.socket.bytesRead;
    if (now === seen && !raw.complete) raw.socket.destroy();
    seen = now;
  }, ms);
  timer.unref();
  return () => clearInterval(timer);
}
