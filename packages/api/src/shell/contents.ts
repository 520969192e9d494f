/**
 * /v1/images/{image}/content and /v1/volumes/{volume}/content: the bytes themselves, in and out. An upload goes on where
 * it broke off: HEAD says at which byte, PUT sends from there. Nothing is kept in this process on the way.
 */
import type { IncomingMessage } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { DroverError, ImageRef, VolumeRef } from '@drover/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type Carried, transferOfVolume, uploadOfImage } from '../logic/transfers.ts';
import type { App, Context } from './context.ts';
import { answers, closed } from './schemas.ts';
import { carry, findEnd, headerOf, type TransferAsk } from './transfer.ts';

const image = Type.Object({ image: ImageRef }, closed);
const volume = Type.Object({ volume: VolumeRef }, closed);
const config = { role: 'operator', streams: true } as const;
const nothing = Type.Null();

export async function contentRoutes(app: App, context: Context): Promise<void> {
  await app.register((scope, _options, done) => {
    // Whatever it is called: here a body is bytes.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, parsed) => parsed(null, payload));
    imageContent(scope as App, context);
    volumeContent(scope as App, context);
    done();
  });
}

function imageContent(app: App, context: Context): void {
  const about = (operationId: string, summary: string) => ({
    tags: ['images'],
    operationId,
    summary,
    params: image,
  });
  app.head(
    '/v1/images/:image/content',
    {
      config,
      schema: {
        ...about('getImageOffset', 'How much of an upload is there: Upload-Offset'),
        response: answers({ 200: nothing }),
      },
    },
    (request, reply) =>
      tellOffset(context, uploadOfImage(context.mirror.records, request.params.image), reply),
  );
  app.put(
    '/v1/images/:image/content',
    {
      config,
      schema: {
        ...about('uploadImage', 'Send bytes of an upload, from the header Upload-Offset on'),
        response: answers({ 204: nothing }),
      },
    },
    (request, reply) =>
      take(context, uploadOfImage(context.mirror.records, request.params.image), request, reply),
  );
}

function volumeContent(app: App, context: Context): void {
  const { mirror } = context;
  const about = (operationId: string, summary: string) => ({
    tags: ['volumes'],
    operationId,
    summary,
    params: volume,
  });
  app.head(
    '/v1/volumes/:volume/content',
    {
      config,
      schema: {
        ...about('getVolumeOffset', 'Of an upload Upload-Offset, of a download its length'),
        response: answers({ 200: nothing }),
      },
    },
    (request, reply) => {
      const carried = transferOfVolume(mirror.records, request.params.volume, 'either');
      return carried.direction === 'in'
        ? tellOffset(context, carried, reply)
        : give(context, carried, request, reply);
    },
  );
  app.put(
    '/v1/volumes/:volume/content',
    {
      config,
      schema: {
        ...about('uploadVolume', 'Send bytes of an upload, from the header Upload-Offset on'),
        response: answers({ 204: nothing }),
      },
    },
    (request, reply) =>
      take(context, transferOfVolume(mirror.records, request.params.volume, 'in'), request, reply),
  );
  app.get(
    '/v1/volumes/:volume/content',
    {
      exposeHeadRoute: false,
      config,
      schema: {
        ...about('downloadVolume', 'Its bytes, once a download was asked for; Range is understood'),
        produces: ['application/octet-stream'],
        response: answers({ 200: Type.Unsafe<Readable>({ type: 'string', format: 'binary' }) }),
      },
    },
    (request, reply) =>
      give(context, transferOfVolume(mirror.records, request.params.volume, 'out'), request, reply),
  );
}

async function tellOffset(context: Context, carried: Carried, reply: FastifyReply): Promise<never> {
  await ask(context, carried, reply, { method: 'HEAD', headers: {} });
  if (carried.bytes !== undefined) void reply.header('upload-length', String(carried.bytes));
  return sent(reply.code(200).send());
}

async function take(
  context: Context,
  carried: Carried,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<never> {
  // What is not read of a body that is refused would otherwise be read to its end.
  void reply.header('connection', 'close');
  const offset = request.headers['upload-offset'];
  if (typeof offset !== 'string' || !/^[0-9]{1,15}$/.test(offset)) {
    throw new DroverError(
      'bad-request',
      'say with the header Upload-Offset at which byte this goes on; HEAD tells it, and it is 0 at first',
    );
  }
  const length = request.headers['content-length'];
  const { bytes } = carried;
  if (bytes !== undefined && Number(offset) + Number(length ?? 0) > bytes) {
    throw new DroverError(
      'too-large',
      `${bytes} bytes of ${carried.label} were announced, and this would be ${Number(offset) + Number(length ?? 0)}`,
    );
  }
  const answer = await ask(context, carried, reply, {
    method: 'PUT',
    headers: {
      'upload-offset': offset,
      ...(length === undefined ? {} : { 'content-length': length }),
    },
    body: bodyOf(request),
  });
  answer.resume();
  void reply.removeHeader('connection');
  return sent(reply.code(204).send());
}

/**
 * What it is sent on as. Never the request itself: who answers before its end destroys what it was sent, and with the
 * request goes the connection on which the client is to hear that answer.
 */
function bodyOf({ raw, body }: FastifyRequest): Readable {
  if (!(body instanceof Readable)) return Readable.from([]);
  const sent = new PassThrough();
  const leave = () => {
    if (!raw.complete) sent.destroy(new Error('the client went away'));
  };
  raw.once('close', leave);
  raw.once('error', leave);
  body.pipe(sent);
  return sent;
}

async function give(
  context: Context,
  carried: Carried,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<never> {
  const { range } = request.headers;
  const method = request.method === 'HEAD' ? 'HEAD' : 'GET';
  const headers = range === undefined ? {} : { range };
  const answer = await ask(context, carried, reply, { method, headers });
  for (const name of ['content-length', 'content-range', 'accept-ranges']) {
    const value = headerOf(answer, name);
    if (value !== undefined) void reply.header(name, value);
  }
  void reply.code(answer.statusCode ?? 200).header('content-type', 'application/octet-stream');
  if (method === 'GET') return sent(reply.send(answer));
  answer.resume();
  return sent(reply.send());
}

/** Fastify waits for what was sent where it is given that back; there is no body besides. */
function sent(reply: FastifyReply): never {
  return reply as never;
}

async function ask(
  { mirror, transfer, ending }: Context,
  carried: Carried,
  reply: FastifyReply,
  asked: TransferAsk,
): Promise<IncomingMessage> {
  const left = new AbortController();
  const leave = () => left.abort();
  reply.raw.once('close', leave);
  try {
    const signal = left.signal;
    const end = await findEnd(mirror, carried, AbortSignal.any([signal, ending]));
    return await carry(transfer, { end, carried, reply }, { ...asked, signal });
  } finally {
    reply.raw.off('close', leave);
  }
}
