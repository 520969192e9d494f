/** One valid value of each record about who may speak to the API. */
import * as protocol from '../../src/index.ts';

const id = '6f1c2a52-7d6e-4a8f-9d63-0d3f1f2a9b01';

export const accessInputs = [
  {
    name: 'token',
    schema: protocol.TokenRecord,
    value: {
      v: 1,
      id: id,
      name: 'ci',
      role: 'operator',
      owner: 'anna',
      ownerRole: 'admin',
      ownerIsToken: true,
      session: true,
      sha256: 'a'.repeat(64),
      scopes: ['vms', 'hosts:read'],
      createdAtMs: 1,
      expiresAtMs: 2,
      lastUsedAtMs: 3,
    },
  },
  {
    name: 'repeat',
    schema: protocol.RepeatRecord,
    value: { v: 1, sha256: 'a'.repeat(64), ids: ['01JD-op-1', id], by: 'anna', atMs: 1 },
  },
  {
    name: 'ticket',
    schema: protocol.TicketRecord,
    value: {
      v: 1,
      sha256: 'a'.repeat(64),
      vmId: id,
      consoleType: 'vnc',
      by: 'anna',
      via: 'session',
      expiresAtMs: 1,
    },
  },
];
