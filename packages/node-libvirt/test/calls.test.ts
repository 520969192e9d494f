/**
 * Calls on one connection: four at the daemon, deadlines, abandonment, order.
 */
import { describe, expect, it } from 'vitest';
import {
  CallAbandonedError,
  ConnectionError,
  isOutcomeUnknown,
  ProtocolError,
  QueueFullError,
} from '../src/index.ts';
import { dom, errorOf, Gate, openLab, until } from './support.ts';

const stateReply = { state: 1, reason: 1 };

describe('calls', () => {
  it('are at most four at the daemon, so that it still hears pings', async () => {
    const gates = Array.from({ length: 10 }, () => new Gate<undefined>());
    let next = 0;
    await using lab = await openLab({ domainSuspend: () => gates[next++]?.promise });
    const [connection] = lab.daemon.connections;
    const before = connection?.calls.length ?? 0;
    const all = gates.map(() => lab.libvirt.domains.of(dom).suspend());
    const seen = () => (connection?.calls.length ?? 0) - before;
    await until(() => seen() === 4, 'four calls');
    connection?.ping();
    await until(() => connection?.pongsSeen === 1, 'a pong while four calls hang');
    expect(seen()).toBe(4);
    gates[2]?.open(undefined);
    await until(() => seen() === 5, 'a fifth call after one ended');
    for (const gate of gates) gate.open(undefined);
    await Promise.all(all);
    expect(connection?.mostInProgress).toBe(4);
  });

  it('get the reply of their own serial, whatever the order of replies', async () => {
    const gates = [new Gate<{ xml: string }>(), new Gate<{ xml: string }>()];
    let next = 0;
    await using lab = await openLab({ domainGetXmlDesc: () => gates[next++]!.promise });
    const first = lab.libvirt.domains.of(dom).xml();
    const second = lab.libvirt.domains.of(dom).xml();
    gates[1]?.open({ xml: 'second' });
    expect(await second).toBe('second');
    gates[0]?.open({ xml: 'first' });
    expect(await first).toBe('first');
  });

  it('of high priority go before those that wait already', async () => {
    const gate = new Gate<undefined>();
    await using lab = await openLab({
      domainSuspend: () => gate.promise,
      domainResume: () => undefined,
      domainDestroyFlags: () => undefined,
    });
    const blocked = Array.from({ length: 4 }, () => lab.libvirt.domains.of(dom).suspend());
    const low = lab.libvirt.domains.of(dom).resume();
    const high = lab.libvirt.domains.of(dom).destroy();
    gate.open(undefined);
    await Promise.all([...blocked, low, high]);
    const names = lab.daemon.connections[0]?.calls.map((call) => call.name) ?? [];
    expect(names.indexOf('domainDestroyFlags')).toBeLessThan(names.indexOf('domainResume'));
  });

  it('that pass their deadline are abandoned, with the outcome unknown', async () => {
    const gate = new Gate<undefined>();
    await using lab = await openLab({
      domainSuspend: () => gate.promise,
      domainGetState: () => stateReply,
    });
    const error = await errorOf(lab.libvirt.domains.of(dom).suspend({ timeoutMs: 20 }));
    expect(error).toBeInstanceOf(CallAbandonedError);
    expect(error).toMatchObject({ reason: 'deadline', sent: true, procedure: 'domainSuspend' });
    expect(isOutcomeUnknown(error)).toBe(true);
    // Its late reply is no unknown serial: the connection lives on.
    gate.open(undefined);
    expect((await lab.libvirt.domains.of(dom).state()).state).toBe('running');
    expect(lab.connection.isUsable).toBe(true);
  });

  it('that are abandoned keep their place at the daemon until their reply', async () => {
    const gate = new Gate<undefined>();
    await using lab = await openLab({ domainSuspend: () => gate.promise });
    const [connection] = lab.daemon.connections;
    const abandoned = lab.libvirt.domains.of(dom).suspend({ timeoutMs: 20 });
    await errorOf(abandoned);
    const rest = Array.from({ length: 4 }, () => lab.libvirt.domains.of(dom).suspend());
    const calls = () => connection?.calls.filter((call) => call.name === 'domainSuspend').length;
    await until(() => calls() === 4, 'the abandoned one and three more');
    connection?.ping();
    await until(() => connection?.pongsSeen === 1, 'a pong');
    expect(calls()).toBe(4);
    gate.open(undefined);
    await Promise.all(rest);
    expect(calls()).toBe(5);
  });

  it('never sent are safe to repeat, and say so', async () => {
    const gate = new Gate<undefined>();
    await using lab = await openLab({ domainSuspend: () => gate.promise });
    const blocked = Array.from({ length: 4 }, () => lab.libvirt.domains.of(dom).suspend());
    const error = await errorOf(lab.libvirt.domains.of(dom).resume({ timeoutMs: 20 }));
    expect(error).toMatchObject({ reason: 'deadline', sent: false });
    expect(isOutcomeUnknown(error)).toBe(false);
    gate.open(undefined);
    await Promise.all(blocked);
    expect(lab.daemon.connections[0]?.calls.some((call) => call.name === 'domainResume')).toBe(
      false,
    );
  });

  it('end with the signal of their caller', async () => {
    const hang = new Gate<undefined>();
    await using lab = await openLab({ domainSuspend: () => hang.promise });
    const aborter = new AbortController();
    const call = lab.libvirt.domains.of(dom).suspend({ signal: aborter.signal });
    const [connection] = lab.daemon.connections;
    await until(() => connection?.calls.at(-1)?.name === 'domainSuspend', 'the call');
    aborter.abort(new Error('enough'));
    expect(await errorOf(call)).toMatchObject({ reason: 'aborted', sent: true });
    const late = lab.libvirt.domains.of(dom).resume({ signal: aborter.signal });
    expect(await errorOf(late)).toMatchObject({ reason: 'aborted', sent: false });
  });

  it('are refused when too many wait', async () => {
    const gate = new Gate<undefined>();
    await using lab = await openLab({ domainSuspend: () => gate.promise }, { maxQueued: 2 });
    const taken = Array.from({ length: 6 }, () => lab.libvirt.domains.of(dom).suspend());
    const error = await errorOf(lab.libvirt.domains.of(dom).suspend());
    expect(error).toBeInstanceOf(QueueFullError);
    expect(isOutcomeUnknown(error)).toBe(false);
    gate.open(undefined);
    await Promise.all(taken);
  });

  it('with arguments that do not fit are never sent', async () => {
    await using lab = await openLab();
    const error = await errorOf(lab.libvirt.domains.byUuid('no uuid'));
    expect(error).toBeInstanceOf(ProtocolError);
    expect(isOutcomeUnknown(error)).toBe(false);
    expect(lab.connection.isUsable).toBe(true);
  });
});

describe('two abandoned calls', () => {
  it('retire the connection: no new calls, running ones may end, then it closes', async () => {
    const hang = new Gate<undefined>();
    const running = new Gate<{ cookieOut: Uint8Array }>();
    await using lab = await openLab({
      domainSuspend: () => hang.promise,
      domainMigratePerform3Params: () => running.promise,
    });
    const migration = lab.libvirt.domains.of(dom).migrate({ destinationUri: 'x', flags: 3 });
    const abandoned = [20, 30].map((timeoutMs) =>
      lab.libvirt.domains.of(dom).suspend({ timeoutMs }),
    );
    await Promise.all(abandoned.map(errorOf));
    expect(lab.connection.isUsable).toBe(false);
    const refused = await errorOf(lab.libvirt.domains.of(dom).resume());
    expect(refused).toBeInstanceOf(ConnectionError);
    expect(refused).toMatchObject({ reason: 'retired', sent: false });
    running.open({ cookieOut: new Uint8Array() });
    await migration;
    expect(await lab.connection.closed).toMatchObject({ reason: 'retired' });
  });

  it('turn away what waits, as not sent', async () => {
    const hang = new Gate<undefined>();
    await using lab = await openLab({ domainSuspend: () => hang.promise });
    const options = [{ timeoutMs: 20 }, { timeoutMs: 30 }, {}, {}];
    const sent = options.map((one) => errorOf(lab.libvirt.domains.of(dom).suspend(one)));
    const waiting = errorOf(lab.libvirt.domains.of(dom).resume());
    expect(await waiting).toMatchObject({ reason: 'retired', sent: false });
    lab.connection.destroy('closed');
    expect(await Promise.all(sent)).toMatchObject([
      { sent: true },
      { sent: true },
      { reason: 'closed', sent: true },
      { reason: 'closed', sent: true },
    ]);
  });
});
