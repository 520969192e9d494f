/**
 * Every way in which a request can go wrong, as a problem document: what the logic refused, what Fastify did
 * not accept, addresses and methods that do not exist, and defects, which are logged and not explained.
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { DroverError, type ErrorCode } from '@drover/protocol';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { type FieldError, problemOf, retryAfterSeconds } from '../logic/problem.ts';
import type { Page } from './console.ts';
import type { App } from './context.ts';
import { Rehearsed } from './conventions.ts';

declare module 'fastify' {
  interface FastifyReply {
    /** The code of the problem document that was sent; for the audit log. */
    problemCode: ErrorCode | undefined;
  }
}

const mediaType = 'application/problem+json; charset=utf-8';

/** `page` has the first word about an address that no route has: the console’s pages have addresses of their own. */
export function answerProblems(app: App, page: Page): void {
  app.decorateReply('problemCode', undefined);
  app.setErrorHandler<FastifyError | Rehearsed>((error, request, reply) => {
    // It went as far as it was to go: no problem at all.
    if (error instanceof Rehearsed) return reply.code(200).send(error.body);
    return sendProblem(request, reply, asDroverError(error));
  });
  app.setNotFoundHandler((request, reply) => {
    const shown = page(request, reply);
    if (shown !== undefined) return shown;
    const path = request.url.split('?')[0] ?? '';
    const message = `there is no ${request.method} ${path}; GET /openapi.json lists what there is`;
    return sendProblem(request, reply, new DroverError('route-not-found', message));
  });
}

/** Of every answer, whatever it is. */
export const safeHeaders = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

/** What is wrong without one. Node would answer by itself, and with no problem document. */
export function missingHost({ headers, raw }: FastifyRequest): DroverError | undefined {
  if (headers.host !== undefined || raw.httpVersion === '1.0') return undefined;
  return new DroverError('bad-request', 'the request has no header Host, which HTTP asks for');
}

/** Of a request that has met none of the hooks: nothing was made of its address. */
export function answerBeforeHooks(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  void reply.headers(safeHeaders).header('x-request-id', request.id);
  sendProblem(request, reply, asDroverError(error));
}

export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  error: DroverError,
): FastifyReply {
  reply.problemCode = error.code;
  if (error.code === 'internal') request.log.error(error.cause ?? error, 'a defect');
  if (error.code === 'unauthenticated') void reply.header('www-authenticate', 'Bearer');
  // Whoever that is asks again on a connection that has to be made anew, and counted.
  if (error.code === 'too-many-requests' && request.principal === undefined) {
    void reply.header('connection', 'close');
  }
  const seconds = retryAfterSeconds(error);
  if (seconds !== undefined && !reply.hasHeader('retry-after')) {
    void reply.header('retry-after', String(seconds));
  }
  return reply
    .code(error.status)
    .header('content-type', mediaType)
    .serializer(JSON.stringify)
    .send(problemOf(error));
}

interface NoHttp extends Error {
  readonly code?: string;
  /** What came last. */
  readonly rawPacket?: unknown;
}

/** What is not HTTP never becomes a request: answered on the bare connection, and that closed. */
export function answerNoHttp(error: NoHttp, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOf(
    new DroverError('bad-request', 'this is not a request that HTTP knows'),
  );
  const body = JSON.stringify(problem);
  const headers = {
    ...safeHeaders,
    'content-type': mediaType,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const status = `${problem.status} ${STATUS_CODES[problem.status]}`;
  // Its address or headers may be too long, and it is told no more than others that ask for HEAD.
  const { rawPacket } = error;
  const isHead = Buffer.isBuffer(rawPacket) && rawPacket.toString('latin1', 0, 5) === 'HEAD ';
  socket.end(`HTTP/1.1 ${status}\r\n${lines.join('')}\r\n${isHead ? '' : body}`);
}

/** `Expect` with anything but `100-continue`: Node would answer by itself, and with no problem document. */
export function answerExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const message = 'the header Expect says what is not done here; leave it out';
  const problem = problemOf(new DroverError('bad-request', message));
  const body = JSON.stringify(problem);
  const headers = {
    ...safeHeaders,
    'content-type': mediaType,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  response.writeHead(problem.status, headers).end(body);
}

const byFastifyCode: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['body-too-large', 'the body is longer than 256 KiB'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'unsupported-media-type',
    'send the body as JSON, with the header "Content-Type: application/json"',
  ],
  FST_ERR_CTP_EMPTY_JSON_BODY: [
    'invalid-json',
    'the body is empty; send JSON, or leave the Content-Type header out',
  ],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid-json', 'the body is not JSON'],
  FST_ERR_BAD_URL: ['bad-request', 'the address has a percent sign that encodes nothing'],
};

export function asDroverError(error: unknown): DroverError {
  if (error instanceof DroverError) return error;
  const {
    code = '',
    statusCode = 500,
    message,
    validation,
    validationContext,
  } = error as Partial<FastifyError>;
  if (validation !== undefined) return invalid(validation, validationContext ?? '');
  const known = byFastifyCode[code];
  if (known !== undefined) return new DroverError(known[0], known[1]);
  // secure-json-parse: not JSON, or keys that would reach a prototype.
  if (error instanceof SyntaxError && statusCode === 400) {
    return new DroverError('invalid-json', `the body is not JSON: ${error.message}`);
  }
  if (statusCode >= 400 && statusCode < 500) {
    return new DroverError('bad-request', message ?? 'the request is not understood');
  }
  return new DroverError('internal', 'this is a defect in Drover; its log says more', {
    cause: error,
  });
}

function invalid(
  validation: NonNullable<FastifyError['validation']>,
  context: string,
): DroverError {
  const errors = validation.map(({ instancePath, message, keyword, params }): FieldError => {
    const path = instancePath === '' ? '/' : instancePath;
    if (keyword === 'additionalProperties') {
      return { path, message: `has no field ${String(params['additionalProperty'])}` };
    }
    return { path, message: message ?? 'is not valid' };
  });
  const first = errors[0] ?? { path: '/', message: 'is not valid' };
  const detail = `${first.path} ${first.message}`;
  return context === 'body'
    ? new DroverError('invalid-body', detail, { details: { errors } })
    : new DroverError('bad-request', `${context || 'request'}: ${detail}`, { details: { errors } });
}
