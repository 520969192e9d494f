/**
 * The agent's configuration file: YAML, every key known, every value checked, so that a slip is told by
 * its place and not found at three in the morning.
 */
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { DroverError, Labels, namePattern, parseValue } from '@drover/protocol';
import { parse } from 'yaml';

export interface Resources {
  readonly memoryMib: number;
  readonly cpuMilli: number;
}

export interface AgentConfig {
  readonly hostId: string;
  readonly nats: { readonly servers: readonly string[]; readonly nkeySeedFile?: string };
  readonly libvirt: {
    readonly socket: string;
    /** Its QEMU driver’s configuration; says where QEMU looks for certificates. */
    readonly qemuConf: string;
  };
  readonly stateDir: string;
  readonly addresses: {
    readonly migration: string;
    /** The first of those that are used, one for each of what is under way. */
    readonly tunnelPort: number;
    readonly transferPort: number;
    /** One for all consoles. */
    readonly consolePort: number;
  };
  readonly accelerator: 'auto' | 'kvm' | 'tcg';
  /** What the host has, where it should not be measured. */
  readonly capacity?: Resources;
  /** What Drover leaves to the host itself. */
  readonly reserved: Resources;
  readonly labels: Readonly<Record<string, string>>;
  readonly metrics?: { readonly host: string; readonly port: number };
}

/** Throws `bad-request` that names the file, the place and what is wanted there. */
export function readConfig(path: string): AgentConfig {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new DroverError('bad-request', `${path}: ${(error as Error).message}`);
  }
  return checkConfig(value, path);
}

export function checkConfig(value: unknown, path: string): AgentConfig {
  const root = new Section(value, path, '');
  const nats = root.section('nats');
  const libvirt = root.section('libvirt', {});
  const addresses = root.section('addresses');
  const seedFile = nats.optionalPath('nkeySeedFile');
  const capacity = root.has('capacity') ? resources(root.section('capacity')) : undefined;
  const metrics = root.has('metrics') ? root.section('metrics') : undefined;
  const config: AgentConfig = {
    hostId: root.checked('hostId', namePattern, 'a DNS label such as h1'),
    nats: {
      servers: nats.texts('servers'),
      ...(seedFile === undefined ? {} : { nkeySeedFile: seedFile }),
    },
    libvirt: {
      socket: libvirt.optionalPath('socket') ?? '/run/libvirt/libvirt-sock',
      qemuConf: libvirt.optionalPath('qemuConf') ?? '/etc/libvirt/qemu.conf',
    },
    stateDir: root.optionalPath('stateDir') ?? '/var/lib/drover',
    addresses: {
      migration: addresses.checked(
        'migration',
        '^[A-Za-z0-9][A-Za-z0-9.:-]{0,252}$',
        'an address that the other hosts reach',
      ),
      tunnelPort: addresses.number('tunnelPort', 1, 65_520, 16_520),
      transferPort: addresses.number('transferPort', 1, 65_520, 16_540),
      consolePort: addresses.number('consolePort', 1, 65_535, 16_560),
    },
    accelerator: root.oneOf('accelerator', ['auto', 'kvm', 'tcg'], 'auto'),
    ...(capacity ? { capacity } : {}),
    reserved: root.has('reserved')
      ? resources(root.section('reserved'))
      : { memoryMib: 512, cpuMilli: 0 },
    labels: labels(root),
    ...(metrics
      ? {
          metrics: {
            host: metrics.checked('host', '^[0-9A-Za-z.:-]+$', 'an address', '127.0.0.1'),
            port: metrics.number('port', 0, 65_535, 9_177),
          },
        }
      : {}),
  };
  for (const section of [root, nats, libvirt, addresses, metrics]) section?.refuseUnknown();
  // A socket below it must fit into 107 bytes.
  if (Buffer.byteLength(config.stateDir) > 70) root.fail('stateDir', 'at most 70 bytes');
  return config;
}

function resources(section: Section): Resources {
  const value = {
    memoryMib: section.number('memoryMib', 0, 64 * 1024 * 1024),
    cpuMilli: section.number('cpuMilli', 0, 4_096_000),
  };
  section.refuseUnknown();
  return value;
}

function labels(root: Section): Readonly<Record<string, string>> {
  const parsed = parseValue(Labels, root.take('labels') ?? {});
  if (!parsed.ok) root.fail('labels', `short texts by name (${parsed.reason})`);
  return parsed.value;
}

class Section {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #file: string;
  readonly #prefix: string;
  readonly #taken = new Set<string>();

  constructor(value: unknown, file: string, prefix: string) {
    this.#file = file;
    this.#prefix = prefix;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new DroverError('bad-request', `${file}: ${prefix || 'the file'} must be a mapping`);
    }
    this.#values = value as Record<string, unknown>;
  }

  fail(key: string, wanted: string): never {
    throw new DroverError('bad-request', `${this.#file}: ${this.#prefix}${key}: ${wanted}`);
  }

  has(key: string): boolean {
    return this.#values[key] !== undefined && this.#values[key] !== null;
  }

  take(key: string): unknown {
    this.#taken.add(key);
    return this.has(key) ? this.#values[key] : undefined;
  }

  section(key: string, fallback?: object): Section {
    const value = this.take(key) ?? fallback;
    if (value === undefined) this.fail(key, 'is missing');
    return new Section(value, this.#file, `${this.#prefix}${key}.`);
  }

  checked(key: string, pattern: string | RegExp, wanted: string, fallback?: string): string {
    const value = this.take(key) ?? fallback;
    if (typeof value !== 'string' || !new RegExp(pattern).test(value)) this.fail(key, wanted);
    return value;
  }

  optionalPath(key: string): string | undefined {
    const value = this.take(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || !isAbsolute(value)) this.fail(key, 'an absolute path');
    return value;
  }

  number(key: string, min: number, max: number, fallback?: number): number {
    const value = this.take(key) ?? fallback;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      this.fail(key, `a whole number from ${min} to ${max}`);
    }
    return value;
  }

  texts(key: string): readonly string[] {
    const value = this.take(key);
    const right =
      Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
    if (!right) this.fail(key, 'a list of texts');
    return value as readonly string[];
  }

  oneOf<T extends string>(key: string, options: readonly T[], fallback: T): T {
    const value = this.take(key) ?? fallback;
    if (!options.includes(value as T)) this.fail(key, `one of ${options.join(', ')}`);
    return value as T;
  }

  refuseUnknown(): void {
    const unknown = Object.keys(this.#values).find((key) => !this.#taken.has(key));
    if (unknown !== undefined) this.fail(unknown, 'is not a setting of the agent');
  }
}
