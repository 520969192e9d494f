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
  {
    name: 'join token record',
    schema: protocol.JoinTokenRecord,
    value: {
      v: 1,
      id,
      sha256: 'a'.repeat(64),
      host: 'h4',
      by: 'anna',
      createdAtMs: 1,
      expiresAtMs: 2,
      used: { host: 'h4', publicKey: `U${'A'.repeat(55)}`, atMs: 2 },
    },
  },
  {
    name: 'host key',
    schema: protocol.HostKeyRecord,
    value: { v: 1, host: 'h4', publicKey: `U${'A'.repeat(55)}`, tokenId: id, by: 'anna', atMs: 1 },
  },
  {
    name: 'join token',
    schema: protocol.JoinToken,
    value: {
      v: 1,
      id,
      secret: 'a'.repeat(43),
      addresses: ['https://api.example:8440'],
      caSha256: 'a'.repeat(64),
    },
  },
  {
    name: 'Join',
    schema: protocol.api.Join,
    value: {
      tokenId: id,
      host: 'h4',
      publicKey: `U${'A'.repeat(55)}`,
      nonce: 'a'.repeat(22),
      proof: 'a'.repeat(64),
    },
  },
  {
    name: 'JoinTokenCreate',
    schema: protocol.api.JoinTokenCreate,
    value: { host: 'h4', expiresInSeconds: 600, addresses: ['https://api.example:8440'] },
  },
];
