/**
 * Identities, secrets and configuration files of one lab: made once, kept under its state folder, mounted
 * into the containers. Each agent, the schedulers and the API have a NATS key of their own, and the server's
 * permissions come from the protocol.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AuthorityFiles, createAuthority } from '@drover/certificates';
import { type BusIdentity, natsPermissions } from '@drover/protocol';
import { nkeys } from '@nats-io/transport-node';
import { stringify } from 'yaml';
import type { LabSettings } from './settings.ts';

export const hostIds = ['h1', 'h2', 'h3'] as const;
const schedulerIds = ['scheduler1', 'scheduler2'] as const;

interface NatsUser {
  readonly nkey: string;
  readonly permissions: {
    readonly publish: readonly string[];
    readonly subscribe: readonly string[];
  };
}

/** Returns the API token of the lab's administrator. */
export async function makeIdentities(settings: LabSettings): Promise<string> {
  const users: NatsUser[] = [];
  const etcd = { endpoints: settings.etcdMembers.map((name) => `http://${name}:2379`) };
  const nats = { servers: ['nats://nats:4222'], nkeySeedFile: '/etc/drover/bus.nk' };
  const identify = async (folder: string, identity: BusIdentity) => {
    const seed = await keep(settings, join(folder, 'bus.nk'), newSeed);
    const nkey = nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey();
    const { publish, subscribe } = natsPermissions(identity);
    users.push({ nkey, permissions: { publish, subscribe } });
  };

  for (const hostId of hostIds) {
    await identify(hostId, { role: 'agent', hostId });
    await keep(settings, join(hostId, 'host-uuid'), randomUUID);
    await writeYaml(settings, join(hostId, 'agent.yaml'), agentConfig(hostId, nats));
  }
  const authority = await keepAuthority(settings);
  for (const id of schedulerIds) {
    await writePrivate(settings, join(id, 'authority.pem'), authority.certificatePem);
    await writePrivate(settings, join(id, 'authority.key'), authority.keyPem);
    await identify(id, { role: 'scheduler' });
    await writeYaml(settings, join(id, 'scheduler.yaml'), {
      instanceId: id,
      etcd,
      nats,
      authority: {
        certificateFile: '/etc/drover/authority.pem',
        keyFile: '/etc/drover/authority.key',
      },
      metrics: { host: '0.0.0.0', port: 9178 },
    });
  }
  await identify('api', { role: 'api' });
  const token = await keep(settings, 'token', () => randomBytes(32).toString('hex'));
  await writeYaml(settings, join('api', 'api.yaml'), {
    listen: { host: '0.0.0.0', port: 8440 },
    etcd,
    nats,
    tokens: [
      { name: 'lab', role: 'admin', sha256: createHash('sha256').update(token).digest('hex') },
    ],
  });
  await writePrivate(settings, join('nats', 'nats.conf'), natsConfig(users));
  return token;
}

/** The cluster's authority; both files or neither. */
async function keepAuthority(settings: LabSettings): Promise<AuthorityFiles> {
  const text = await keep(settings, 'authority.json', async () =>
    JSON.stringify(await createAuthority(`Drover ${settings.project}`)),
  );
  return JSON.parse(text) as AuthorityFiles;
}

/** Each lab host is lent a share of the one machine that they all run on. */
function agentConfig(hostId: string, nats: object): object {
  return {
    hostId,
    nats,
    libvirt: { socket: '/run/libvirt/libvirt-sock' },
    stateDir: '/var/lib/drover/agent',
    addresses: { migration: hostId, tunnelPort: 7430 },
    accelerator: 'auto',
    capacity: { memoryMib: 2048, cpuMilli: 6000 },
    reserved: { memoryMib: 256, cpuMilli: 0 },
    labels: { lab: 'true' },
    metrics: { host: '0.0.0.0', port: 9177 },
  };
}

/** NATS reads JSON as its own format. */
function natsConfig(users: readonly NatsUser[]): string {
  return JSON.stringify(
    {
      listen: '0.0.0.0:4222',
      max_payload: 524288,
      write_deadline: '5s',
      authorization: { users },
    },
    undefined,
    2,
  );
}

function newSeed(): string {
  return new TextDecoder().decode(nkeys.createUser().getSeed());
}

/** The file's content, made by `make` where there is none yet. */
async function keep(
  settings: LabSettings,
  path: string,
  make: () => string | Promise<string>,
): Promise<string> {
  try {
    return (await readFile(join(settings.stateFolder, path), 'utf8')).trim();
  } catch {
    const made = await make();
    await writePrivate(settings, path, made);
    return made;
  }
}

async function writeYaml(settings: LabSettings, path: string, value: object): Promise<void> {
  await writePrivate(settings, path, stringify(value));
}

async function writePrivate(settings: LabSettings, path: string, text: string): Promise<void> {
  const full = join(settings.stateFolder, path);
  await mkdir(join(full, '..'), { recursive: true, mode: 0o700 });
  await writeFile(full, text, { mode: 0o600 });
  await chmod(full, 0o600);
}
