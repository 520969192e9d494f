/**
 * Several connections behind the face of one: what hangs keeps nothing else waiting, and the end of a
 * connection is not the end.
 */
import { describe, expect, it } from 'vitest';
import {
  CallAbandonedError,
  connect,
  ConnectionError,
  type Libvirt,
  LibvirtError,
  type PoolOptions,
  type PoolStatus,
} from '../src/index.ts';
import { FakeDaemon, type Handlers, messageStatus } from '../src/testing/index.ts';
import { dom, errorOf, Gate, until } from './support.ts';

interface PoolLab extends AsyncDisposable {
  readonly daemon: FakeDaemon;
  readonly libvirt: Libvirt;
  readonly statuses: PoolStatus[];
  /** From now on nobody answers at the daemon's door, or somebody does again. */
  readonly door: { open: boolean };
}

const vol = { pool: 'images', name: 'a', key: '/a' };
const alive: Handlers = {
  domainGetState: () => ({ state: 1, reason: 1 }),
  connectGetHostname: () => ({ hostname: 'h1' }),
};

async function openPool(handlers: Handlers = {}, options: PoolOptions = {}): Promise<PoolLab> {
  const daemon = new FakeDaemon({ ...alive, ...handlers });
  const statuses: PoolStatus[] = [];
  const door = { open: true };
  const libvirt = await connect({
    transport: () => {
      if (!door.open) throw new Error('nobody there');
      return daemon.open();
    },
    keepalive: false,
    firstPauseMs: 5,
    longestPauseMs: 20,
    onStatus: (status) => statuses.push(status),
    ...options,
  });
  return {
    daemon,
    libvirt,
    statuses,
    door,
    async [Symbol.asyncDispose]() {
      await libvirt.close();
      await daemon[Symbol.asyncDispose]();
    },
  };
}

const callsOf = (daemon: FakeDaemon, name: string) =>
  daemon.connections.flatMap((connection) => connection.calls.filter((call) => call.name === name));

describe('a pool', () => {
  it('opens one connection, and others only when they are wanted', async () => {
    await using lab = await openPool({ domainMemoryStats: () => ({ stats: [] }) });
    await lab.libvirt.domains.of(dom).state();
    expect(lab.daemon.connections).toHaveLength(1);
    await lab.libvirt.call('domainMemoryStats', { dom, maxStats: 1, flags: 0 });
    expect(lab.daemon.connections).toHaveLength(2);
  });

  it('has short calls answered while statistics and long calls hang', async () => {
    const hang = new Gate<never>();
    await using lab = await openPool({
      connectGetAllDomainStats: () => hang.promise,
      domainMigratePerform3Params: () => hang.promise,
      domainManagedSave: () => hang.promise,
    });
    const domain = lab.libvirt.domains.of(dom);
    const hung = [
      ...Array.from({ length: 8 }, () => lab.libvirt.domains.stats(1)),
      ...Array.from({ length: 5 }, () =>
        domain.migrate({ destinationUri: 'qemu+tls://h2/system' }),
      ),
    ].map((call) => errorOf(call));
    await until(() => callsOf(lab.daemon, 'domainMigratePerform3Params').length === 5, 'the hung');
    expect((await domain.state()).state).toBe('running');
    // One for control, one for statistics, and one for each long call.
    expect(lab.daemon.connections).toHaveLength(7);
    await lab.libvirt.close();
    await Promise.all(hung);
  });

  it('gives a long call no more connections than it was told, and the rest their turn', async () => {
    const gates = Array.from({ length: 3 }, () => new Gate<undefined>());
    let next = 0;
    await using lab = await openPool(
      { domainManagedSave: () => gates[next++]?.promise },
      { maxLong: 2 },
    );
    const saves = gates.map(() => lab.libvirt.call('domainManagedSave', { dom, flags: 0 }));
    await until(() => callsOf(lab.daemon, 'domainManagedSave').length === 2, 'two of three');
    expect(lab.daemon.connections).toHaveLength(3);
    gates[0]?.open(undefined);
    await until(() => callsOf(lab.daemon, 'domainManagedSave').length === 3, 'the third');
    expect(lab.daemon.connections).toHaveLength(3);
    for (const gate of gates) gate.open(undefined);
    await Promise.all(saves);
  });

  it('lends a connection out again only when the daemon has finished with it', async () => {
    const gate = new Gate<undefined>();
    let calls = 0;
    await using lab = await openPool({
      domainManagedSave: () => (calls++ === 0 ? gate.promise : undefined),
    });
    const save = (timeoutMs?: number) =>
      lab.libvirt.call('domainManagedSave', { dom, flags: 0 }, timeoutMs ? { timeoutMs } : {});
    expect(await errorOf(save(20))).toMatchObject({ reason: 'deadline', sent: true });
    await save();
    // The abandoned call still occupies the first.
    expect(lab.daemon.connections.map((one) => one.calls.at(-1)?.name)).toEqual([
      'connectOpen',
      'domainManagedSave',
      'domainManagedSave',
    ]);
    gate.open(undefined);
    await until(() => lab.daemon.connections[1]?.inProgress === 0, 'the abandoned to end');
    await save();
    await save();
    expect(lab.daemon.connections).toHaveLength(3);
  });

  it('keeps the connection of a stream until its end', async () => {
    await using lab = await openPool({ storageVolDownload: () => undefined });
    const reading = lab.libvirt.pools.volume(vol).download()[Symbol.asyncIterator]();
    const first = reading.next();
    await until(() => callsOf(lab.daemon, 'storageVolDownload').length === 1, 'the download');
    const other = lab.libvirt.pools.volume(vol).download()[Symbol.asyncIterator]();
    const second = other.next();
    await until(() => callsOf(lab.daemon, 'storageVolDownload').length === 2, 'the second');
    expect(lab.daemon.connections).toHaveLength(3);
    for (const connection of lab.daemon.connections.slice(1)) {
      const serial = connection.calls.at(-1)?.serial ?? 0;
      connection.sendStream(serial, messageStatus.continue, Buffer.from('abc'));
    }
    expect(Buffer.from((await first).value as Uint8Array).toString()).toBe('abc');
    await second;
    await lab.libvirt.close();
    await Promise.all([errorOf(reading.next()), errorOf(other.next())]);
  });

  it('closes connections for long calls that nobody has wanted for a while', async () => {
    await using lab = await openPool({ domainManagedSave: () => undefined }, { idleMs: 50 });
    await lab.libvirt.call('domainManagedSave', { dom, flags: 0 });
    expect(lab.daemon.connections).toHaveLength(2);
    await until(() => lab.daemon.connections.length === 1, 'the idle one to go');
    expect(await lab.libvirt.host.hostname()).toBe('h1');
  });
});

describe('a pool that loses its daemon', () => {
  it('connects again, registers again, and then tells listeners to look anew', async () => {
    await using lab = await openPool();
    const seen: string[] = [];
    await lab.libvirt.listen(['reboot'], (event) => seen.push(event.name));
    lab.daemon.emit('reboot', { dom });
    await until(() => seen.length === 1, 'an event');
    lab.daemon.connections[0]?.destroy();
    await until(() => seen.length === 2, 'the resync');
    // By then the events are switched on: what happens from now on is told.
    lab.daemon.emit('reboot', { dom });
    await until(() => seen.length === 3, 'an event of the new connection');
    expect(seen).toEqual(['reboot', 'resync', 'reboot']);
    expect(lab.statuses.map((status) => status.state)).toEqual([
      'connected',
      'disconnected',
      'connected',
    ]);
  });

  it('says so in an iteration too, which goes on', async () => {
    await using lab = await openPool();
    await using events = await lab.libvirt.events(['reboot']);
    lab.daemon.connections[0]?.destroy();
    const reader = events[Symbol.asyncIterator]();
    expect((await reader.next()).value).toEqual({
      name: 'resync',
      reason: 'reconnected',
      lost: 0,
    });
    lab.daemon.emit('reboot', { dom });
    expect((await reader.next()).value).toMatchObject({ name: 'reboot', dom });
  });

  it('never repeats what was sent', async () => {
    let starts = 0;
    const hang = new Gate<never>();
    await using lab = await openPool({
      domainSuspend: () => {
        starts += 1;
        return hang.promise;
      },
    });
    const call = lab.libvirt.domains.of(dom).suspend();
    await until(() => starts === 1, 'the call');
    lab.daemon.connections[0]?.destroy();
    expect(await errorOf(call)).toMatchObject({ reason: 'ended', sent: true });
    await until(() => lab.libvirt.isConnected, 'the new connection');
    expect(starts).toBe(1);
  });

  it('has calls wait for the next connection, as long as their deadline', async () => {
    await using lab = await openPool();
    lab.door.open = false;
    lab.daemon.connections[0]?.destroy();
    await until(() => !lab.libvirt.isConnected, 'the loss');
    const late = await errorOf(lab.libvirt.host.hostname({ timeoutMs: 30 }));
    expect(late).toBeInstanceOf(CallAbandonedError);
    expect(late).toMatchObject({ sent: false, cause: { cause: { message: /nobody there/ } } });
    const patient = lab.libvirt.host.hostname();
    lab.door.open = true;
    expect(await patient).toBe('h1');
  });

  it('refuses calls at once where it was told not to wait', async () => {
    await using lab = await openPool({}, { waitMs: 0 });
    lab.door.open = false;
    lab.daemon.connections[0]?.destroy();
    await until(() => !lab.libvirt.isConnected, 'the loss');
    const error = await errorOf(lab.libvirt.host.hostname());
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ sent: false });
    lab.door.open = true;
    await until(() => lab.libvirt.isConnected, 'the new connection');
    expect(await lab.libvirt.host.hostname()).toBe('h1');
  });

  it('told not to wait, still opens what a call needs while the daemon is there', async () => {
    await using lab = await openPool(
      { domainManagedSave: () => undefined, domainMemoryStats: () => ({ stats: [] }) },
      { waitMs: 0 },
    );
    await lab.libvirt.call('domainManagedSave', { dom, flags: 0 });
    await lab.libvirt.call('domainMemoryStats', { dom, maxStats: 1, flags: 0 });
    expect(lab.daemon.connections).toHaveLength(3);
  });

  it('gives up a call for which no connection can be opened, though there is one', async () => {
    await using lab = await openPool({}, { waitMs: 30 });
    lab.door.open = false;
    const error = await errorOf(lab.libvirt.call('domainManagedSave', { dom, flags: 0 }));
    expect(error).toMatchObject({ reason: 'connect-failed', sent: false });
    expect(lab.libvirt.isConnected).toBe(true);
  });

  it('goes on trying, and tells each failure', async () => {
    await using lab = await openPool();
    lab.door.open = false;
    lab.daemon.connections[0]?.destroy();
    await until(() => lab.statuses.length > 5, 'several attempts');
    expect(lab.statuses.at(-1)?.error?.message).toMatch(/nobody there/);
    lab.door.open = true;
    await until(() => lab.libvirt.isConnected, 'the new connection');
  });
});

describe('a retired connection', () => {
  it('is replaced, and only its own calls go down with it', async () => {
    const hang = new Gate<never>();
    const gate = new Gate<undefined>();
    await using lab = await openPool({
      domainSuspend: () => hang.promise,
      domainReset: () => gate.promise,
    });
    const domain = lab.libvirt.domains.of(dom);
    const running = domain.reset();
    const seen: string[] = [];
    await lab.libvirt.listen(['reboot'], (event) => seen.push(event.name));
    await Promise.all([1, 2].map(() => errorOf(domain.suspend({ timeoutMs: 20 }))));
    expect((await domain.state()).state).toBe('running');
    await until(() => seen.length === 1, 'the resync');
    // Both connections are up for a moment; an event comes once.
    lab.daemon.emit('reboot', { dom });
    await lab.libvirt.host.hostname();
    expect(seen).toEqual(['resync', 'reboot']);
    gate.open(undefined);
    await running;
    await until(() => lab.daemon.connections.length === 1, 'the retired one to end');
  });
});

describe('the first connection', () => {
  it('is tried once, and its failure is the caller’s', async () => {
    let attempts = 0;
    const transport = () => {
      attempts += 1;
      throw new Error('nobody there');
    };
    const error = await errorOf(connect({ transport }));
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as Error).message).toMatch(/nobody there/);
    expect(attempts).toBe(1);
  });

  it('that is refused by the daemon rejects with what it said', async () => {
    await using daemon = new FakeDaemon({
      connectOpen: () => {
        throw new LibvirtError({ code: 3, domain: 0, level: 2, message: 'no such driver' });
      },
    });
    const error = await errorOf(connect({ transport: () => daemon.open() }));
    expect(error).toBeInstanceOf(LibvirtError);
    await until(() => daemon.connections.length === 0, 'nothing left open');
  });

  it('can be given up', async () => {
    const aborter = new AbortController();
    const hang = new Gate<never>();
    await using daemon = new FakeDaemon({ connectOpen: () => hang.promise });
    const { signal } = aborter;
    const connecting = errorOf(connect({ transport: () => daemon.open(), signal }));
    await until(() => daemon.connections[0]?.calls.at(-1)?.name === 'connectOpen', 'the open');
    aborter.abort();
    expect(await connecting).toBeInstanceOf(ConnectionError);
    await until(() => daemon.connections.length === 0, 'nothing left open');
  });
});
