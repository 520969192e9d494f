/**
 * What was recorded from one daemon, a fake one says again.
 */
import { describe, expect, it } from 'vitest';
import { connect, domainStatsType, errorCode, LibvirtError } from '../src/index.ts';
import {
  FakeDaemon,
  formatRecording,
  parseRecording,
  Recorder,
  replay,
  type Handlers,
} from '../src/testing/index.ts';
import { dom, errorOf, until } from './support.ts';

const image = Buffer.from('a picture of nothing');

/** A daemon whose domain is started by the first call for it. */
function original(): FakeDaemon {
  let state = 5;
  const handlers: Handlers = {
    connectGetHostname: () => ({ hostname: 'h1' }),
    domainGetState: () => ({ state, reason: 0 }),
    domainGetInfo: () => ({ state, maxMemory: 1n, memory: 1n, vcpus: 1, cpuTime: 2n ** 60n }),
    domainCreateWithFlags: () => {
      state = 1;
      setImmediate(() => daemon.emit('lifecycle', { dom, event: 2, detail: 0 }));
      return { dom };
    },
    connectGetAllDomainStats: () => ({
      records: [{ dom, params: [{ field: 'cpu.time', type: 'ullong', value: 7n }] }],
    }),
    domainMigratePerform3Params: () => ({ cookieOut: image }),
    domainUndefineFlags: () => {
      throw new LibvirtError({
        code: errorCode.operationInvalid,
        domain: 10,
        level: 2,
        message: 'it runs',
      });
    },
    authList: () => ({ types: [0] }),
    secretSetValue: () => undefined,
  };
  const daemon = new FakeDaemon(handlers);
  return daemon;
}

/** The same doings, whoever answers. */
async function visit(transport: ReturnType<FakeDaemon['open']>): Promise<readonly unknown[]> {
  await using libvirt = await connect({ transport, keepalive: false });
  const seen: unknown[] = [];
  await libvirt.listen(['lifecycle'], (event) => seen.push(event));
  const domain = libvirt.domains.of(dom);
  const before = await domain.state();
  await domain.start();
  await until(() => seen.length === 1, 'the event');
  const after = await domain.state();
  const { cpuTimeNs } = await domain.info();
  const stats = await libvirt.domains.stats(domainStatsType.cpuTotal);
  const refused = (await errorOf(domain.undefine())) as LibvirtError;
  const cookie = await libvirt.call('domainMigratePerform3Params', {
    dom,
    params: [],
    cookieIn: image,
    flags: 0,
  });
  return [
    before.state,
    after.state,
    cpuTimeNs,
    stats[0]?.params['cpu.time'],
    refused.code,
    refused.message,
    Buffer.from(cookie.cookieOut).toString(),
    seen,
  ];
}

describe('a recording', () => {
  it('played again says the same, events in their place, also after a trip through a file', async () => {
    await using daemon = original();
    const recorder = new Recorder();
    const first = await visit(recorder.through(daemon.open()));
    expect(first.slice(0, 3)).toEqual(['shutoff', 'running', 2n ** 60n]);
    const text = formatRecording(recorder.recording);
    await using again = new FakeDaemon(replay(parseRecording(text)));
    expect(await visit(again.open())).toEqual(first);
  });

  it('holds nothing of the making of a connection, and no secret', async () => {
    await using daemon = original();
    const recorder = new Recorder();
    await using libvirt = await connect({ transport: recorder.through(daemon.open()) });
    const secret = { uuid: dom.uuid, usageType: 0, usageId: '' };
    await libvirt.call('secretSetValue', { secret, value: Buffer.from('hunter2'), flags: 0 });
    await libvirt.host.hostname();
    expect(recorder.recording).toMatchObject([{ call: 'connectGetHostname' }]);
  });

  it('answers what it does not hold with an error that says so', async () => {
    await using daemon = original();
    const recorder = new Recorder();
    await visit(recorder.through(daemon.open()));
    await using again = new FakeDaemon(replay(recorder.recording));
    await using libvirt = await connect({ transport: again.open() });
    const other = libvirt.domains.of({ uuid: '00000000-0000-0000-0000-000000000001' });
    expect((await errorOf(other.state())) as Error).toMatchObject({
      message: expect.stringMatching(/not in the recording: domainGetState .*000000000001/),
    });
  });

  it('that is no JSON names the line', () => {
    expect(() => parseRecording('{"event":"reboot","wire":{}}\n{oops\n')).toThrow(/line 2/);
  });
});
