/**
 * node-libvirt against libvirt's own C client: bulk statistics, small calls, streams, and `virsh` started
 * for each call. Both talk to one libvirtd over the same unix socket.
 */
import { randomUUID } from 'node:crypto';
import {
  buildXml,
  connect,
  element,
  flags,
  domainStatsFlag,
  type Libvirt,
  openConnection,
} from 'node-libvirt';
import { startLibvirtd } from '../../contract/support/libvirt-daemon.ts';
import { type Contest, judge, type Ratio } from '../ratio.ts';
import { compileClient, run, type CClient } from './c-client.ts';

export const libvirtCases: readonly string[] = [
  'statistics',
  'calls',
  'upload',
  'download',
  'virsh',
];

export interface BenchOptions {
  readonly rounds: number;
  readonly only: string | undefined;
  readonly onStep: (text: string) => void;
}

const domains = 500;
const calls = 10_000;
const slots = 4;
const streamBytes = 1024 ** 3;
const statsRounds = 50;
const virshCalls = 10;

export async function benchLibvirt(options: BenchOptions): Promise<readonly Ratio[]> {
  const { rounds, only, onStep } = options;
  onStep('compiling the C client');
  await using client = await compileClient();
  onStep('starting a libvirtd');
  await using daemon = await startLibvirtd({
    hypervisor: true,
    containerOptions: ['--tmpfs=/pool:size=2g'],
  });
  const uriOf = (driver: string) =>
    `${driver.replace(':', '+unix:')}?socket=${encodeURIComponent(daemon.socketPath)}`;
  const results: Ratio[] = [];
  for (const [name, make] of Object.entries(makers)) {
    if (only !== undefined && name !== only) continue;
    const driver = name.endsWith('load') ? 'qemu:///system' : 'test:///default';
    const { socketPath } = daemon;
    await using libvirt = await connect({ uri: driver, socketPath, callTimeoutMs: 120_000 });
    onStep(`measuring ${name}`);
    results.push(await judge(await make(libvirt, client, uriOf(driver), socketPath), rounds));
  }
  return results;
}

type Maker = (
  libvirt: Libvirt,
  client: CClient,
  uri: string,
  socketPath: string,
) => Promise<Contest>;

const timesOfTheirs = (oursMs: number, theirsMs: number) => oursMs / theirsMs;
const rateOfTheirs = (oursMs: number, theirsMs: number) => theirsMs / oursMs;

const makers: Readonly<Record<string, Maker>> = {
  statistics: async (libvirt, client, uri) => {
    const known = await libvirt.domains.list();
    for (let number = known.length; number < domains; number += 1) {
      await libvirt.domains.create(domainXml(`bench-${number}`));
    }
    return {
      name: 'statistics',
      meaning: `time for the statistics of ${domains} domains, ours to C`,
      aim: 1.5,
      atLeast: false,
      ratio: timesOfTheirs,
      ours: () =>
        timed(async () => {
          for (let round = 0; round < statsRounds; round += 1) {
            await libvirt.domains.stats(0, { flags: flags(domainStatsFlag.noWait) });
          }
        }),
      theirs: () => client.milliseconds(uri, 'stats', statsRounds),
    };
  },
  calls: async (_, client, uri, socketPath) => {
    const connection = await openConnection({ uri: 'test:///default', socketPath });
    const slot = async () => {
      for (let done = 0; done < calls / slots; done += 1) {
        await connection.call('domainLookupByName', { name: 'test' });
      }
    };
    return {
      name: 'calls',
      meaning: `${calls} small calls, ${slots} at once: calls per second, ours to C`,
      aim: 0.8,
      atLeast: true,
      ratio: rateOfTheirs,
      ours: () => timed(() => Promise.all(Array.from({ length: slots }, slot))),
      theirs: () => client.milliseconds(uri, 'calls', calls, slots),
    };
  },
  upload: async (libvirt, client, uri) => {
    const vol = await volume(libvirt);
    const piece = Buffer.alloc(4 * 1024 * 1024, 7);
    return {
      name: 'upload',
      meaning: '1 GiB into a volume: bytes per second, ours to C',
      aim: 0.7,
      atLeast: true,
      ratio: rateOfTheirs,
      ours: () => timed(() => vol.upload(pieces(piece), { lengthBytes: streamBytes })),
      theirs: () => client.milliseconds(uri, 'upload', 'bench', 'bench.raw', streamBytes),
    };
  },
  download: async (libvirt, client, uri) => {
    const vol = await volume(libvirt);
    await vol.upload(pieces(Buffer.alloc(4 * 1024 * 1024, 7)), { lengthBytes: streamBytes });
    return {
      name: 'download',
      meaning: '1 GiB out of a volume: bytes per second, ours to C',
      aim: 0.7,
      atLeast: true,
      ratio: rateOfTheirs,
      ours: () =>
        timed(async () => {
          let bytes = 0;
          for await (const part of vol.download()) bytes += part.length;
          if (bytes !== streamBytes) throw new Error(`${bytes} bytes came`);
        }),
      theirs: () => client.milliseconds(uri, 'download', 'bench', 'bench.raw'),
    };
  },
  virsh: async (libvirt, _, uri) => {
    const domain = await libvirt.domains.byName('test');
    return {
      name: 'virsh',
      meaning: `${virshCalls} looks at a state: how many times faster than virsh started for each`,
      aim: 20,
      atLeast: true,
      ratio: rateOfTheirs,
      ours: () =>
        timed(async () => {
          for (let done = 0; done < virshCalls; done += 1) await domain.state();
        }),
      theirs: () =>
        timed(async () => {
          for (let done = 0; done < virshCalls; done += 1) {
            await run('virsh', ['-c', uri, 'domstate', 'test']);
          }
        }),
    };
  },
};

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function* pieces(piece: Buffer): Generator<Buffer, void, undefined> {
  for (let sent = 0; sent < streamBytes; sent += piece.length) yield piece;
}

async function volume(libvirt: Libvirt) {
  const found = await libvirt.pools.find('bench');
  const pool =
    found ??
    (await libvirt.pools.create(
      buildXml(
        element('pool', { type: 'dir' }, [
          element('name', {}, ['bench']),
          element('target', {}, [element('path', {}, ['/pool'])]),
        ]),
      ),
    ));
  const name = 'bench.raw';
  const known = await pool.findVolume(name);
  if (known !== undefined) return known;
  return pool.createVolume(
    buildXml(
      element('volume', {}, [
        element('name', {}, [name]),
        element('capacity', { unit: 'bytes' }, [String(streamBytes)]),
        element('target', {}, [element('format', { type: 'raw' })]),
      ]),
    ),
  );
}

function domainXml(name: string): string {
  return buildXml(
    element('domain', { type: 'test' }, [
      element('name', {}, [name]),
      element('uuid', {}, [randomUUID()]),
      element('memory', { unit: 'MiB' }, ['8']),
      element('vcpu', {}, ['2']),
      element('os', {}, [element('type', {}, ['hvm'])]),
      element('devices', {}, [
        element('disk', { type: 'file', device: 'disk' }, [
          element('source', { file: `/pool/${name}` }),
          element('target', { dev: 'vda' }),
        ]),
        element('interface', { type: 'network' }, [
          element('mac', { address: macOf(name) }),
          element('source', { network: 'default' }),
        ]),
      ]),
    ]),
  );
}

function macOf(name: string): string {
  const number = Number(name.slice('bench-'.length));
  return `52:54:00:00:${hex(Math.floor(number / 256))}:${hex(number % 256)}`;
}

const hex = (byte: number) => byte.toString(16).padStart(2, '0');
