/** The flags of `vm create` as the spec that the API takes. Each refusal names the form that is accepted. */
import { api, type MigrationWish, parseValue, type VmBalance } from '@drover/protocol';
import { parseCount, parseMib } from './sizes.ts';
import { UsageError } from './usage-error.ts';

export interface VmFlags {
  readonly memory: string;
  readonly vcpus: string;
  readonly maxMemory?: string | undefined;
  readonly maxVcpus?: string | undefined;
  readonly image: readonly string[];
  readonly volume: readonly string[];
  readonly network: readonly string[];
  readonly label: readonly string[];
  readonly arch?: string | undefined;
  readonly machine?: string | undefined;
  readonly migration?: MigrationWish | undefined;
  readonly balance?: VmBalance | undefined;
}

type Spec = api.VmCreate['spec'];
type Disk = Spec['disks'][number];
type Network = Spec['networks'][number];

export function parseVmFlags(name: string, flags: VmFlags): api.VmCreate {
  const spec: Spec = {
    vcpus: parseVcpus(flags.vcpus),
    memoryMib: parseMib(flags.memory),
    ...(flags.maxVcpus === undefined ? {} : { maxVcpus: parseVcpus(flags.maxVcpus) }),
    ...(flags.maxMemory === undefined ? {} : { maxMemoryMib: parseMib(flags.maxMemory) }),
    ...(flags.arch === undefined ? {} : { arch: parseArch(flags.arch) }),
    ...(flags.machine === undefined ? {} : { machine: flags.machine }),
    ...(flags.migration === undefined ? {} : { migration: flags.migration }),
    ...(flags.balance === undefined ? {} : { balance: flags.balance }),
    disks: [
      ...flags.image.map((text) => parseDisk('image', text)),
      ...flags.volume.map((text) => parseDisk('volume', text)),
    ],
    networks: flags.network.map(parseNetwork),
    ...(flags.label.length === 0 ? {} : { labels: parseLabels(flags.label) }),
  };
  // The schema has the last word on names, patterns and bounds: the same one that the API applies.
  const parsed = parseValue(api.VmCreate, { name, spec });
  if (!parsed.ok) throw new UsageError(`${inFlags(parsed.reason)} (name: ${name})`);
  return parsed.value;
}

export function parseVcpus(text: string): number {
  return parseCount(text, { what: 'number of vCPUs', least: 1, most: 64 });
}

/** `/spec/memoryMib: …` begins with the flag that it came from. */
function inFlags(reason: string): string {
  const flags: readonly (readonly [RegExp, string])[] = [
    [/^\/name\b/, 'the name'],
    [/^\/spec\/memoryMib\b/, '--memory'],
    [/^\/spec\/vcpus\b/, '--vcpus'],
    [/^\/spec\/maxMemoryMib\b/, '--max-memory'],
    [/^\/spec\/maxVcpus\b/, '--max-vcpus'],
    [/^\/spec\/machine\b/, '--machine'],
    [/^\/spec\/disks\b[^:]*/, '--image or --volume'],
    [/^\/spec\/networks\b[^:]*/, '--network'],
    [/^\/spec\/labels\b[^:]*/, '--label'],
    [/^\/spec\/migration\b[^:]*/, '--migration'],
  ];
  for (const [pattern, flag] of flags) {
    if (pattern.test(reason)) return `${flag} is not right${reason.replace(pattern, '')}`;
  }
  return reason;
}

function parseArch(text: string): 'x86_64' | 'aarch64' {
  if (text === 'x86_64' || text === 'aarch64') return text;
  throw new UsageError(`“${text}” is no architecture: give x86_64 or aarch64`);
}

/** `pool/file`, then `,format=raw` or `,size=20GiB`. The API takes one path step only, so the file has no `/`. */
function parseDisk(kind: 'image' | 'volume', text: string): Disk {
  const form = `POOL/FILE, such as ${kind === 'image' ? 'vms/tiny.qcow2' : 'vms/data.raw,format=raw'}`;
  const [place = '', ...settings] = text.split(',');
  const [pool, file, ...more] = place.split('/');
  if (!pool || !file || more.length > 0) {
    throw new UsageError(`“${text}” is no ${kind}: give ${form}`);
  }
  let format: Disk['format'];
  let sizeMib: number | undefined;
  for (const setting of settings) {
    const [, key, value = ''] = /^(format|size)=(.+)$/.exec(setting) ?? [];
    if (key === 'size' && kind === 'image') sizeMib = parseMib(value);
    else if (key === 'format' && (value === 'raw' || value === 'qcow2')) format = value;
    else {
      const size = kind === 'image' ? ', or size=20GiB' : '';
      throw new UsageError(
        `“${setting}” is not known here: give format=qcow2 or format=raw${size}`,
      );
    }
  }
  return {
    pool,
    [kind]: file,
    ...(format === undefined ? {} : { format }),
    ...(sizeMib === undefined ? {} : { sizeMib }),
  };
}

function parseNetwork(text: string): Network {
  const [bridge = '', ...settings] = text.split(',');
  const form = 'BRIDGE, or BRIDGE,mac=52:54:00:00:00:01';
  if (bridge === '' || bridge.includes('=')) {
    throw new UsageError(`“${text}” is no network: give ${form}`);
  }
  let mac: string | undefined;
  for (const setting of settings) {
    const value = /^mac=(.+)$/.exec(setting)?.[1]?.toLowerCase();
    if (value === undefined || !/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/.test(value)) {
      throw new UsageError(`“${setting}” is not known here: give ${form} (a unicast address)`);
    }
    mac = value;
  }
  return { bridge, ...(mac === undefined ? {} : { mac }) };
}

export function parseLabels(pairs: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at < 1) throw new UsageError(`“${pair}” is no label: give KEY=VALUE, such as tier=web`);
    labels[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return labels;
}
