/**
 * The web console’s files at `/`, beside the API and never instead of it: pages for who asks for HTML, the files
 * that they name under /assets, and nothing where the console was not built.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from './context.ts';

/** Where `vite build` puts it. */
export const builtConsole = fileURLToPath(new URL('../../../console/dist', import.meta.url));

/** Own scripts, styles, fonts and pictures, requests to this API, and nothing from elsewhere; it is in no frame. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  // What a screen sends as JPEG is drawn from such.
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Files whose names change with what is in them. */
const assetHeaders = { 'cache-control': 'public, max-age=31536000, immutable' };
const pageHeaders = { 'content-security-policy': pagePolicy, 'cache-control': 'no-cache' };
const hidden = { hide: true } as const;

export type Page = (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined;

/**
 * Gives what answers a request for a page, or nothing where the request is for none. `folder` need not be there
 * yet: it is looked at with each request.
 */
export async function consolePages(app: App, folder: string): Promise<Page> {
  await app.register(fastifyStatic, {
    root: folder,
    serve: false,
    preCompressed: true,
    cacheControl: false,
    suppressWarning: true,
  });
  app.get<{ Params: { '*': string } }>('/assets/*', { schema: hidden }, (request, reply) =>
    reply.headers(assetHeaders).sendFile(join('assets', request.params['*'])),
  );
  app.get('/favicon.svg', { schema: hidden }, (_request, reply) =>
    reply.header('cache-control', 'public, max-age=3600').sendFile('favicon.svg'),
  );
  return (request, reply) => {
    const isPage = request.method === 'GET' || request.method === 'HEAD';
    if (!isPage || !(request.headers.accept ?? '').includes('text/html')) return undefined;
    if (/^\/v1(\/|\?|$)/.test(request.url) || !existsSync(join(folder, 'index.html'))) {
      return undefined;
    }
    return reply.code(200).headers(pageHeaders).sendFile('index.html');
  };
}
