/**
 * Events: switched on for the first listener, delivered to all, off after the last.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionError, type Libvirt } from '../src/index.ts';
import { eventNames, eventRowOf, type EventName } from '../src/protocol/events.ts';
import type { EventWireOf } from '../src/testing/index.ts';
import { valuesOf } from '../tools/values.ts';
import { dom, errorOf, openLab, until } from './support.ts';

const names = (calls: readonly { readonly name: string }[] | undefined) =>
  (calls ?? []).map((call) => call.name).filter((name) => name.includes('Event'));

/** A call's reply comes after all events sent before it. */
async function settle(libvirt: Libvirt): Promise<void> {
  await errorOf(libvirt.host.hostname());
}

describe('events', () => {
  it('arrive with their payload, by name', async () => {
    await using lab = await openLab();
    const seen: unknown[] = [];
    await lab.libvirt.listen(
      ['lifecycle', 'ioErrorReason', 'migrationIteration', 'jobCompleted', 'poolRefresh'],
      (event) => seen.push(event),
    );
    const pool = { name: 'images', uuid: dom.uuid };
    lab.daemon.emit('lifecycle', { dom, event: 5, detail: 3 });
    lab.daemon.emit('ioErrorReason', {
      dom,
      path: '/images/a',
      device: 'virtio-disk0',
      action: 1,
      reason: 'enospc',
    });
    lab.daemon.emit('migrationIteration', { dom, iteration: 2 });
    lab.daemon.emit('jobCompleted', {
      dom,
      params: [
        { field: 'operation', type: 'int', value: 5 },
        { field: 'downtime', type: 'ullong', value: 71n },
      ],
    });
    lab.daemon.emit('poolRefresh', { pool });
    await settle(lab.libvirt);
    expect(seen).toMatchObject([
      { name: 'lifecycle', dom, type: 'stopped', detail: 'migrated' },
      { name: 'ioErrorReason', action: 'pause', reason: 'enospc' },
      { name: 'migrationIteration', iteration: 2 },
      {
        name: 'jobCompleted',
        stats: { type: 'completed', operation: 'migration-out', downtimeMs: 71 },
      },
      { name: 'poolRefresh', pool },
    ]);
  });

  it('are registered once for many listeners, and deregistered after the last', async () => {
    await using lab = await openLab();
    const [connection] = lab.daemon.connections;
    let first = 0;
    let second = 0;
    const one = await lab.libvirt.listen(['reboot'], () => (first += 1));
    const two = await lab.libvirt.listen(['reboot'], () => (second += 1));
    lab.daemon.emit('reboot', { dom });
    await settle(lab.libvirt);
    await one[Symbol.asyncDispose]();
    lab.daemon.emit('reboot', { dom });
    await settle(lab.libvirt);
    expect([first, second]).toEqual([1, 2]);
    expect(names(connection?.calls)).toEqual(['connectDomainEventCallbackRegisterAny']);
    await two[Symbol.asyncDispose]();
    expect(names(connection?.calls)).toEqual([
      'connectDomainEventCallbackRegisterAny',
      'connectDomainEventCallbackDeregisterAny',
    ]);
  });

  it('can be iterated, and end with the connection', async () => {
    await using lab = await openLab();
    const events = await lab.libvirt.events(['lifecycle', 'reboot']);
    lab.daemon.emit('reboot', { dom });
    lab.daemon.emit('lifecycle', { dom, event: 2, detail: 1 });
    await settle(lab.libvirt);
    lab.daemon.connections[0]?.destroy();
    const seen: string[] = [];
    for await (const event of events) seen.push(event.name);
    expect(seen).toEqual(['reboot', 'lifecycle']);
  });

  it('that nobody fetches are dropped from the oldest on, and the reader is told', async () => {
    await using lab = await openLab();
    await using events = await lab.libvirt.events(['migrationIteration'], { limit: 3 });
    for (let iteration = 1; iteration <= 5; iteration++) {
      lab.daemon.emit('migrationIteration', { dom, iteration });
    }
    await settle(lab.libvirt);
    const reader = events[Symbol.asyncIterator]();
    expect((await reader.next()).value).toEqual({
      name: 'resync',
      reason: 'overflow',
      lost: 2,
    });
    expect((await reader.next()).value).toMatchObject({ iteration: 3 });
  });

  it('that cannot be switched on reject, and leave no listener behind', async () => {
    let refuse = true;
    await using lab = await openLab({
      connectDomainEventCallbackRegisterAny: () => {
        if (refuse) throw new Error('no');
        return { callbackId: 3 };
      },
    });
    const seen: unknown[] = [];
    await errorOf(lab.libvirt.listen(['reboot'], (event) => seen.push(event)));
    refuse = false;
    await lab.libvirt.listen(['reboot'], () => undefined);
    lab.daemon.emit('reboot', { dom });
    await settle(lab.libvirt);
    expect(seen).toEqual([]);
  });

  it('with a state that no table knows are `other`, not an error', async () => {
    await using lab = await openLab();
    const seen: unknown[] = [];
    await lab.libvirt.listen(['lifecycle'], (event) => seen.push(event));
    lab.daemon.emit('lifecycle', { dom, event: 77, detail: 1 });
    lab.daemon.emit('lifecycle', { dom, event: 5, detail: 99 });
    await settle(lab.libvirt);
    expect(seen).toMatchObject([
      { type: 'other', typeCode: 77 },
      { type: 'stopped', detail: 'other', detailCode: 99 },
    ]);
  });

  it('of kinds that we do not know are ignored', async () => {
    await using lab = await openLab();
    lab.daemon.connections[0]?.send({ procedure: 9999 }, Buffer.alloc(12));
    await settle(lab.libvirt);
    expect(lab.connection.isUsable).toBe(true);
  });

  it('are over when the connection is', async () => {
    await using lab = await openLab();
    lab.daemon.connections[0]?.destroy();
    await lab.connection.closed;
    const error = await errorOf(lab.libvirt.events(['reboot']));
    expect(error).toBeInstanceOf(ConnectionError);
    await until(() => lab.daemon.connections.length === 0, 'the daemon to see it');
  });

  it('of one domain alone are asked for as such, beside those of all', async () => {
    await using lab = await openLab();
    const other = { ...dom, name: 'vm-2', uuid: '00000000-0000-4000-8000-000000000002' };
    const all: string[] = [];
    const own: string[] = [];
    await lab.libvirt.listen(['reboot'], (event) => {
      if (event.name === 'reboot') all.push(event.dom.name);
    });
    const listening = await lab.libvirt.listen(
      ['reboot'],
      (event) => {
        if (event.name === 'reboot') own.push(event.dom.name);
      },
      { dom },
    );
    lab.daemon.emit('reboot', { dom });
    lab.daemon.emit('reboot', { dom: other });
    await settle(lab.libvirt);
    expect({ all, own }).toEqual({ all: ['vm-1', 'vm-2'], own: ['vm-1'] });
    expect(lab.daemon.connections[0]?.calls.at(-2)).toMatchObject({ args: { eventId: 1, dom } });
    await listening[Symbol.asyncDispose]();
    lab.daemon.emit('reboot', { dom });
    await settle(lab.libvirt);
    expect({ all: all.length, own: own.length }).toEqual({ all: 3, own: 1 });
  });
});

describe('every event of the table', () => {
  it.each(eventNames)('%s is switched on, heard, and switched off', async (name) => {
    await using lab = await openLab();
    const [connection] = lab.daemon.connections;
    const [wire] = fc.sample(valuesOf(eventRowOf(name).wire), { numRuns: 1, seed: 7 });
    const seen: unknown[] = [];
    const listening = await lab.libvirt.listen([name], (event) => seen.push(event));
    expect(connection?.emit(name, wire as EventWireOf<EventName>)).toBe(true);
    await settle(lab.libvirt);
    expect(seen).toEqual([expect.objectContaining({ name })]);
    await listening[Symbol.asyncDispose]();
    expect(connection?.emit(name, wire as EventWireOf<EventName>)).toBe(false);
  });

  it('says in words what libvirt says in numbers', async () => {
    await using lab = await openLab();
    const seen: unknown[] = [];
    await lab.libvirt.listen(
      ['watchdog', 'graphics', 'blockJob', 'blockThreshold', 'memoryFailure', 'driverClosed'],
      (event) => seen.push(event),
    );
    await lab.libvirt.listen(['networkLifecycle', 'monitorEvent', 'agentLifecycle'], (event) =>
      seen.push(event),
    );
    const address = { family: 1, host: '::1', service: '5900' };
    lab.daemon.emit('watchdog', { dom, action: 2 });
    lab.daemon.emit('graphics', {
      dom,
      phase: 2,
      local: address,
      remote: { ...address, family: 9 },
      authScheme: 'none',
      subject: [{ type: 'x509dname', name: 'CN=me' }],
    });
    lab.daemon.emit('blockJob', { dom, disk: 'vda', type: 2, status: 3 });
    lab.daemon.emit('blockThreshold', { dom, device: 'vda', threshold: 9n, excess: 2n });
    lab.daemon.emit('memoryFailure', { dom, recipient: 1, action: 2, flags: 3 });
    lab.daemon.emit('driverClosed', { reason: 2 });
    lab.daemon.emit('networkLifecycle', {
      net: { name: 'n', uuid: dom.uuid },
      event: 2,
      detail: 0,
    });
    lab.daemon.emit('monitorEvent', { dom, event: 'STOP', seconds: 2n, micros: 500_000 });
    lab.daemon.emit('agentLifecycle', { dom, state: 1, reason: 2 });
    await settle(lab.libvirt);
    expect(seen).toMatchObject([
      { action: 'reset' },
      { phase: 'disconnect', local: { family: 'ipv6', host: '::1' }, remote: { family: 'other' } },
      { disk: 'vda', type: 'copy', status: 'ready' },
      { device: 'vda', thresholdBytes: 9, excessBytes: 2 },
      { recipient: 'guest', action: 'fatal', actionRequired: true, recursive: true },
      { reason: 'keepalive' },
      { type: 'started', net: { name: 'n' } },
      { event: 'STOP', atMs: 2500 },
      { state: 'connected', reason: 'channel' },
    ]);
  });
});
