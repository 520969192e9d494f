/**
 * Reads compose.yaml: a documented subset of the compose format, anything else in it is an error. Decides
 * nothing and starts nothing; containers.ts does.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface ComposeService {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly init: boolean;
  /** Networks in order: the first gives the default route and the service's name. */
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  readonly ports: readonly string[];
  readonly capAdd: readonly string[];
  readonly securityOpt: readonly string[];
  readonly devices: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface ComposeFile {
  readonly project: string;
  /** Name to subnet. */
  readonly networks: Readonly<Record<string, string>>;
  /** Name to options of Docker's own driver; without any it is a folder on the machine's disk. */
  readonly volumes: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly services: readonly ComposeService[];
}

const serviceKeys = new Set([
  'image',
  'command',
  'init',
  'networks',
  'volumes',
  'ports',
  'cap_add',
  'security_opt',
  'devices',
  'environment',
  'profiles',
]);

/**
 * A service that names profiles is left out where none of them is asked for. Throws for a variable that is not
 * given, and for keys beyond the subset.
 */
export function readComposeFile(
  path: string,
  variables: Readonly<Record<string, string>>,
  profiles: readonly string[] = [],
): ComposeFile {
  const text = readFileSync(path, 'utf8').replace(/\$\{([A-Z_]+)\}/g, (_, name: string) => {
    const value = variables[name];
    if (value === undefined) throw new Error(`${path}: \${${name}} is not given`);
    return value;
  });
  const file = parse(text, { merge: true }) as Readonly<Record<string, unknown>>;
  const networks = Object.entries(record(file['networks'])).map(([name, network]) => [
    name,
    subnetOf(record(network)),
  ]);
  return {
    project: String(file['name']),
    networks: Object.fromEntries(networks) as Record<string, string>,
    volumes: Object.fromEntries(
      Object.entries(record(file['volumes'])).map(([name, volume]) => [
        name,
        texts(record(record(volume)['driver_opts'])),
      ]),
    ),
    services: Object.entries(record(file['services'])).flatMap(([name, service]) => {
      const wanted = strings(record(service)['profiles']);
      const isWanted = wanted.length === 0 || wanted.some((one) => profiles.includes(one));
      return isWanted ? [toService(name, record(service))] : [];
    }),
  };
}

function toService(name: string, service: Readonly<Record<string, unknown>>): ComposeService {
  const unknown = Object.keys(service).filter((key) => !serviceKeys.has(key));
  if (unknown.length > 0) throw new Error(`service ${name}: unknown keys ${unknown.join(', ')}`);
  return {
    name,
    image: String(service['image']),
    command: strings(service['command']),
    init: service['init'] === true,
    networks: strings(service['networks']),
    volumes: strings(service['volumes']),
    ports: strings(service['ports']),
    capAdd: strings(service['cap_add']),
    securityOpt: strings(service['security_opt']),
    devices: [...new Set(strings(service['devices']))],
    environment: texts(record(service['environment'])),
  };
}

function subnetOf(network: Readonly<Record<string, unknown>>): string {
  const config = record(network['ipam'])['config'];
  const first = Array.isArray(config) ? record(config[0]) : {};
  return String(first['subnet']);
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return (value ?? {}) as Readonly<Record<string, unknown>>;
}

function texts(values: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, String(value)]));
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
