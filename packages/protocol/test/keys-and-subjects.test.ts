/** The grammars of etcd keys and NATS subjects, and who may use which subject. */
import { describe, expect, it } from 'vitest';
import {
  type BusIdentity,
  inboxPrefix,
  keyPrefix,
  keys,
  natsPermissions,
  parseCertificateSubject,
  parseAgentSubject,
  parseKey,
  subjects,
} from '../src/index.ts';
import { operationId, vmId } from './support/samples.ts';

describe('keys', () => {
  it.each([
    [keys.hostIntent('h1'), { type: 'host-intent', id: 'h1' }, 'intent'],
    [keys.vmIntent(vmId), { type: 'vm-intent', id: vmId }, 'intent'],
    [keys.vmName('web1'), { type: 'vm-name', id: 'web1' }, 'intent'],
    [keys.rule('db-apart'), { type: 'rule', id: 'db-apart' }, 'intent'],
    [keys.pool('vms'), { type: 'pool', id: 'vms' }, 'intent'],
    [keys.request(operationId), { type: 'request', id: operationId }, 'intent'],
    [keys.repeat('ab'), { type: 'repeat', id: 'ab' }, 'intent'],
    [keys.ticket('ab'), { type: 'ticket', id: 'ab' }, 'intent'],
    [keys.joinToken('ab'), { type: 'join-token', id: 'ab' }, 'intent'],
    [keys.hostKey('h4'), { type: 'host-key', id: 'h4' }, 'intent'],
    [keys.token(vmId), { type: 'token', id: vmId }, 'intent'],
    [keys.settings('migration'), { type: 'settings', id: 'migration' }, 'intent'],
    [keys.settings('images'), { type: 'settings', id: 'images' }, 'intent'],
    [keys.settings('balance'), { type: 'settings', id: 'balance' }, 'intent'],
    [keys.dismissal('0123456789'), { type: 'dismissal', id: '0123456789' }, 'intent'],
    [keys.host('h1'), { type: 'host', id: 'h1' }, 'decision'],
    [keys.assignment(vmId), { type: 'assignment', id: vmId }, 'decision'],
    [keys.operation(operationId), { type: 'operation', id: operationId }, 'decision'],
    [keys.lastCommit(), { type: 'last-commit' }, 'decision'],
  ] as const)('%s is read back as it was made, under its writer', (key, parsed, writer) => {
    expect(parseKey(key)).toEqual(parsed);
    expect(key.startsWith(keyPrefix[writer])).toBe(true);
  });

  it('every kind of key has a prefix of its own', () => {
    const { settings, ...others } = keys;
    const made = Object.values(others).map((make) => make('same'));
    made.push(settings('migration'));
    expect(new Set(made).size).toBe(made.length);
  });

  it.each([
    '',
    '/',
    '/drover/intent/hosts/',
    '/drover/intent/hosts',
    '/drover/intent/hosts/a/b',
    '/drover/intent/hosts/h1/',
    'x/drover/intent/hosts/h1',
    '/drover/decision/racks/r1',
    '/drover/intent/last-commit',
    '/drover/intent/constructor/x',
    '/drover/intent/__proto__/x',
    '/other/intent/hosts/h1',
    keys.leader('694d'),
  ])('%j is none of ours to read', (key) => {
    expect(parseKey(key)).toEqual({ type: 'unknown' });
  });
});

describe('subjects of agents', () => {
  it.each(['heartbeat', 'inventory', 'result', 'progress'] as const)(
    'a %s says who sent it',
    (kind) => {
      expect(parseAgentSubject(subjects.agent('h-1', kind))).toEqual({ hostId: 'h-1', kind });
    },
  );

  it.each([
    '',
    'drover.agent.h1',
    'drover.agent.h1.other',
    'drover.agent.h1.heartbeat.x',
    'drover.agent.h1.heartbeat\n',
    'drover.agent..heartbeat',
    'drover.agent.*.heartbeat',
    'drover.agent.h1.x.heartbeat',
    'x.drover.agent.h1.heartbeat',
    'drover.cmd.h1',
  ])('%j says nothing', (subject) => {
    expect(parseAgentSubject(subject)).toBeUndefined();
  });
});

describe('a request for a certificate', () => {
  it('comes from the host in its subject', () => {
    const subject = subjects.certificateRequest('h1');
    expect(parseCertificateSubject(subject)).toBe('h1');
  });

  it.each(['drover.certificate-request', 'drover.certificate-request.*', 'drover.certificate.h1'])(
    '%j is none',
    (subject) => {
      expect(parseCertificateSubject(subject)).toBeUndefined();
    },
  );
});

describe('permissions', () => {
  const h1: BusIdentity = { role: 'agent', hostId: 'h1' };

  it.each([
    [
      h1,
      {
        publish: ['drover.agent.h1.>', 'drover.certificate-request.h1'],
        subscribe: ['drover.cmd.h1', 'drover.certificate.h1'],
      },
    ],
    [
      { role: 'scheduler' },
      {
        publish: [
          'drover.cmd.*',
          'drover.certificate.*',
          'drover.announcement',
          '_INBOX_api.>',
          '$SYS._INBOX.>',
        ],
        subscribe: [
          '$SYS.REQ.USER.AUTH',
          'drover.agent.>',
          'drover.certificate-request.*',
          'drover.query',
          '_INBOX_scheduler.>',
        ],
      },
    ],
    [
      { role: 'api' },
      { publish: ['drover.query'], subscribe: ['drover.announcement', '_INBOX_api.>'] },
    ],
  ] as const)('of %j are these and no others', (identity, permissions) => {
    expect(natsPermissions(identity)).toEqual(permissions);
  });

  it('nobody has the inbox that every client of NATS would share', () => {
    for (const identity of [h1, { role: 'scheduler' }, { role: 'api' }] as const) {
      const { publish, subscribe } = natsPermissions(identity);
      const all = [...publish, ...subscribe];
      expect(all.filter((subject) => /^(_INBOX\.|>|\*)/.test(subject))).toEqual([]);
    }
    expect(new Set(Object.values(inboxPrefix)).size).toBe(2);
  });

  it('cover what each role says by the subjects it uses', () => {
    expect(natsPermissions(h1).subscribe).toContain(subjects.command('h1'));
    expect(natsPermissions({ role: 'scheduler' }).subscribe).toContain(subjects.allAgents());
    expect(natsPermissions({ role: 'api' }).publish).toContain(subjects.query());
  });
});
