/**
 * Migrations between two real libvirts through the agents' own tunnel: what a migration needs passes, and what a
 * hostile host tries through it does not reach the other's libvirt. Memory under certificates of the authority.
 */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { certificateName } from '@drover/certificates';
import {
  type Connection,
  flags,
  isOperationAborted,
  LibvirtError,
  type MigrateArguments,
  migrateFlag,
  openConnection,
} from 'node-libvirt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MigrationTls } from '../../packages/agent/src/shell/migration-tls.ts';
import { orderedFlags } from '../../packages/agent/src/shell/migration-order.ts';
import { readLine, sendGreeting } from '../../packages/agent/src/shell/tunnel-greeting.ts';
import { refusalsOf } from '../../packages/agent/src/shell/tunnel-refusals.ts';
import { openSource, openTarget, type TunnelUse } from '../../packages/agent/src/shell/tunnel.ts';
import { newAuthority, type TestAuthority } from './support/authority.ts';
import { dirtyVmXml, tellToDirty } from './support/dirty-vm.ts';
import { freePort } from './support/docker.ts';
import {
  type MigrationHost,
  type MigrationHosts,
  startMigrationHosts,
} from './support/migration-hosts.ts';
import { Mover, type Place } from './support/mover.ts';
import { until } from './support/until.ts';

const uuid = randomUUID();
const bystander = randomUUID();
const authority = await newAuthority();

let hosts: MigrationHosts;
let mover: Mover;
const tls = new Map<string, MigrationTls>();
let operations = 0;

/** QEMU's certificates of a host, as its agent exchanges them. */
async function certify(host: MigrationHost, by: TestAuthority, trusting = by): Promise<void> {
  const own = await by.identity(host.name, 'memory');
  const held = { ...own, trustedPems: [trusting.pem], fromMs: 0, untilMs: Date.now() + 60_000 };
  await tls.get(host.name)?.write(held);
}

beforeAll(async () => {
  hosts = await startMigrationHosts();
  for (const { name, daemon } of [hosts.one, hosts.two]) {
    const passwd = join(daemon.folder, 'passwd');
    await writeFile(passwd, 'libvirt-qemu:x:0:0::/:\n');
    tls.set(name, new MigrationTls({ stateDir: daemon.folder, qemuConf: passwd, passwd }));
  }
  for (const host of [hosts.one, hosts.two]) await certify(host, authority);
  mover = new Mover(hosts, uuid);
  await mover.start();
  await hosts.two.libvirt.domains.create(dirtyVmXml({ name: 'bystander', uuid: bystander }));
});

afterAll(async () => {
  await hosts?.[Symbol.asyncDispose]();
});

const place = () => mover.place();
const home = () => mover.home();

type Ordered = Partial<Pick<TunnelUse, 'mode' | 'memoryPath' | 'may' | 'vmName' | 'expiresInMs'>>;

/**
 * The target's end of a new operation's tunnel. Its address is a name that only containers know; the ends
 * themselves run here.
 */
async function prepare({ at, other }: Pick<Place, 'at' | 'other'>, ordered: Ordered = {}) {
  operations += 1;
  const use = {
    opId: `op-${operations}`,
    vmId: uuid,
    vmName: 'mover',
    mode: 'live',
    memoryPath: 'clear',
    expiresInMs: 100_000,
    ...ordered,
  } as const;
  const settings = {
    stateDir: other.daemon.folder,
    host: other.daemon.container,
    basePort: await freePort(),
    libvirtSocket: other.daemon.socketPath,
  };
  const identity = await authority.identity(other.name, 'tunnel');
  const target = await openTarget(settings, { ...use, peer: at.name, identity });
  return { use, target: { ...target, host: '127.0.0.1' } };
}

/** As the source's agent does it. */
async function migrate(from: Place, ordered: Ordered = {}, more: Partial<MigrateArguments> = {}) {
  const { at, other, domain } = from;
  const { use, target } = await prepare(from, ordered);
  const address = other.daemon.container;
  const identity = await authority.identity(at.name, 'tunnel');
  const outgoing = { ...use, peer: other.name, identity };
  const { socketPath: path } = await openSource(at.daemon.folder, outgoing, target, address);
  const socket = path.replace(at.daemon.folder, `/hosts/${at.name}`);
  const { memoryPath } = use;
  await domain.migrate({
    destinationUri: `qemu+unix:///system?socket=${encodeURIComponent(socket)}`,
    ...(memoryPath === 'tunnel' ? {} : { migrateUri: `tcp://${address}` }),
    ...(memoryPath === 'tls' ? { tlsDestination: certificateName(other.name, 'memory') } : {}),
    ...more,
    flags: flags(orderedFlags(use), migrateFlag.abortOnError, more.flags ?? 0),
  });
}

const nothingRefused = async ({ at, other }: Place) => {
  const opId = `op-${operations}`;
  return [
    ...(await refusalsOf(at.daemon.folder, opId, 'source')),
    ...(await refusalsOf(other.daemon.folder, opId, 'target')),
  ];
};

describe('a migration through the tunnel', () => {
  it.each<[string, Ordered, Partial<MigrateArguments>]>([
    ['live', {}, { bandwidthMibps: 200 }],
    [
      'with parallel streams',
      { may: ['parallel'] },
      { flags: migrateFlag.parallel, parallelConnections: 2 },
    ],
    ['with memory through the tunnel as well', { memoryPath: 'tunnel' }, {}],
  ])('%s moves it, and nothing is refused', async (_, ordered, more) => {
    const from = await place();
    await migrate(from, ordered, more);
    expect(await home()).toBe(from.other);
    expect(await nothingRefused(from)).toEqual([]);
  });

  it('in paused mode leaves it to us to let it run', async () => {
    const from = await place();
    await migrate(from, { mode: 'paused' });
    const there = await place();
    expect(there.at).toBe(from.other);
    expect(await there.domain.state()).toMatchObject({ state: 'paused' });
    await there.domain.resume();
    expect(await home()).toBe(from.other);
  });

  it('that may end as post-copy does', async () => {
    const from = await place();
    await tellToDirty(from.domain, 40);
    const iterations: number[] = [];
    await using _ = await from.at.libvirt.listen(['migrationIteration'], (event) => {
      if (event.name === 'migrationIteration') iterations.push(event.iteration);
    });
    const more = { flags: migrateFlag.postCopy, bandwidthMibps: 16 };
    const moving = migrate(from, { may: ['post-copy'] }, more);
    await until('a second iteration', () => iterations.some((number) => number > 1), {
      timeoutMs: 60_000,
    });
    await from.domain.migration.startPostCopy();
    await moving;
    expect(await home()).toBe(from.other);
    await tellToDirty((await place()).domain, 0);
  });

  it('that is aborted leaves it where it was, and nothing is refused', async () => {
    const from = await place();
    await tellToDirty(from.domain, 40);
    const moving = migrate(from, {}, { bandwidthMibps: 8 }).catch((error: unknown) => error);
    await until('a job', async () => (await from.domain.job.stats()).operation === 'migration-out');
    await from.domain.job.abort();
    expect(isOperationAborted(await moving)).toBe(true);
    expect(await home()).toBe(from.at);
    expect(await nothingRefused(from)).toEqual([]);
    await tellToDirty(from.domain, 0);
  });

  it('that is not what was ordered is refused, and the VM stays', async () => {
    const from = await place();
    const moving = migrate(from, {}, { flags: migrateFlag.persistDest });
    await expect(moving).rejects.toBeInstanceOf(LibvirtError);
    expect(await home()).toBe(from.at);
    expect(await nothingRefused(from)).toMatchObject([{ side: 'source', reason: 'arguments' }]);
  });

  it('whose time is over while it copies ends, and the VM stays', async () => {
    const from = await place();
    await tellToDirty(from.domain, 40);
    const moving = migrate(from, { expiresInMs: 4_000 }, { bandwidthMibps: 8 });
    await expect(moving).rejects.toBeInstanceOf(LibvirtError);
    expect(await home()).toBe(from.at);
    const gone = async () => (await from.other.libvirt.domains.find(uuid)) === undefined;
    await until('its other half is gone', gone);
    expect((await nothingRefused(from)).map(({ reason }) => reason)).toContain('expired');
    await tellToDirty(from.domain, 0);
  });
});

describe('memory under the authority’s certificates', () => {
  it('is encrypted for the host that was ordered, and a renewed certificate is used by the next move', async () => {
    let from = await place();
    const moving = migrate(from, { memoryPath: 'tls' }, { bandwidthMibps: 8 });
    const asked = { execute: 'query-migrate-parameters' };
    const parameters = await until('its job', async () => {
      const stats = await from.domain.job.stats();
      return stats.memoryProcessedBytes
        ? from.domain.monitor.command(JSON.stringify(asked))
        : undefined;
    });
    await from.domain.migration.setMaxSpeed(1_000);
    await moving;
    expect(JSON.stringify(parameters)).toContain(certificateName(from.other.name, 'memory'));
    expect(await home()).toBe(from.other);
    // Nothing restarts; the authority itself is another.
    const next = await newAuthority();
    for (const host of [hosts.one, hosts.two]) await certify(host, next);
    from = await place();
    await migrate(from, { memoryPath: 'tls' });
    expect(await home()).toBe(from.other);
  });

  it('goes to no host with a certificate of another authority', async () => {
    const from = await place();
    await certify(from.at, authority);
    await certify(from.other, await newAuthority(), authority);
    await expect(migrate(from, { memoryPath: 'tls' })).rejects.toBeInstanceOf(LibvirtError);
    expect(await home()).toBe(from.at);
  });

  it('goes to no other host, though the authority knows it', async () => {
    const from = await place();
    for (const host of [hosts.one, hosts.two]) await certify(host, authority);
    const more = { tlsDestination: certificateName('three', 'memory') };
    await expect(migrate(from, { memoryPath: 'tls' }, more)).rejects.toBeInstanceOf(LibvirtError);
    expect(await home()).toBe(from.at);
  });
});

/** A hostile source: the right host with the right secret, and a client of libvirt that does as it likes. */
async function intrude(ordered: Ordered = {}) {
  const { use, target } = await prepare({ at: hosts.one, other: hosts.two }, ordered);
  const { keyPem, certificatePem, trustedPems } = await authority.identity('one', 'tunnel');
  const peer = connectTls({
    host: target.host,
    port: target.port,
    key: keyPem,
    cert: certificatePem,
    ca: [...trustedPems],
    servername: certificateName('two', 'tunnel'),
  });
  peer.on('error', () => {});
  await once(peer, 'secureConnect');
  sendGreeting(peer, use.opId, target.secret);
  await readLine(peer);
  return {
    peer,
    refusals: () => refusalsOf(hosts.two.daemon.folder, use.opId, 'target'),
  };
}

function open(peer: TLSSocket): Promise<Connection> {
  const opening = openConnection({ transport: peer, uri: 'qemu:///system', keepalive: false });
  peer.resume();
  return opening;
}

const other = { name: 'bystander', uuid: bystander };
const text = (field: string, value: string) => ({ field, type: 'string', value }) as const;

describe('a hostile host that was let in', () => {
  type Attempt = (connection: Connection) => Promise<unknown>;
  const empty = new Uint8Array();
  const dom = { ...other, id: -1 };
  const newcomer = dirtyVmXml({ name: 'newcomer', uuid: randomUUID() });
  const attempts: readonly (readonly [string, string, Attempt])[] = [
    ['destroys a VM', 'procedure', (c) => c.call('domainDestroyFlags', { dom, flags: 0 })],
    [
      'defines one',
      'procedure',
      (c) => c.call('domainDefineXmlFlags', { xml: newcomer, flags: 0 }),
    ],
    [
      'prepares a second VM',
      'other-vm',
      (c) =>
        c.call('domainMigratePrepare3Params', {
          params: [
            text('destination_xml', newcomer),
            text('migrate_uri', `tcp://${hosts.two.daemon.container}`),
          ],
          cookieIn: empty,
          flags: 3,
        }),
    ],
    [
      'ends another’s migration',
      'sequence',
      (c) =>
        c.call('domainMigrateFinish3Params', {
          params: [text('destination_name', 'bystander')],
          cookieIn: empty,
          flags: 3,
          cancelled: 1,
        }),
    ],
  ];

  it.each(attempts)('and %s does not reach libvirt', async (_, reason, attempt) => {
    const before = await hosts.two.libvirt.domains.list();
    const { peer, refusals } = await intrude();
    const connection = await open(peer);
    await expect(attempt(connection)).rejects.toThrow(Error);
    expect(await refusals()).toMatchObject([{ reason }]);
    const vm = hosts.two.libvirt.domains.of({ uuid: bystander });
    expect((await vm.state()).state).toBe('running');
    const names = (await hosts.two.libvirt.domains.list()).map((one) => one.name);
    expect(names).toEqual(before.map((one) => one.name));
  });

  it.each<[string, string, Buffer]>([
    [
      'calls before it is known',
      'sequence',
      Buffer.from('0000001c2000808600000001000000020000000000000000000000000000', 'hex').subarray(
        0,
        28,
      ),
    ],
    ['sends garbage', 'malformed', Buffer.alloc(4096, 0x7f)],
    ['announces more than there may be', 'malformed', Buffer.from('02000000', 'hex')],
  ])('and %s is cut off', async (_, reason, bytes) => {
    const { peer, refusals } = await intrude();
    peer.resume();
    peer.write(bytes);
    await once(peer, 'close');
    expect(await refusals()).toMatchObject([{ reason }]);
  });

  it('and does nothing until the time of its order is over is cut off', async () => {
    const { peer, refusals } = await intrude({ expiresInMs: 3_000 });
    const connection = await open(peer);
    expect(await connection.closed).toMatchObject({ reason: expect.any(String) });
    expect(await refusals()).toMatchObject([{ reason: 'expired' }]);
  });
});
