/** Samples of what a pool's doctor finds, and of what is said of files that no record names. */
import * as protocol from '../../src/index.ts';
import type { Sample } from './samples.ts';

const vmId = '6f1c2a52-7d6e-4a8f-9d63-0d3f1f2a9b01';
const pool = { name: 'vms', spec: { type: 'shared', path: '/srv/vms' } };
const file = `${vmId}.qcow2`;

export const poolDoctor = {
  operationId: 'op-1',
  by: 'anna',
  atMs: 1,
  hosts: ['h1', 'h2'],
  protection: 'image-lock',
  verdict: 'locks on the server',
  findings: [{ code: 'lock-seen', level: 'good', hostId: 'h2', message: 'it sees it' }],
};

export const poolEntry = {
  file,
  bytes: 2,
  allocatedBytes: 1,
  changedMs: 3,
  inode: 4,
  ageMs: 5,
};

const command = (kind: string, body: object) => ({
  name: `the command ${kind} about orphans`,
  schema: protocol.AgentCommand,
  value: {
    v: 1,
    opId: '01JD-op-1',
    step: 2,
    epoch: '17',
    hostId: 'h1',
    incarnation: 'boot-7',
    freshness: 'nonce-9',
    body: { kind, ...body },
  },
});

export const orphanInputs: readonly Sample[] = [
  {
    name: 'the request orphan-delete',
    schema: protocol.RequestRecord,
    value: {
      v: 1,
      id: '01JD-op-1',
      by: 'anna',
      createdAtMs: 1_700_000_000_000,
      type: 'orphan-delete',
      pool: 'vms',
      file,
      hostId: 'h1',
    },
  },
  command('list-files', { pool, after: 'a.raw', only: '.drover/quarantine/op1' }),
  command('storage-job', {
    job: {
      job: 'delete-orphan',
      pool,
      file,
      facts: { storedBytes: 1, changedMs: 2, inode: 3 },
    },
  }),
  {
    name: 'the answer list-files',
    schema: protocol.Answer,
    value: { kind: 'list-files', files: [poolEntry], isMore: true, users: ['web'] },
  },
];

export const orphanOutputs: readonly Sample[] = [
  {
    name: 'orphans',
    schema: protocol.api.OrphanList,
    value: {
      items: [
        {
          hostId: 'h1',
          file,
          kind: 'disk',
          bytes: 2,
          allocatedBytes: 1,
          changedAtMs: 3,
          ageMs: 4,
        },
      ],
      continue: 'x',
      silent: ['h2'],
    },
  },
];
