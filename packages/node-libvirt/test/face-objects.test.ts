/**
 * What the objects of the face say on the wire, and what they make of the answers.
 */
import { describe, expect, it } from 'vitest';
import { isNotFound, LibvirtError } from '../src/index.ts';
import { messageStatus, type FakeConnection, type Handlers } from '../src/testing/index.ts';
import { dom, openLab, until, type Lab } from './support.ts';

const last = (lab: Lab) => lab.daemon.connections[0]?.calls.at(-1);
const uuid = dom.uuid;

describe('a domain', () => {
  async function withDomain(handlers: Handlers) {
    const lab = await openLab(handlers);
    return {
      lab,
      domain: lab.libvirt.domains.of(dom),
      [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose](),
    };
  }

  it('names the figures of its memory, and leaves out what it does not know', async () => {
    await using one = await withDomain({
      domainMemoryStats: () => ({
        stats: [
          { tag: 6, value: 2048n },
          { tag: 7, value: 4096n },
          { tag: 99, value: 1n },
        ],
      }),
    });
    expect(await one.domain.memory.stats()).toEqual({ actualKib: 2048, rssKib: 4096 });
  });

  it('asks for the figures of its processors by their number', async () => {
    await using one = await withDomain({
      domainGetCpuStats: ({ nparams }) => ({
        params: nparams === 0 ? [] : [{ field: 'cpu_time', type: 'ullong', value: 2n ** 60n }],
        nparams: 1,
      }),
    });
    expect(await one.domain.memory.cpuStats()).toEqual({ timeNs: 2n ** 60n });
    expect(last(one.lab)).toMatchObject({ args: { nparams: 1, startCpu: -1 } });
  });

  it('has disks with figures, jobs, and the end of them', async () => {
    let found = 0;
    await using one = await withDomain({
      domainBlockStats: () => ({
        readRequests: 1n,
        readBytes: 2n,
        writeRequests: 3n,
        writeBytes: 4n,
        errors: -1n,
      }),
      domainGetBlockJobInfo: () => ({ found, type: 2, bandwidth: 5n, current: 6n, end: 7n }),
      domainBlockJobAbort: () => undefined,
      domainBlockCopy: () => undefined,
      domainBlockCommit: () => undefined,
      domainBlockResize: () => undefined,
    });
    const disk = one.domain.disk('vda');
    expect(await disk.stats()).toEqual({
      readRequests: 1,
      readBytes: 2,
      writeRequests: 3,
      writeBytes: 4,
    });
    expect(await disk.job()).toBeUndefined();
    found = 1;
    expect(await disk.job()).toEqual({ type: 'copy', bandwidthMibps: 5, current: 6, end: 7 });
    await disk.copy({ destinationXml: '<disk/>', bandwidthBps: 9, granularityBytes: 8 });
    expect(last(one.lab)).toMatchObject({
      args: {
        path: 'vda',
        destXml: '<disk/>',
        params: [
          { field: 'bandwidth', type: 'ullong', value: 9n },
          { field: 'granularity', type: 'uint', value: 8 },
        ],
      },
    });
    await disk.commit({ base: 'vda[2]' }, { flags: 4 });
    expect(last(one.lab)).toMatchObject({ args: { disk: 'vda', base: 'vda[2]', flags: 4 } });
    await disk.resize(1024);
    // In bytes, which libvirt does not take for granted.
    expect(last(one.lab)).toMatchObject({ args: { size: 1024n, flags: 1 } });
    await disk.abortJob({ flags: 2 });
    expect(last(one.lab)).toMatchObject({ name: 'domainBlockJobAbort', args: { flags: 2 } });
  });

  it('tells the addresses of its cards by who knows them', async () => {
    await using one = await withDomain({
      domainInterfaceAddresses: () => ({
        ifaces: [
          { name: 'eth0', addresses: [{ type: 1, address: 'fe80::1', prefix: 64 }] },
          { name: 'lo', mac: '00:00:00:00:00:00', addresses: [] },
        ],
      }),
      domainGetDiskErrors: () => ({ errors: [{ disk: 'vda', error: 2 }], count: 1 }),
    });
    expect(await one.domain.devices.addresses('agent')).toEqual([
      { name: 'eth0', addresses: [{ family: 'ipv6', address: 'fe80::1', prefix: 64 }] },
      { name: 'lo', mac: '00:00:00:00:00:00', addresses: [] },
    ]);
    expect(last(one.lab)).toMatchObject({ args: { source: 1 } });
    expect(await one.domain.devices.diskErrors()).toEqual({ vda: 'no-space' });
  });

  it('has snapshots and checkpoints that can be gone back to and thrown away', async () => {
    const snap = { name: 's', dom };
    const checkpoint = { name: 'c', dom };
    await using one = await withDomain({
      domainListAllSnapshots: () => ({ snapshots: [snap], count: 1 }),
      domainRevertToSnapshot: () => undefined,
      domainSnapshotDelete: () => undefined,
      domainCheckpointCreateXml: () => ({ checkpoint }),
      domainCheckpointDelete: () => undefined,
      domainBackupBegin: () => undefined,
    });
    const [snapshot] = await one.domain.snapshots.list();
    await snapshot?.revert({ flags: 1 });
    expect(last(one.lab)).toMatchObject({ args: { snap, flags: 1 } });
    await snapshot?.delete();
    await (await one.domain.checkpoints.create('<domaincheckpoint/>')).delete();
    expect(last(one.lab)).toMatchObject({ name: 'domainCheckpointDelete', args: { checkpoint } });
    await one.domain.beginBackup('<domainbackup/>', { checkpointXml: '<c/>' });
    expect(last(one.lab)).toMatchObject({ args: { checkpointXml: '<c/>' } });
  });

  it('asks the agent inside it with the agent’s own patience', async () => {
    await using one = await withDomain({
      domainFsfreeze: () => ({ filesystems: 2 }),
      qemuDomainAgentCommand: () => ({ result: '{"return":{}}' }),
      domainGetGuestInfo: () => ({
        params: [{ field: 'os.name', type: 'string', value: 'Debian' }],
      }),
    });
    expect(await one.domain.guest.freeze(['/data'])).toBe(2);
    expect((await one.domain.guest.info()).system).toEqual({ name: 'Debian' });
    await one.domain.guest.command('{"execute":"guest-ping"}', { agentTimeout: 5 });
    expect(last(one.lab)).toMatchObject({ args: { timeout: 5 } });
  });

  it('throttles a disk, and tells its limits', async () => {
    await using one = await withDomain({
      domainSetBlockIoTune: () => undefined,
      domainGetBlockIoTune: ({ nparams }) => ({
        params: nparams === 0 ? [] : [{ field: 'group_name', type: 'string', value: 'slow' }],
        nparams: 1,
      }),
    });
    const disk = one.domain.disk('vda');
    await disk.setIoTune({ totalIops: 500, groupName: 'slow' });
    expect(last(one.lab)).toMatchObject({
      args: {
        disk: 'vda',
        params: [
          { field: 'total_iops_sec', type: 'ullong', value: 500n },
          { field: 'group_name', type: 'string', value: 'slow' },
        ],
      },
    });
    // A string is among them only for who says that it can read one.
    expect(await disk.ioTune()).toEqual({ groupName: 'slow' });
    expect(last(one.lab)).toMatchObject({ args: { nparams: 1, flags: 4 } });
  });

  it('says whether its monitor can be talked to, and for how long not', async () => {
    await using one = await withDomain({
      domainGetControlInfo: () => ({ state: 2, details: 0, stateTime: 1500n }),
    });
    expect(await one.domain.control()).toEqual({ state: 'occupied', sinceMs: 1500 });
  });

  it('gives a picture of its screen as a stream', async () => {
    await using one = await withDomain({ domainScreenshot: () => ({ mime: 'image/png' }) });
    const stream = await one.domain.devices.screenshot();
    const connection = one.lab.daemon.connections[0] as FakeConnection;
    const serial = connection.calls.at(-1)?.serial ?? 0;
    connection.sendStream(serial, messageStatus.continue, Buffer.from('PNG'));
    connection.sendStream(serial, messageStatus.continue);
    const parts: string[] = [];
    for await (const bytes of stream) parts.push(Buffer.from(bytes).toString());
    expect(parts).toEqual(['PNG']);
    const end = stream.finish();
    await until(() => connection.streamPackets.length > 0, 'the end');
    connection.sendStream(serial, messageStatus.ok);
    await end;
  });
});

describe('a network', () => {
  it('is changed in a part, with words for numbers', async () => {
    await using lab = await openLab({ networkUpdate: () => undefined });
    await lab.libvirt.networks
      .of({ uuid, name: 'lan' })
      .update({ command: 'addLast', section: 'ipDhcpHost', xml: '<host/>' }, { flags: 3 });
    expect(last(lab)).toMatchObject({
      args: { command: 3, section: 4, parentIndex: -1, xml: '<host/>', flags: 3 },
    });
  });

  it('tells who has an address, and until when', async () => {
    const lease = { iface: 'virbr0', type: 0, address: '192.0.2.7', prefix: 24 };
    await using lab = await openLab({
      networkGetDhcpLeases: () => ({
        leases: [
          { ...lease, expiryTime: 1_700_000_000n, mac: '52:54:00:00:00:01', hostname: 'web' },
          { ...lease, expiryTime: 0n },
        ],
        count: 2,
      }),
    });
    expect(await lab.libvirt.networks.of({ uuid }).dhcpLeases()).toEqual([
      {
        bridge: 'virbr0',
        mac: '52:54:00:00:00:01',
        address: '192.0.2.7',
        prefix: 24,
        hostname: 'web',
        expiresAt: new Date(1_700_000_000_000),
      },
      { bridge: 'virbr0', address: '192.0.2.7', prefix: 24 },
    ]);
  });
});

describe('a secret', () => {
  it('is found by what it is for, and never carries its value', async () => {
    const secret = { uuid, usageType: 2, usageId: 'ceph-client' };
    await using lab = await openLab({
      secretLookupByUsage: () => ({ secret }),
      secretSetValue: () => undefined,
      secretGetValue: () => ({ value: Buffer.from('hunter2') }),
    });
    const found = await lab.libvirt.secrets.byUsage('ceph', 'ceph-client');
    expect(last(lab)).toMatchObject({ args: { usageType: 2, usageId: 'ceph-client' } });
    await found.setValue(Buffer.from('hunter2'));
    expect(Buffer.from(await found.value()).toString()).toBe('hunter2');
    expect(JSON.stringify(found)).not.toContain('hunter2');
    expect(String(found)).toBe(uuid);
  });
});

describe('the host', () => {
  it('tells which of its processors are there', async () => {
    await using lab = await openLab({
      nodeGetCpuMap: () => ({ cpuMap: Uint8Array.of(0b0000_0101, 0b1), online: 3, count: 9 }),
    });
    expect(await lab.libvirt.host.onlineCpus()).toEqual([
      true,
      false,
      true,
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it('has security models without the zeroes behind them', async () => {
    const padded = (text: string) => text.padEnd(257, '\0');
    await using lab = await openLab({
      nodeGetSecurityModel: () => ({ model: padded('apparmor'), doi: padded('0') }),
    });
    expect(await lab.libvirt.host.securityModel()).toEqual({ model: 'apparmor', doi: '0' });
  });
});

describe('what is not there', () => {
  it.each([42, 43, 49, 50, 53, 57, 62, 66, 72, 80, 101, 103, 104, 107, 111])(
    'is told by code %d',
    (code) => {
      expect(isNotFound(new LibvirtError({ code, domain: 0, level: 2, message: 'x' }))).toBe(true);
    },
  );

  it('says which part of libvirt missed it', () => {
    const { domainName } = new LibvirtError({ code: 42, domain: 10, level: 2, message: 'x' });
    expect(domainName).toBe('qemu');
  });
});
