/**
 * node-libvirt against libvirt's own client, on real daemons of two releases and two drivers: whatever
 * virsh tells, we tell the same.
 */
import {
  type BlockIoTune,
  blockIoTuneFields,
  buildXml,
  connect,
  domainListFlag,
  domainXmlFlag,
  element,
  type Domain,
  type Libvirt,
  poolListFlag,
} from 'node-libvirt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Libvirtd,
  libvirtImages,
  type Release,
  startLibvirtd,
} from './support/libvirt-daemon.ts';
import { keyValues, labelled, lines, pairs, type Told } from './support/virsh-text.ts';

const drivers = ['test:///default', 'qemu:///system'] as const;
type Driver = (typeof drivers)[number];

const cases = (Object.keys(libvirtImages) as Release[]).flatMap((release) =>
  drivers.map((driver) => [release, driver] as const),
);

/**
 * Values that move while we look: ours has to lie between what virsh said before and after. What goes up
 * and down by itself, such as the host's free memory, does so in one of several looks.
 */
async function sameWhileMoving(
  virsh: () => Promise<Told>,
  ours: () => Promise<Readonly<Record<string, unknown>>>,
): Promise<void> {
  for (let looks = 20; ; looks -= 1) {
    try {
      await sameInOneLook(virsh, ours);
      return;
    } catch (error) {
      if (looks === 0) throw error;
    }
  }
}

async function sameInOneLook(
  virsh: () => Promise<Told>,
  ours: () => Promise<Readonly<Record<string, unknown>>>,
): Promise<void> {
  const before = await virsh();
  const own = await ours();
  const after = await virsh();
  const texts = Object.fromEntries(Object.entries(own).map(([key, value]) => [key, String(value)]));
  expect(Object.keys(texts).toSorted()).toEqual(Object.keys(before).toSorted());
  for (const [key, text] of Object.entries(texts)) {
    const told = [before[key] ?? '', after[key] ?? ''];
    if (told.includes(text)) continue;
    const [low = 0, high = 0] = told.map(Number).toSorted((a, b) => a - b);
    expect(Number(text), `${key}: ${text}, virsh ${told.join(' and ')}`).toBeGreaterThanOrEqual(
      low,
    );
    expect(Number(text), `${key}: ${text}, virsh ${told.join(' and ')}`).toBeLessThanOrEqual(high);
  }
}

describe.each(cases)('%s, %s', (release, driver) => {
  let daemon: Libvirtd;
  let libvirt: Libvirt;
  let domain: Domain;
  const isQemu = driver === 'qemu:///system';
  const virsh = (...args: readonly string[]) => daemon.virsh(driver, ...args);
  /** For what the test driver cannot do. */
  const qemuOnly = isQemu ? [driver] : [];

  beforeAll(async () => {
    daemon = await startLibvirtd({ release, hypervisor: isQemu });
    libvirt = await connect({ uri: driver, socketPath: daemon.socketPath });
    domain = await furnish(libvirt, driver);
  });

  afterAll(async () => {
    await libvirt?.close();
    await daemon?.[Symbol.asyncDispose]();
  });

  describe('the host', () => {
    it('has the same name, versions and capabilities', async () => {
      expect(await libvirt.host.hostname()).toBe(await virsh('hostname'));
      const told = labelled(await virsh('version'));
      const { major, minor, micro } = await libvirt.host.libvirtVersion();
      expect(told['Using library']).toBe(`libvirt ${major}.${minor}.${micro}`);
      const hypervisor = await libvirt.host.hypervisorVersion();
      expect(told['Running hypervisor']).toMatch(
        new RegExp(` ${hypervisor.major}\\.${hypervisor.minor}\\.${hypervisor.micro}$`),
      );
      expect((await libvirt.host.capabilities()).trim()).toBe(await virsh('capabilities'));
    });

    it('has the same processors and memory', async () => {
      const info = await libvirt.host.info();
      expect(labelled(await virsh('nodeinfo'))).toMatchObject({
        'CPU model': info.cpuModel,
        'CPU(s)': String(info.cpus),
        'CPU frequency': `${info.mhz} MHz`,
        'CPU socket(s)': String(info.sockets),
        'Core(s) per socket': String(info.coresPerSocket),
        'Thread(s) per core': String(info.threadsPerCore),
        'NUMA cell(s)': String(info.numaCells),
        'Memory size': `${info.memoryKib} KiB`,
      });
    });

    it.each(qemuOnly)('has the same use of memory and processors, and models of CPUs', async () => {
      await sameWhileMoving(
        async () => strip(labelled(await virsh('nodememstats')), ' KiB'),
        () => libvirt.host.memoryStatsKib(),
      );
      const { nparams } = await libvirt.call('nodeGetCpuStats', {
        cpuNum: -1,
        nparams: 0,
        flags: 0,
      });
      await sameWhileMoving(
        async () => labelled(await virsh('nodecpustats')),
        async () => {
          const args = { cpuNum: -1, nparams, flags: 0 };
          const { params } = await libvirt.call('nodeGetCpuStats', args);
          // virsh leaves the sum of the others out where it has them.
          const all = params.map(({ field, value }) => [nameOfCpuTime[field] ?? field, value]);
          return Object.fromEntries(all);
        },
      );
      const args = { arch: 'x86_64', needResults: 1, flags: 0 };
      const { models } = await libvirt.call('connectGetCpuModelNames', args);
      expect(models.toSorted()).toEqual(lines(await virsh('cpu-models', 'x86_64')));
    });

    it.each(qemuOnly)('has the same capabilities for domains and devices', async () => {
      const capabilities = await libvirt.host.domainCapabilities({ virtType: 'qemu' });
      expect(capabilities.trim()).toBe(await virsh('domcapabilities', '--virttype', 'qemu'));
      const { devices } = await libvirt.call('connectListAllNodeDevices', {
        needResults: 1,
        flags: 0,
      });
      expect(devices.map(({ name }) => name).toSorted()).toEqual(
        lines(await virsh('nodedev-list')),
      );
      const { xml } = await libvirt.call('nodeDeviceGetXmlDesc', { name: 'computer', flags: 0 });
      expect(xml.trim()).toBe(await virsh('nodedev-dumpxml', 'computer'));
    });

    it.each(qemuOnly)('judges CPUs alike', async () => {
      const { cpu } = await libvirt.call('connectBaselineHypervisorCpu', {
        cpus: [await hostCpu(libvirt)],
        virtType: 'qemu',
        flags: 0,
      });
      await daemon.exec('sh', '-c', `cat > /contract/cpu.xml <<'X'\n${await hostCpu(libvirt)}\nX`);
      expect(cpu.trim()).toBe(
        await virsh('hypervisor-cpu-baseline', '--virttype', 'qemu', '/contract/cpu.xml'),
      );
    });
  });

  describe('domains', () => {
    it.each([
      ['--all', 0],
      ['', domainListFlag.active],
      ['--inactive', domainListFlag.inactive],
      ['--all --persistent', domainListFlag.persistent],
      ['--all --transient', domainListFlag.transient],
      ['--state-paused', domainListFlag.active | domainListFlag.paused],
      ['--state-running', domainListFlag.active | domainListFlag.running],
      ['--all --autostart', domainListFlag.autostart],
      ['--all --no-autostart', domainListFlag.noAutostart],
    ])('are the same in `list %s`', async (options, flags) => {
      const words = options.split(' ').filter((word) => word !== '');
      const names = lines(await virsh('list', '--name', ...words));
      const ours = await libvirt.domains.list({ flags });
      expect(ours.map(({ name }) => name).toSorted()).toEqual(names);
    });

    it('are found alike by name, uuid and id', async () => {
      const name = domain.name;
      const uuid = await virsh('domuuid', name);
      const id = Number(await virsh('domid', name));
      for (const found of [
        await libvirt.domains.byName(name),
        await libvirt.domains.byUuid(uuid),
        await libvirt.domains.byId(id),
      ]) {
        expect(found).toMatchObject({ name, uuid, id });
      }
    });

    it.each<[string, number]>([
      ['', 0],
      ['--inactive', domainXmlFlag.inactive],
      ['--security-info', domainXmlFlag.secure],
      ['--migratable', domainXmlFlag.migratable],
    ])('have the same XML with `dumpxml %s`', async (option, flags) => {
      if (driver === 'test:///default' && option === '--migratable') return;
      const told = await virsh('dumpxml', domain.name, ...(option === '' ? [] : [option]));
      expect((await domain.xml({ flags })).trim()).toBe(told);
    });

    it('have the same state and the same figures', async () => {
      const { state, reason } = await domain.state();
      expect(`${state} (${reason})`).toBe(await virsh('domstate', '--reason', domain.name));
      const info = await domain.info();
      const told = labelled(await virsh('dominfo', domain.name));
      expect(told).toMatchObject({
        State: info.state,
        'CPU(s)': String(info.vcpus),
        'Max memory': `${info.maxMemoryKib} KiB`,
        'Used memory': `${info.memoryKib} KiB`,
        Persistent: (await domain.isPersistent()) ? 'yes' : 'no',
        Autostart: (await domain.autostart()) ? 'enable' : 'disable',
      });
      const { type } = await libvirt.call('domainGetOsType', { dom: domain });
      expect(told['OS Type']).toBe(type);
    });

    it('have the same statistics, all groups of them', async () => {
      expect.hasAssertions();
      await sameWhileMoving(
        async () => keyValues(await virsh('domstats', domain.name)),
        async () =>
          (await libvirt.domains.stats(0, { domains: [domain], flags: 0 }))[0]?.params ?? {},
      );
    });

    it.each(qemuOnly)('have the same memory, disk and interface figures', async () => {
      await sameWhileMoving(
        async () => pairs(await virsh('dommemstat', domain.name)),
        async () => {
          const args = { dom: domain, maxStats: 20, flags: 0 };
          const { stats } = await libvirt.call('domainMemoryStats', args);
          return Object.fromEntries(
            stats.map(({ tag, value }) => [memoryStatNames[tag] ?? String(tag), value]),
          );
        },
      );
      const info = await libvirt.call('domainGetBlockInfo', { dom: domain, path: 'vda', flags: 0 });
      expect(labelled(await virsh('domblkinfo', domain.name, 'vda'))).toEqual({
        Capacity: String(info.capacity),
        Allocation: String(info.allocation),
        Physical: String(info.physical),
      });
      const block = await libvirt.call('domainBlockStats', { dom: domain, path: 'vda' });
      const told = await virsh('domblkstat', domain.name, 'vda');
      expect(told).toContain(`vda rd_req ${block.readRequests}`);
      expect(told).toContain(`vda rd_bytes ${block.readBytes}`);
      expect(told).toContain(`vda wr_req ${block.writeRequests}`);
    });

    it('have the same limits of a disk, and take new ones', async () => {
      const disk = domain.disk('vda');
      await disk.setIoTune({
        groupName: 'slow',
        totalIops: 500,
        totalIopsBurst: 900,
        totalIopsBurstSeconds: 2,
      });
      const ours = await disk.ioTune();
      expect(ours).toMatchObject({ totalIops: 500, totalIopsBurst: 900, totalIopsBurstSeconds: 2 });
      expect(ours.readBps).toBe(0);
      const told = labelled(await virsh('blkdeviotune', domain.name, 'vda'));
      const byKey = Object.entries(blockIoTuneFields).map(([name, [key]]) => [
        key,
        String(ours[name as keyof BlockIoTune] ?? ''),
      ]);
      expect(told).toEqual(Object.fromEntries(byKey));
    });

    it.each(qemuOnly)('have the same job, which is none', async () => {
      const { type } = await domain.job.stats();
      expect(labelled(await virsh('domjobinfo', domain.name))['Job type']).toBe('None');
      expect(type).toBe('none');
    });
  });

  describe('storage', () => {
    it.each([
      ['--all', 0],
      ['', poolListFlag.active],
      ['--inactive', poolListFlag.inactive],
      ['--all --autostart', poolListFlag.autostart],
      ['--all --no-autostart', poolListFlag.noAutostart],
    ])('has the same pools in `pool-list %s`', async (options, flags) => {
      const words = options.split(' ').filter((word) => word !== '');
      const names = lines(await virsh('pool-list', '--name', ...words));
      const ours = await libvirt.pools.list({ flags });
      expect(ours.map(({ name }) => name).toSorted()).toEqual(names);
    });

    it('has the same figures and XML of each pool', async () => {
      for (const pool of await libvirt.pools.list({ flags: poolListFlag.active })) {
        const told = labelled(await virsh('pool-info', '--bytes', pool.name));
        const info = await pool.info();
        expect(told).toMatchObject({
          UUID: pool.uuid,
          State: info.state,
          Autostart: (await pool.autostart()) ? 'yes' : 'no',
          Capacity: String(info.capacityBytes),
          Allocation: String(info.allocationBytes),
          Available: String(info.availableBytes),
        });
        expect((await pool.xml()).trim()).toBe(await virsh('pool-dumpxml', pool.name));
      }
    });

    it('has the same volumes, with the same figures, XML and paths', async () => {
      for (const pool of await libvirt.pools.list({ flags: poolListFlag.active })) {
        const volumes = await pool.volumes();
        const told = (await virsh('vol-list', pool.name)).split('\n').map((line) => line.trim());
        const listed = told.filter((line) => line !== '').map((line) => line.split(/\s+/)[0] ?? '');
        expect(volumes.map(({ name }) => name).toSorted()).toEqual(listed.toSorted());
        for (const volume of volumes) {
          const at = ['--pool', pool.name, volume.name];
          const info = await volume.info();
          expect(labelled(await virsh('vol-info', '--bytes', ...at))).toMatchObject({
            Type: info.type,
            Capacity: `${info.capacityBytes} bytes`,
            Allocation: `${info.allocationBytes} bytes`,
          });
          expect((await volume.xml()).trim()).toBe(await virsh('vol-dumpxml', ...at));
          expect(await volume.path()).toBe(await virsh('vol-path', ...at));
          expect(volume.key).toBe(await virsh('vol-key', ...at));
        }
      }
    });
  });

  describe('networks and secrets', () => {
    it('are the same, with the same XML', async () => {
      const { nets } = await libvirt.call('connectListAllNetworks', { needResults: 1, flags: 0 });
      expect(nets.map(({ name }) => name).toSorted()).toEqual(
        lines(await virsh('net-list', '--all', '--name')),
      );
      expect(nets.length).toBeGreaterThan(0);
      for (const net of nets) {
        const { xml } = await libvirt.call('networkGetXmlDesc', { net, flags: 0 });
        expect(xml.trim()).toBe(await virsh('net-dumpxml', net.name));
        expect(net.uuid).toBe(await virsh('net-uuid', net.name));
      }
    });

    it.each(qemuOnly)('hold the same values', async () => {
      const { secrets } = await libvirt.call('connectListAllSecrets', { needResults: 1, flags: 0 });
      expect(secrets).toHaveLength(1);
      for (const secret of secrets) {
        const { xml } = await libvirt.call('secretGetXmlDesc', { secret, flags: 0 });
        expect(xml.trim()).toBe(await virsh('secret-dumpxml', secret.uuid));
        const { value } = await libvirt.call('secretGetValue', { secret, flags: 0 });
        expect(Buffer.from(value).toString('base64')).toBe(
          await virsh('secret-get-value', secret.uuid),
        );
      }
    });
  });

  it.each(qemuOnly)('a running job has the same figures', async () => {
    // A backup that is fetched runs until somebody ends it.
    const socket = element('server', { transport: 'unix', socket: '/contract/nbd' });
    const backupXml = buildXml(element('domainbackup', { mode: 'pull' }, [socket]));
    await libvirt.call('domainBackupBegin', { dom: domain, backupXml, flags: 0 });
    const { type, operation } = await domain.job.stats();
    expect({ type, operation }).toEqual({ type: 'unbounded', operation: 'backup' });
    await sameWhileMoving(
      async () => {
        const { 'Job type': _, ...told } = labelled(
          await virsh('domjobinfo', domain.name, '--rawstats'),
        );
        return told;
      },
      async () => (await domain.job.stats()).params,
    );
    await domain.job.abort();
    await expect.poll(async () => (await domain.job.stats()).type).toBe('none');
  });

  it('events are the same, in the same order', async () => {
    const seen: string[] = [];
    const other = await libvirt.domains.define(domainXml('differential-events', driver));
    await using _ = await libvirt.listen(
      ['lifecycle'],
      (event) => {
        if (event.name === 'lifecycle') seen.push(`${event.type} ${event.detail}`);
      },
      { dom: other },
    );
    const command = `virsh -c '${virshUri(driver)}' event --all --loop --domain differential-events`;
    await daemon.exec(
      'sh',
      '-c',
      `${command} > /contract/events 2>&1 & echo $! > /contract/event-pid`,
    );
    const told = async () =>
      [
        ...(await daemon.exec('cat', '/contract/events')).matchAll(/event 'lifecycle'.*: (.*)$/gm),
      ].map(([, text = '']) => text);
    // virsh is listening when it has heard something that we did after it.
    await expect
      .poll(async () => {
        await other.setAutostart(false);
        await libvirt.domains.define((await other.xml({ flags: domainXmlFlag.inactive })).trim());
        return (await told()).length;
      })
      .toBeGreaterThan(0);
    const begun = { ours: seen.length, theirs: (await told()).length };
    await other.start();
    await other.suspend();
    await other.destroy();
    await other.undefine();
    await expect.poll(async () => (await told()).at(-1)).toMatch(/^Undefined/);
    await daemon.exec('sh', '-c', 'kill $(cat /contract/event-pid)');
    const theirs = (await told()).slice(begun.theirs).map((text) => text.toLowerCase());
    const ours = seen.slice(begun.ours);
    expect(ours.map((text) => wordsOfVirsh[text] ?? text)).toEqual(theirs);
  });
});

const virshUri = (driver: Driver) =>
  `${driver.replace(':', '+unix:')}?socket=/contract/libvirt-sock`;

/** Where virsh says it in other words. */
const wordsOfVirsh: Readonly<Record<string, string>> = {
  'shutdown host': 'shutdown finished after host request',
};

const nameOfCpuTime: Readonly<Record<string, string>> = { kernel: 'system' };

/** As virsh names them, by libvirt's number. */
const memoryStatNames: Readonly<Record<number, string>> = {
  0: 'swap_in',
  1: 'swap_out',
  2: 'major_fault',
  3: 'minor_fault',
  4: 'unused',
  5: 'available',
  6: 'actual',
  7: 'rss',
  8: 'usable',
  9: 'last_update',
  10: 'disk_caches',
  11: 'hugetlb_pgalloc',
  12: 'hugetlb_pgfail',
};

function strip(told: Told, unit: string): Told {
  return Object.fromEntries(
    Object.entries(told).map(([key, value]) => [key, value.replace(unit, '')]),
  );
}

async function hostCpu(libvirt: Libvirt): Promise<string> {
  const [cpu = ''] = /<cpu>[\s\S]*?<\/cpu>/.exec(await libvirt.host.capabilities()) ?? [];
  return cpu;
}

/** Things to look at: a paused domain with a disk, a stopped one, pools with volumes, a secret. */
async function furnish(libvirt: Libvirt, driver: Driver): Promise<Domain> {
  await libvirt.domains.define(domainXml('differential-stopped', driver));
  const autostarted = await libvirt.domains.define(domainXml('differential-autostart', driver));
  await autostarted.setAutostart(true);
  if (driver === 'test:///default') {
    const domain = await libvirt.domains.byName('test');
    await domain.suspend();
    return domain;
  }
  const pool = await libvirt.pools.define(
    buildXml(
      element('pool', { type: 'dir' }, [
        element('name', {}, ['differential']),
        element('target', {}, [element('path', {}, ['/var/lib/differential'])]),
      ]),
    ),
  );
  await pool.build();
  await pool.start();
  for (const [name, format] of [
    ['disk.qcow2', 'qcow2'],
    ['plain.raw', 'raw'],
  ] as const) {
    await pool.createVolume(
      buildXml(
        element('volume', {}, [
          element('name', {}, [name]),
          element('capacity', { unit: 'bytes' }, ['16777216']),
          element('target', {}, [element('format', { type: format })]),
        ]),
      ),
    );
  }
  const { secret } = await libvirt.call('secretDefineXml', {
    xml: buildXml(
      element('secret', { ephemeral: 'no', private: 'no' }, [
        element('usage', { type: 'ceph' }, [element('name', {}, ['differential'])]),
      ]),
    ),
    flags: 0,
  });
  await libvirt.call('secretSetValue', { secret, value: Buffer.from('seven & 7'), flags: 0 });
  return libvirt.domains.create(domainXml('differential', driver), { flags: 1 });
}

function domainXml(name: string, driver: Driver): string {
  const isQemu = driver === 'qemu:///system';
  const disk = element('disk', { type: 'file', device: 'disk' }, [
    element('driver', { name: 'qemu', type: 'qcow2' }),
    element('source', { file: '/var/lib/differential/disk.qcow2' }),
    element('target', { dev: 'vda', bus: 'virtio' }),
  ]);
  return buildXml(
    element('domain', { type: isQemu ? 'qemu' : 'test' }, [
      element('name', {}, [name]),
      element('memory', { unit: 'MiB' }, ['32']),
      element('vcpu', {}, ['1']),
      element('os', {}, [element('type', isQemu ? { arch: 'x86_64' } : {}, ['hvm'])]),
      ...(isQemu
        ? [
            element('devices', {}, [
              ...(name === 'differential' ? [disk] : []),
              element('console', { type: 'pty' }),
            ]),
          ]
        : []),
    ]),
  );
}
