/**
 * Brings a compose file's networks, volumes and containers up, and takes them away. What is there and
 * unchanged is left alone; a container whose definition changed is made anew.
 */
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ComposeFile, ComposeService } from './compose-file.ts';
import { docker, run } from './docker.ts';

/** Everything that a lab makes carries this label with the project's name. */
export const labLabel = 'dev.drover.lab';
const hashLabel = 'dev.drover.hash';

export function containerName(project: string, service: string): string {
  return `${project}-${service}`;
}

/** Returns the services whose containers were created or started just now. */
export async function bringUp(file: ComposeFile): Promise<readonly string[]> {
  for (const [name, subnet] of Object.entries(file.networks)) await makeNetwork(file, name, subnet);
  await makeVolumes(file);
  const changed: string[] = [];
  for (const service of file.services) {
    if (await makeContainer(file, service)) changed.push(service.name);
  }
  return changed;
}

export async function makeVolumes(file: ComposeFile): Promise<void> {
  for (const [volume, options] of Object.entries(file.volumes)) {
    const name = `${file.project}_${volume}`;
    const opts = Object.entries(options).map(([key, value]) => `--opt=${key}=${value}`);
    await docker(['volume', 'create', '--label', `${labLabel}=${file.project}`, ...opts, name]);
  }
}

async function makeNetwork(file: ComposeFile, name: string, subnet: string): Promise<void> {
  const full = `${file.project}_${name}`;
  const found = await run('docker', ['network', 'inspect', full]);
  if (found.exitCode === 0) return;
  await docker([
    'network',
    'create',
    '--label',
    `${labLabel}=${file.project}`,
    '--subnet',
    subnet,
    full,
  ]);
}

async function makeContainer(file: ComposeFile, service: ComposeService): Promise<boolean> {
  const name = containerName(file.project, service.name);
  const image = await docker(['image', 'inspect', '-f', '{{.Id}}', service.image]);
  const hash = createHash('sha256')
    .update(JSON.stringify([service, image]))
    .digest('hex');
  const found = await run('docker', [
    'container',
    'inspect',
    '-f',
    `{{index .Config.Labels "${hashLabel}"}} {{.State.Running}}`,
    name,
  ]);
  if (found.exitCode === 0) {
    const [foundHash, running] = found.stdout.trim().split(' ');
    if (foundHash === hash && running === 'true') return false;
    if (foundHash === hash) {
      await docker(['start', name]);
      return true;
    }
    await docker(['rm', '-f', name]);
  }
  await docker(createArguments(file, service, name, hash));
  for (const network of service.networks.slice(1)) {
    await docker(['network', 'connect', `${file.project}_${network}`, name]);
  }
  await docker(['start', name]);
  return true;
}

function createArguments(
  file: ComposeFile,
  service: ComposeService,
  name: string,
  hash: string,
): readonly string[] {
  const each = (flag: string, values: readonly string[]) =>
    values.flatMap((value) => [flag, value]);
  const mounts = service.volumes.map((volume) =>
    volume.startsWith('/') ? volume : `${file.project}_${volume}`,
  );
  const environment = Object.entries(service.environment).map(([key, value]) => `${key}=${value}`);
  return [
    'create',
    ...each('--name', [name]),
    ...each('--hostname', [service.name]),
    ...each('--label', [`${labLabel}=${file.project}`, `${hashLabel}=${hash}`]),
    ...(service.init ? ['--init'] : []),
    ...each('--network', [`${file.project}_${service.networks[0]}`]),
    ...each('--network-alias', [service.name]),
    ...each('--volume', mounts),
    ...each('--publish', service.ports),
    ...each('--cap-add', service.capAdd),
    ...each('--security-opt', service.securityOpt),
    ...each('--device', service.devices),
    ...each('--env', environment),
    ...each('--log-opt', ['max-size=20m']),
    service.image,
    ...service.command,
  ];
}

/** Removes all containers, networks and volumes of a project; says how many went. */
export async function takeDown(
  project: string,
): Promise<{ containers: number; networks: number; volumes: number }> {
  const filter = ['--filter', `label=${labLabel}=${project}`];
  const list = async (...args: string[]) =>
    (await docker([...args, ...filter])).split('\n').filter((line) => line !== '');
  const containers = await list('ps', '-aq');
  if (containers.length > 0) await docker(['rm', '-f', '-v', ...containers]);
  const networks = await list('network', 'ls', '-q');
  let networksGone = 0;
  for (const network of networks) networksGone += (await removeNetwork(network)) ? 1 : 0;
  const volumes = await list('volume', 'ls', '-q');
  if (volumes.length > 0) await docker(['volume', 'rm', ...volumes]);
  return {
    containers: containers.length,
    networks: networksGone,
    volumes: volumes.length,
  };
}

/**
 * Docker may hold on to the place of a container that is gone, and removes no network that has such places. What is
 * still on it by name is taken off by force. False where nothing is on it and Docker still keeps it, as it does until
 * its own restart once it has miscounted (moby/moby#42119): an empty network harms nobody, and the next lab takes it.
 */
async function removeNetwork(network: string): Promise<boolean> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const { exitCode, stderr } = await run('docker', ['network', 'rm', network]);
    if (exitCode === 0 || stderr.includes('not found')) return true;
    const members = stderr.includes('active endpoints') ? await membersOf(network) : undefined;
    if (members === undefined || performance.now() > deadline) {
      if (members?.length === 0) return false;
      throw new Error(`docker network rm ${network} failed: ${stderr.trim()}`);
    }
    for (const name of members) {
      await run('docker', ['network', 'disconnect', '--force', network, name]);
    }
    await pause(500);
  }
}

/** By name: containers, and places of containers that are gone. */
async function membersOf(network: string): Promise<readonly string[]> {
  const format = '{{range .Containers}}{{println .Name}}{{end}}';
  const { stdout } = await run('docker', ['network', 'inspect', '--format', format, network]);
  return stdout.split('\n').filter((line) => line !== '');
}
