/**
 * Identities, secrets and configuration files of one lab: made once, kept under its state folder, mounted
 * into the containers. Each agent, the schedulers and the API have a NATS key of their own, and the server's
 * permissions come from the protocol.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AuthorityFiles, createAuthority } from '@drover/certificates';
import {
  createIssuer,
  createNkey,
  issuerFrom,
  type NamedUser,
  natsConfig,
  nkeyFrom,
} from '@drover/join';
import type { BusIdentity } from '@drover/protocol';
import { stringify } from 'yaml';
import type { LabSettings } from './settings.ts';

export const hostIds = ['h1', 'h2', 'h3'] as const;
const schedulerIds = ['scheduler1', 'scheduler2'] as const;

/** Returns the API token of the lab's administrator. */
export async function makeIdentities(settings: LabSettings): Promise<string> {
  const users: NamedUser[] = [];
  const etcd = { endpoints: settings.etcdMembers.map((name) => `http://${name}:2379`) };
  const nats = { servers: ['nats://nats:4222'], nkeySeedFile: '/etc/drover/bus.nk' };
  const identify = async (folder: string, identity: BusIdentity) => {
    const seed = await keep(settings, join(folder, 'bus.nk'), () => createNkey().seed);
    users.push({ publicKey: nkeyFrom(seed).publicKey, identity });
  };

  for (const hostId of hostIds) {
    await identify(hostId, { role: 'agent', hostId });
    await keep(settings, join(hostId, 'host-uuid'), randomUUID);
    await writeYaml(settings, join(hostId, 'agent.yaml'), agentConfig(hostId, nats));
  }
  const authority = await keepAuthority(settings);
  const issuerSeed = await keep(settings, 'join-issuer.nk', () => createIssuer().seed);
  for (const id of schedulerIds) {
    await writePrivate(settings, join(id, 'authority.pem'), authority.certificatePem);
    await writePrivate(settings, join(id, 'authority.key'), authority.keyPem);
    await writePrivate(settings, join(id, 'join-issuer.nk'), issuerSeed);
    await identify(id, { role: 'scheduler' });
    await writeYaml(settings, join(id, 'scheduler.yaml'), {
      instanceId: id,
      etcd,
      nats,
      authority: {
        certificateFile: '/etc/drover/authority.pem',
        keyFile: '/etc/drover/authority.key',
      },
      join: { issuerSeedFile: '/etc/drover/join-issuer.nk' },
      metrics: { host: '0.0.0.0', port: 9178 },
    });
  }
  await identify('api', { role: 'api' });
  const token = await keep(settings, 'token', () => randomBytes(32).toString('hex'));
  await writeYaml(settings, join('api', 'api.yaml'), {
    listen: { host: '0.0.0.0', port: 8440 },
    etcd,
    nats,
    join: { addresses: ['http://api:8440'] },
    tokens: [
      { name: 'lab', role: 'admin', sha256: createHash('sha256').update(token).digest('hex') },
    ],
  });
  const { publicKey: issuerPublicKey } = issuerFrom(issuerSeed);
  const config = natsConfig({ listen: '0.0.0.0:4222', users, issuerPublicKey });
  await writePrivate(settings, join('nats', 'nats.conf'), config);
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
