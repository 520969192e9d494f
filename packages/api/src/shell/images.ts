/** /v1/images: what images there are, bringing one in, looking whether it is as it was, letting it go. */
import { ImageRef } from '@drover/protocol';
import { Type } from 'typebox';
import {
  changeImage,
  deleteImage,
  deletionOf,
  importImage,
  requireOneImage,
  verifyImage,
} from '../logic/decide-image.ts';
import { hasLabels, pageOf } from '../logic/page.ts';
import { listImages, requireImage, showImage } from '../logic/images.ts';
import { sendAccepted } from './accepted.ts';
import { type App, type Context, idFor, newOperation } from './context.ts';
import { answers, bodies, closed, Filter } from './schemas.ts';

const params = Type.Object({ image: ImageRef }, closed);
const tags = ['images'];
const viewer = { role: 'viewer' } as const;
const operator = { role: 'operator' } as const;
const flag = Type.Union([Type.Literal('true'), Type.Literal('false')]);
const WhenUnused = Type.Object({ whenUnused: Type.Optional(flag) }, closed);

export function imageRoutes(app: App, context: Context): void {
  const { mirror, writer } = context;
  const show = (ref: string) => showImage(mirror.records, requireImage(mirror.records, ref));

  app.get(
    '/v1/images',
    {
      config: viewer,
      schema: {
        tags,
        operationId: 'listImages',
        summary: 'All images, the newest version of each name first',
        querystring: Filter,
        response: answers({ 200: bodies.images }),
      },
    },
    ({ query }) => {
      const asked = listImages(mirror.records)
        .filter(({ state }) => query.state === undefined || state === query.state)
        .filter(({ labels }) => hasLabels(labels, query.label));
      return pageOf(asked, query, { keyOf: ({ name, version }) => [name, -version] });
    },
  );

  app.post(
    '/v1/images',
    {
      config: operator,
      schema: {
        tags,
        operationId: 'importImage',
        summary: 'Bring an image in: a file of the pool, from a URL, or by an upload that follows',
        body: bodies.imageImport,
        response: answers({ 202: bodies.imageImported }),
      },
    },
    async (request, reply) => {
      const { body } = request;
      const ask = newOperation(request);
      const imageId = idFor(request);
      await writer.write(request, (records) => importImage(records, imageId, body, ask));
      const operation = sendAccepted(reply, context, ask.id);
      return { image: show(imageId), operation };
    },
  );

  app.get(
    '/v1/images/:image',
    {
      config: viewer,
      schema: {
        tags,
        operationId: 'getImage',
        summary: 'One image, by id, name@version or name, with what stands on it',
        params,
        response: answers({ 200: bodies.image }),
      },
    },
    ({ params: { image } }) => show(image),
  );

  app.patch(
    '/v1/images/:image',
    {
      config: operator,
      schema: {
        tags,
        operationId: 'changeImage',
        summary: 'Give it other labels',
        params,
        body: bodies.imageChange,
        response: answers({ 200: bodies.image }),
      },
    },
    async (request) => {
      const {
        body,
        params: { image },
      } = request;
      // The name alone may mean another version after a while.
      const { id } = requireImage(mirror.records, image).intent;
      await writer.write(request, (records) => changeImage(records, id, body));
      return show(id);
    },
  );

  app.delete(
    '/v1/images/:image',
    {
      config: operator,
      schema: {
        tags,
        operationId: 'deleteImage',
        summary: 'Delete it; with whenUnused=true it goes once nothing stands on it any more',
        params,
        querystring: WhenUnused,
        response: answers({ 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const ask = newOperation(request);
      const { id } = requireOneImage(mirror.records, request.params.image).intent;
      const whenUnused = request.query.whenUnused === 'true';
      await writer.write(request, (records) => deleteImage(records, id, whenUnused, ask));
      return sendAccepted(reply, context, deletionOf(mirror.records, id) ?? ask.id);
    },
  );

  app.post(
    '/v1/images/:image/verify',
    {
      config: operator,
      schema: {
        tags,
        operationId: 'verifyImage',
        summary: 'Read all of it, and compare it with what was recorded',
        params,
        response: answers({ 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const ask = newOperation(request);
      const { id } = requireImage(mirror.records, request.params.image).intent;
      await writer.write(request, (records) => verifyImage(records, id, ask));
      return sendAccepted(reply, context, ask.id);
    },
  );
}
