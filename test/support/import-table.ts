/**
 * Who may import whom. Arrows only run down: simulator, processes, then protocol, store and bus, then
 * core, images and node-libvirt.
 */

export interface Room {
  readonly name: string;
  /** Does a file live in this room? The first room that says yes has it. */
  readonly has: RegExp;
  /** Packages that it may import, besides files of its own package. */
  readonly may: readonly RegExp[];
  /** Folders of its own package that it must not reach into. */
  readonly notOwn?: RegExp;
}

const node = /^node:/;
const core = /^@drover\/core$/;
const protocol = /^@drover\/protocol(\/cold-helps)?$/;
const logs = [/^pino$/, /^@prometheus-io\/client$/, /^yaml$/, /^typebox(\/|$)/];

export const rooms: readonly Room[] = [
  { name: 'core', has: /^packages\/core\/src\//, may: [] },
  { name: 'images', has: /^packages\/images\/src\//, may: [] },
  { name: 'protocol', has: /^packages\/protocol\/src\//, may: [core, /^typebox(\/|$)/] },
  {
    name: 'node-libvirt',
    has: /^packages\/node-libvirt\/src\//,
    may: [node, /^@xmldom\/xmldom$/],
  },
  { name: 'store', has: /^packages\/store\/src\//, may: [node, protocol, /^etcd3$/] },
  {
    name: 'bus',
    has: /^packages\/bus\/src\//,
    may: [node, protocol, /^@nats-io\/transport-node$/],
  },
  { name: 'transfer', has: /^packages\/transfer\/src\//, may: [node, protocol, /^ws$/] },
  {
    name: 'certificates',
    has: /^packages\/certificates\/src\//,
    may: [node, /^@peculiar\/x509$/, /^reflect-metadata$/],
  },
  {
    name: 'join',
    has: /^packages\/join\/src\//,
    may: [node, protocol, /^@nats-io\/(jwt|nkeys)$/],
  },
  {
    name: 'logic of a process',
    has: /^packages\/(agent|scheduler|api|cli)\/src\/logic\//,
    may: [core, protocol, /^typebox(\/|$)/],
    notOwn: /\/shell\/|\/main\.ts$/,
  },
  {
    name: 'agent',
    has: /^packages\/agent\/src\//,
    may: [
      node,
      protocol,
      /^@drover\/(bus|certificates|join|transfer)(\/names)?$/,
      /^@drover\/images$/,
      /^node-libvirt(\/guard)?$/,
      ...logs,
    ],
  },
  {
    name: 'scheduler',
    has: /^packages\/scheduler\/src\//,
    may: [node, core, protocol, /^@drover\/(bus|store|certificates|join)$/, ...logs],
  },
  {
    name: 'api',
    has: /^packages\/api\/src\//,
    may: [
      node,
      core,
      protocol,
      /^@drover\/(bus|join|store|transfer)$/,
      /^fastify/,
      /^@fastify\//,
      /^jose$/,
      /^openid-client$/,
      /^ulid$/,
      /^ws$/,
      ...logs,
    ],
  },
  { name: 'client', has: /^packages\/client\/src\//, may: [] },
  {
    name: 'cli',
    has: /^packages\/cli\/src\//,
    // It plays users' scripts in the simulator, which no process needs.
    may: [
      node,
      protocol,
      /^@drover\/(client|simulator|certificates|join)$/,
      /^commander$/,
      /^listr2$/,
      /^ws$/,
      /^yaml$/,
    ],
  },
  {
    name: 'logic of the console',
    has: /^packages\/console\/src\/logic\//,
    // It says what the command line says, in the same words.
    may: [protocol, /^@drover\/(client\/body|cli\/words|protocol\/console-words)$/],
    notOwn: /\/(shell|parts|screens)\/|\/main\.ts$/,
  },
  {
    name: 'console',
    has: /^packages\/console\/src\//,
    may: [
      protocol,
      /^@drover\/(client|cli\/words|protocol\/console-words)$/,
      /^svelte(\/|$)/,
      /^@fontsource/,
      /^@novnc\/novnc$/,
      /^@xterm\//,
    ],
  },
  {
    name: 'simulator',
    has: /^packages\/simulator\/src\//,
    may: [node, core, protocol, /^@drover\/(agent|api|scheduler)\/logic$/, /^yaml$/],
  },
];

/** The first forbidden import of a file, or nothing. */
export function forbiddenImports(path: string, imports: readonly string[]): readonly string[] {
  const room = rooms.find((candidate) => candidate.has.test(path));
  if (!room) return [];
  return imports.filter((name) =>
    name.startsWith('.')
      ? escapesPackage(path, name) || (room.notOwn?.test(resolve(path, name)) ?? false)
      : !room.may.some((allowed) => allowed.test(name)),
  );
}

function resolve(path: string, relative: string): string {
  const parts = path.split('/').slice(0, -1);
  for (const part of relative.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function escapesPackage(path: string, relative: string): boolean {
  const own = path.split('/').slice(0, 3).join('/');
  return !resolve(path, relative).startsWith(`${own}/`);
}
