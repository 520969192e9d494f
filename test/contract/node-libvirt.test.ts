/**
 * The contract of node-libvirt with a real libvirtd, on its test driver: what we read is what libvirt's own
 * client reads, and what we do it sees.
 */
import { randomUUID } from 'node:crypto';
import {
  buildXml,
  connect,
  domainImpact,
  domainStatsType,
  domainUndefineFlag,
  element,
  errorCode,
  isNotFound,
  isOperationInvalid,
  isUnsupported,
  type Libvirt,
  LibvirtError,
  metadataElement,
  openConnection,
  readDomain,
  readHostCapabilities,
  readPool,
} from 'node-libvirt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Libvirtd, startLibvirtd } from './support/libvirt-daemon.ts';
import { keyValues, labelled, lines } from './support/virsh-text.ts';

const uri = 'test:///default';

/** The daemon pings after 1 s of silence and gives up 2 s later, so that keepalive shows quickly. */
const quickPings = 'keepalive_interval = 1\nkeepalive_count = 1\n';

const domainXml = (name: string) =>
  buildXml(
    element('domain', { type: 'test' }, [
      element('name', {}, [name]),
      element('uuid', {}, [randomUUID()]),
      element('title', {}, ['a <title> & "more"']),
      element('memory', { unit: 'MiB' }, ['64']),
      element('vcpu', {}, ['1']),
      element('os', {}, [element('type', {}, ['hvm'])]),
    ]),
  );

let daemon: Libvirtd;
let libvirt: Libvirt;

const virsh = (...args: readonly string[]) => daemon.virsh(uri, ...args);

beforeAll(async () => {
  daemon = await startLibvirtd({ config: quickPings });
});

afterAll(async () => {
  await daemon?.[Symbol.asyncDispose]();
});

beforeEach(async () => {
  libvirt = await connect({ socketPath: daemon.socketPath, uri });
});

afterEach(async () => {
  await libvirt.close();
});

describe('what libvirt tells its own client it tells us', () => {
  it('about domains', async () => {
    const domains = await libvirt.domains.list();
    const names = lines(await virsh('list', '--all', '--name'));
    expect(domains.map((dom) => dom.name).toSorted()).toEqual(names);
    expect(names).toContain('test');
    const dom = await libvirt.domains.byName('test');
    expect(dom.uuid).toBe((await virsh('domuuid', 'test')).trim());
    expect(await libvirt.domains.byUuid(dom.uuid)).toEqual(dom);
    expect((await dom.xml()).trim()).toBe((await virsh('dumpxml', 'test')).trim());
    const info = await dom.info();
    const told = labelled(await virsh('dominfo', 'test'));
    expect(`${info.maxMemoryKib} KiB`).toBe(told['Max memory']);
    expect(`${info.memoryKib} KiB`).toBe(told['Used memory']);
    expect(String(info.vcpus)).toBe(told['CPU(s)']);
    const { state, reason } = await dom.state();
    expect(`${state} (${reason})`).toBe((await virsh('domstate', '--reason', 'test')).trim());
  });

  it('in statistics of all domains at once', async () => {
    const [stats, ...others] = await libvirt.domains.stats(domainStatsType.state);
    expect(others).toEqual([]);
    const told = keyValues(await virsh('domstats', '--state'));
    const ours = Object.entries(stats?.params ?? {}).map(([key, value]) => [key, String(value)]);
    expect(ours.length).toBeGreaterThan(1);
    expect(Object.fromEntries(ours)).toEqual(told);
  });

  it('about the host', async () => {
    expect(await libvirt.host.hostname()).toBe((await virsh('hostname')).trim());
    const info = await libvirt.host.info();
    const told = labelled(await virsh('nodeinfo'));
    expect(told).toMatchObject({
      'CPU model': info.cpuModel,
      'CPU(s)': String(info.cpus),
      'CPU socket(s)': String(info.sockets),
      'Core(s) per socket': String(info.coresPerSocket),
      'Thread(s) per core': String(info.threadsPerCore),
      'NUMA cell(s)': String(info.numaCells),
      'Memory size': `${info.memoryKib} KiB`,
    });
    const version = await libvirt.host.libvirtVersion();
    expect(await virsh('version', '--daemon')).toContain(
      `Running against daemon: ${version.major}.${version.minor}.${version.micro}`,
    );
    const capabilities = await libvirt.host.capabilities();
    expect(capabilities.trim()).toBe((await virsh('capabilities')).trim());
    const { cells, vmKinds } = readHostCapabilities(capabilities);
    expect(cells.reduce((sum, cell) => sum + cell.memoryKib, 0)).toBeGreaterThan(0);
    expect(vmKinds[0]?.domainTypes).toContain('test');
  });

  it('about pools', async () => {
    const pools = await libvirt.pools.list();
    expect(pools.map((pool) => pool.name)).toEqual(
      lines(await virsh('pool-list', '--all', '--name')),
    );
    const pool = await libvirt.pools.byName('default-pool');
    expect(pool.uuid).toBe((await virsh('pool-uuid', pool.name)).trim());
    const xml = await pool.xml();
    expect(xml.trim()).toBe((await virsh('pool-dumpxml', pool.name)).trim());
    const info = await pool.info();
    expect(info.state).toBe('running');
    expect(readPool(xml)).toMatchObject({
      capacityBytes: info.capacityBytes,
      availableBytes: info.availableBytes,
    });
  });
});

describe('what we do libvirt sees', () => {
  it('from define to undefine, with an event for every step', async () => {
    const seen: string[] = [];
    const name = 'contract-life';
    await using _listening = await libvirt.listen(['lifecycle'], (event) => {
      if (event.name === 'resync') return;
      if (event.dom.name === name) seen.push(`${event.type}/${event.detail}`);
    });
    const dom = await libvirt.domains.define(domainXml(name));
    expect(await virsh('domstate', name)).toContain('shut off');
    const started = await dom.start();
    expect(started.id).toBeGreaterThan(0);
    await dom.suspend();
    expect(await dom.state()).toMatchObject({
      state: 'paused',
      reason: 'user',
    });
    expect(await virsh('domstate', name)).toContain('paused');
    await dom.resume();
    expect(await dom.state()).toMatchObject({ state: 'running' });
    await dom.destroy();
    expect(await dom.state()).toMatchObject({
      state: 'shutoff',
      reason: 'destroyed',
    });
    await dom.undefine({ flags: domainUndefineFlag.managedSave });
    expect(lines(await virsh('list', '--all', '--name'))).not.toContain(name);
    expect(await libvirt.domains.find(dom.uuid)).toBeUndefined();
    expect(seen).toEqual([
      'defined/added',
      'started/booted',
      'suspended/paused',
      'resumed/unpaused',
      'stopped/destroyed',
      'undefined/removed',
    ]);
  });

  it('a transient domain, gone when it is destroyed', async () => {
    const dom = await libvirt.domains.create(domainXml('contract-transient'));
    const read = readDomain(await dom.xml());
    expect(read).toMatchObject({ uuid: dom.uuid, title: 'a <title> & "more"', memoryKib: 65_536 });
    expect(await virsh('dominfo', dom.name)).toMatch(/Persistent:\s+no/);
    await dom.destroy();
    expect(await libvirt.domains.find(dom.uuid)).toBeUndefined();
  });

  it('metadata, kept in the XML', async () => {
    const dom = await libvirt.domains.byName('test');
    const ours = { uri: 'https://drover.example/contract', key: 'drover' };
    expect(await dom.metadata.get(ours.uri)).toBeUndefined();
    const xml = buildXml(element('vm', {}, [element('generation', {}, ['4'])]));
    await dom.metadata.set({ ...ours, xml }, { flags: domainImpact.live });
    expect(await dom.metadata.get(ours.uri)).toContain('<generation>4</generation>');
    const description = readDomain(await virsh('dumpxml', 'test'));
    expect(metadataElement(description, ours.uri)?.name).toBe('drover:vm');
    await libvirt.domains
      .of(dom)
      .metadata.set({ ...ours, xml: undefined }, { flags: domainImpact.live });
    expect(await dom.metadata.get(ours.uri)).toBeUndefined();
  });

  it('pools and volumes', async () => {
    const seen: string[] = [];
    await using _listening = await libvirt.listen(['poolLifecycle', 'poolRefresh'], (event) => {
      seen.push(event.name === 'poolLifecycle' ? event.type : event.name);
    });
    const pool = await libvirt.pools.define(
      buildXml(
        element('pool', { type: 'dir' }, [
          element('name', {}, ['contract-pool']),
          element('target', {}, [element('path', {}, ['/contract-pool'])]),
        ]),
      ),
    );
    expect(await pool.isActive()).toBe(false);
    await pool.start();
    await pool.setAutostart(true);
    expect(await virsh('pool-info', pool.name)).toMatch(/Autostart:\s+yes/);
    await pool.refresh();
    const volumeXml = (name: string) =>
      buildXml(
        element('volume', {}, [
          element('name', {}, [name]),
          element('capacity', { unit: 'MiB' }, ['8']),
        ]),
      );
    const vol = await pool.createVolume(volumeXml('a.raw'));
    const copy = await pool.copyVolume(volumeXml('b.raw'), vol);
    expect((await pool.volumes()).map((one) => one.name).toSorted()).toEqual(['a.raw', 'b.raw']);
    expect((await virsh('vol-path', '--pool', pool.name, 'a.raw')).trim()).toBe(await vol.path());
    expect(await vol.info()).toMatchObject({
      type: 'file',
      capacityBytes: 8_388_608,
    });
    expect(await pool.findVolume('b.raw')).toEqual(copy);
    await vol.delete();
    await copy.delete();
    expect(await pool.findVolume('a.raw')).toBeUndefined();
    await pool.destroy();
    await pool.undefine();
    expect(await libvirt.pools.find(pool.name)).toBeUndefined();
    expect(seen).toEqual(['defined', 'started', 'poolRefresh', 'stopped', 'undefined']);
  });
});

describe('errors', () => {
  it('have libvirt’s own numbers', async () => {
    const errorOf = (promise: Promise<unknown>) =>
      promise.then(
        () => undefined,
        (error: unknown) => error,
      );
    const missing = await errorOf(libvirt.domains.byUuid(randomUUID()));
    expect(missing).toBeInstanceOf(LibvirtError);
    expect(missing).toMatchObject({ code: errorCode.noDomain });
    expect(isNotFound(missing)).toBe(true);
    const dom = await libvirt.domains.byName('test');
    const inactive = await libvirt.domains.define(domainXml('contract-inactive'));
    expect(isOperationInvalid(await errorOf(inactive.destroy()))).toBe(true);
    await inactive.undefine();
    const unsupported = await errorOf(dom.migrate({ destinationUri: 'test:///x', flags: 3 }));
    expect(isUnsupported(unsupported)).toBe(true);
    const malformed = await errorOf(libvirt.domains.create('<domain'));
    expect(malformed).toMatchObject({ code: errorCode.xmlDetail });
    expect(libvirt.isConnected).toBe(true);
  });
});

describe('the connection', () => {
  it('takes hundreds of calls at once', async () => {
    const dom = await libvirt.domains.byName('test');
    const states = await Promise.all(Array.from({ length: 500 }, () => dom.state()));
    expect(new Set(states.map((state) => state.state))).toEqual(new Set(['running']));
  });

  it('outlives the daemon’s patience by answering its pings', async () => {
    await using connection = await openConnection({ socketPath: daemon.socketPath, uri });
    const quiet = new Promise<'alive'>((resolve) => setTimeout(() => resolve('alive'), 4000));
    expect(await Promise.race([connection.closed, quiet])).toBe('alive');
    expect(await connection.call('connectGetHostname')).toBeDefined();
  });

  it('keeps what is read-only so', async () => {
    await using reader = await connect({ socketPath: daemon.socketPath, uri, readOnly: true });
    const dom = await reader.domains.byName('test');
    await expect(reader.domains.of(dom).suspend()).rejects.toThrow(/read only/);
  });
});
