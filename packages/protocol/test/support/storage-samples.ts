/** Of images and volumes: one valid value of each, with as many of its optional fields as can be. */
import * as protocol from '../../src/index.ts';

const vmId = '6f1c2a52-7d6e-4a8f-9d63-0d3f1f2a9b01';
const operationId = '01JD-op-1';
const labels = { 'rack.example/name': 'r1', zone: '' };

const request = (type: string, body: object) => ({
  name: `the request ${type}`,
  schema: protocol.RequestRecord,
  value: {
    v: 1,
    id: operationId,
    by: 'anna',
    createdAtMs: 1_700_000_000_000,
    cancelled: { by: 'anna', atMs: 1_700_000_000_001 },
    type,
    ...body,
  },
});

export const storageProgress = {
  phase: 'convert',
  doneBytes: 100,
  totalBytes: 200,
  elapsedMs: 1000,
};
export const stored = {
  file: `${vmId}.qcow2`,
  format: 'qcow2',
  virtualBytes: 300,
  storedBytes: 200,
  allocatedBytes: 100,
  sha256: 'a'.repeat(64),
  changedMs: 1,
  inode: 12,
};
const marked = { deleted: { by: 'anna', atMs: 2 } };
const imageIntent = {
  id: vmId,
  name: 'debian-13',
  version: 2,
  pool: 'vms',
  source: { type: 'url', url: 'https://cloud.debian.org/a.qcow2' },
  format: 'qcow2',
  packing: 'xz',
  sha256: 'b'.repeat(64),
  labels,
  by: 'anna',
  createdAtMs: 1,
  ...marked,
};
const volumeIntent = {
  id: vmId,
  name: 'data',
  pool: 'vms',
  source: { type: 'image', imageId: vmId },
  mode: 'thin',
  format: 'qcow2',
  virtualBytes: 300,
  labels,
  by: 'anna',
  createdAtMs: 1,
  ...marked,
};
const snapshot = {
  name: 'before',
  file: 's.qcow2',
  format: 'qcow2',
  virtualBytes: 300,
  atMs: 3,
};
const imageSettings = {
  hosts: ['cloud.debian.org', '10.0.0.9', 'fd00::9'],
  schemes: ['https', 'http'],
  maxBytes: 1000,
  maxVirtualBytes: 2000,
};
export const imageBody = {
  ...imageIntent,
  state: 'deleting',
  sourceSha256: 'b'.repeat(64),
  stored,
  operationId,
  userCount: 1,
  users: [{ volumeId: `${vmId}-0`, name: 'web1', vmId }],
};
export const volumeBody = {
  ...volumeIntent,
  vm: { id: vmId, name: 'web1', index: 0 },
  state: 'deleting',
  file: 'a.qcow2',
  imageId: vmId,
  image: 'debian-13@2',
  snapshots: [{ name: 'before', virtualBytes: 300, atMs: 3 }],
  users: [{ id: vmId, name: 'web1' }],
  operationId,
};

/** What is read from etcd, or sent by people. */
export const storageInputs = [
  request('image-import', { imageId: vmId }),
  request('image-delete', { imageId: vmId }),
  request('image-verify', { imageId: vmId }),
  request('volume-create', { volumeId: vmId }),
  request('volume-delete', { volumeId: vmId }),
  request('volume-resize', { volumeId: `${vmId}-0`, virtualBytes: 400 }),
  request('volume-move', { volumeId: `${vmId}-12`, pool: 'fast' }),
  request('volume-snapshot', { volumeId: vmId, snapshot: 'before' }),
  request('volume-download', { volumeId: vmId }),
  request('volume-upload', { volumeId: vmId, bytes: 400 }),
  {
    name: 'image intent',
    schema: protocol.ImageIntentRecord,
    value: { v: 1, ...imageIntent },
  },
  { name: 'image name', schema: protocol.ImageNameRecord, value: { v: 1, newest: 3 } },
  {
    name: 'image record',
    schema: protocol.ImageRecord,
    value: {
      v: 1,
      id: vmId,
      state: 'ready',
      operationId,
      stored,
      sourceSha256: 'b'.repeat(64),
    },
  },
  {
    name: 'volume intent',
    schema: protocol.VolumeIntentRecord,
    value: { v: 1, ...volumeIntent },
  },
  { name: 'volume name', schema: protocol.VolumeNameRecord, value: { v: 1, volumeId: vmId } },
  {
    name: 'volume record',
    schema: protocol.VolumeRecord,
    value: {
      v: 1,
      id: `${vmId}-0`,
      state: 'ready',
      pool: 'vms',
      file: `${vmId}-0.qcow2`,
      format: 'qcow2',
      virtualBytes: 300,
      imageId: vmId,
      snapshots: [snapshot],
      operationId,
    },
  },
  {
    name: 'image settings',
    schema: protocol.ImageSettingsRecord,
    value: { v: 1, settings: imageSettings, by: 'anna', atMs: 1 },
  },
  {
    name: 'ImageImport',
    schema: protocol.api.ImageImport,
    value: {
      name: 'debian-13',
      pool: 'vms',
      source: { type: 'upload', bytes: 100 },
      format: 'vmdk',
      packing: 'gzip',
      sha256: 'b'.repeat(64),
      labels,
      newVersion: true,
    },
  },
  { name: 'ImageChange', schema: protocol.api.ImageChange, value: { labels } },
  { name: 'ImageSettings', schema: protocol.ImageSettings, value: imageSettings },
  {
    name: 'VolumeCreate',
    schema: protocol.api.VolumeCreate,
    value: {
      name: 'data',
      pool: 'vms',
      source: { type: 'image', image: 'debian-13@2' },
      mode: 'thin',
      format: 'qcow2',
      sizeMib: 100,
      virtualBytes: 100,
      labels,
    },
  },
  {
    name: 'VolumeCopy',
    schema: protocol.api.VolumeCopy,
    value: { name: 'data-2', pool: 'fast', format: 'raw', sizeMib: 100, labels },
  },
  { name: 'VolumeResize', schema: protocol.api.VolumeResize, value: { sizeMib: 100 } },
  { name: 'VolumeMove', schema: protocol.api.VolumeMove, value: { pool: 'fast' } },
  { name: 'VolumeSnapshot', schema: protocol.api.VolumeSnapshot, value: { name: 'before' } },
  { name: 'VolumeUpload', schema: protocol.api.VolumeUpload, value: { bytes: 100 } },
];

/** What the API answers. */
export const storageOutputs = [
  { name: 'Image', schema: protocol.api.ImageBody, value: imageBody },
  {
    name: 'ImageSettingsBody',
    schema: protocol.api.ImageSettingsBody,
    value: { settings: imageSettings, effective: imageSettings, by: 'anna', atMs: 1 },
  },
  { name: 'Volume', schema: protocol.api.VolumeBody, value: volumeBody },
];
