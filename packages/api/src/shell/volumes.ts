/** /v1/volumes: what volumes there are, making one, and what is done with one. Each change is answered with an operation. */
import { type api, Name, VolumeRef } from '@drover/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { copyBody, createVolume } from '../logic/decide-volume.ts';
import { requestOnVolume, type VolumeAction } from '../logic/decide-volume-action.ts';
import { hasLabels, pageOf } from '../logic/page.ts';
import { listVolumes, requireVolume, showVolume } from '../logic/volumes.ts';
import { sendAccepted } from './accepted.ts';
import { type App, type Context, idFor, newOperation } from './context.ts';
import { answers, bodies, closed, Filter } from './schemas.ts';

const params = Type.Object({ volume: VolumeRef }, closed);
const snapshotParams = Type.Object({ volume: VolumeRef, snapshot: Name }, closed);
const tags = ['volumes'];
const config = { role: 'operator' } as const;
const accepted = answers({ 202: bodies.operation });
const about = (operationId: string, summary: string) => ({
  tags,
  operationId,
  summary,
  params,
  response: accepted,
});

export function volumeRoutes(app: App, context: Context): void {
  const { mirror, writer } = context;
  const show = (ref: string) => showVolume(mirror.records, requireVolume(mirror.records, ref));
  const create = async (
    request: FastifyRequest,
    reply: FastifyReply,
    bodyOf: (records: typeof mirror.records) => api.VolumeCreate,
  ) => {
    const ask = newOperation(request);
    const volumeId = idFor(request);
    await writer.write(request, (records) => createVolume(records, volumeId, bodyOf(records), ask));
    const operation = sendAccepted(reply, context, ask.id);
    return { volume: show(volumeId), operation };
  };

  app.get(
    '/v1/volumes',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'listVolumes',
        summary: 'All volumes: those of their own, and the disks of VMs',
        querystring: Filter,
        response: answers({ 200: bodies.volumes }),
      },
    },
    ({ query }) => {
      const asked = listVolumes(mirror.records)
        .filter(({ state }) => query.state === undefined || state === query.state)
        .filter(({ labels }) => hasLabels(labels, query.label));
      return pageOf(asked, query, { keyOf: placeInList });
    },
  );

  app.post(
    '/v1/volumes',
    {
      config,
      schema: {
        tags,
        operationId: 'createVolume',
        summary: 'Make a volume of its own: empty, from an image, or as a copy of another',
        body: bodies.volumeCreate,
        response: answers({ 202: bodies.volumeCreated }),
      },
    },
    (request, reply) => create(request, reply, () => request.body),
  );

  app.get(
    '/v1/volumes/:volume',
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'getVolume',
        summary: 'One volume, by id or name; a VM’s disk by VM:index',
        params,
        response: answers({ 200: bodies.volume }),
      },
    },
    ({ params: { volume } }) => show(volume),
  );

  app.post(
    '/v1/volumes/:volume/copy',
    {
      config,
      schema: {
        ...about('copyVolume', 'Make a full copy of it, in its pool or another'),
        body: bodies.volumeCopy,
        response: answers({ 202: bodies.volumeCreated }),
      },
    },
    (request, reply) =>
      create(request, reply, (records) => copyBody(records, request.params.volume, request.body)),
  );

  actionRoutes(app, context);
}

/** Those of their own come first, then the disks of VMs. */
function placeInList({ id, name = '', vm }: api.VolumeBody): readonly (string | number)[] {
  return vm === undefined ? [0, name, 0, id] : [1, vm.name, vm.index, id];
}

function actionRoutes(app: App, context: Context): void {
  const act = async (
    request: FastifyRequest,
    reply: FastifyReply,
    volume: string,
    action: VolumeAction,
  ) => {
    const ask = newOperation(request);
    await context.writer.write(request, (records) => requestOnVolume(records, volume, action, ask));
    return sendAccepted(reply, context, ask.id);
  };

  app.delete(
    '/v1/volumes/:volume',
    { config, schema: about('deleteVolume', 'Delete a volume that no VM has') },
    (request, reply) => act(request, reply, request.params.volume, { type: 'delete' }),
  );

  app.post(
    '/v1/volumes/:volume/resize',
    {
      config,
      schema: { ...about('resizeVolume', 'Make it larger'), body: bodies.volumeResize },
    },
    (request, reply) =>
      act(request, reply, request.params.volume, { type: 'resize', ...request.body }),
  );

  app.post(
    '/v1/volumes/:volume/move',
    {
      config,
      schema: { ...about('moveVolume', 'Move it to another pool'), body: bodies.volumeMove },
    },
    (request, reply) =>
      act(request, reply, request.params.volume, { type: 'move', ...request.body }),
  );

  app.post(
    '/v1/volumes/:volume/snapshots',
    {
      config,
      schema: { ...about('takeSnapshot', 'Keep it as it is now'), body: bodies.volumeSnapshot },
    },
    (request, reply) => {
      const { name: snapshot } = request.body;
      return act(request, reply, request.params.volume, { type: 'snapshot', snapshot });
    },
  );

  app.post(
    '/v1/volumes/:volume/snapshots/:snapshot/revert',
    {
      config,
      schema: {
        ...about('revertVolume', 'Make it again what it was; what came after is lost'),
        params: snapshotParams,
      },
    },
    (request, reply) => {
      const { volume, snapshot } = request.params;
      return act(request, reply, volume, { type: 'revert', snapshot });
    },
  );

  app.delete(
    '/v1/volumes/:volume/snapshots/:snapshot',
    {
      config,
      schema: {
        ...about('deleteSnapshot', 'Forget a snapshot; the volume stays as it is'),
        params: snapshotParams,
      },
    },
    (request, reply) => {
      const { volume, snapshot } = request.params;
      return act(request, reply, volume, { type: 'snapshot-delete', snapshot });
    },
  );

  app.post(
    '/v1/volumes/:volume/download',
    { config, schema: about('openDownload', 'Have its bytes ready; then GET its content') },
    (request, reply) => act(request, reply, request.params.volume, { type: 'download' }),
  );

  app.post(
    '/v1/volumes/:volume/upload',
    {
      config,
      schema: {
        ...about('openUpload', 'Make it ready for that many bytes; then PUT its content'),
        body: bodies.volumeUpload,
      },
    },
    (request, reply) =>
      act(request, reply, request.params.volume, { type: 'upload', ...request.body }),
  );
}
