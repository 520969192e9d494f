/**
 * The lab as an object: up, down, and what one does to it from outside (run a program in a container, kill
 * a process, restart a server, ask a host's libvirt). Serves `npm start` and the end-to-end tests alike.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ComposeFile, readComposeFile } from './compose-file.ts';
import { bringUp, containerName, makeVolumes, takeDown } from './containers.ts';
import { docker, run, type Ran } from './docker.ts';
import { hostIds, makeIdentities } from './identities.ts';
import { buildImages } from './images.ts';
import { connectedTo, dropPackets, type Dropped, dropPeer, passPackets } from './packets.ts';
import {
  composeProfiles,
  composeVariables,
  labSettings,
  type LabSettings,
  poolPath,
} from './settings.ts';

export const composePath = fileURLToPath(new URL('compose.yaml', import.meta.url));

export interface LabPool {
  readonly name: string;
  readonly spec: Readonly<Record<string, string>>;
}

export class Lab {
  readonly settings: LabSettings;
  readonly apiUrl: string;
  readonly token: string;
  readonly hosts: readonly string[] = hostIds;
  /** Services that were made or started by the `up` that gave this object. */
  readonly changed: readonly string[];

  constructor(settings: LabSettings, token: string, changed: readonly string[]) {
    this.settings = settings;
    this.apiUrl = `http://127.0.0.1:${settings.apiPort}`;
    this.token = token;
    this.changed = changed;
  }

  /** Builds what is missing, starts what does not run. Docker must answer. */
  static async up(
    options: { readonly project?: string; readonly onStep?: (text: string) => void } = {},
  ): Promise<Lab> {
    const settings = labSettings(options.project);
    const onStep = options.onStep ?? (() => undefined);
    await buildImages(onStep);
    const token = await makeIdentities(settings);
    const file = composeFileOf(settings);
    await makeVolumes(file);
    await fillVolumes(settings);
    const changed = await bringUp(file);
    if (changed.length > 0) onStep(`started ${changed.join(', ')}`);
    return new Lab(settings, token, changed);
  }

  /** A lab that is up already. */
  static async attach(project?: string): Promise<Lab> {
    const settings = labSettings(project);
    const token = await readFile(join(settings.stateFolder, 'token'), 'utf8');
    return new Lab(settings, token.trim(), []);
  }

  /** Removes all its containers, networks and volumes. */
  async down(): Promise<void> {
    await takeDown(this.settings.project);
  }

  /** The pools that its hosts can use, as the API takes them. */
  get pools(): readonly LabPool[] {
    const vms: Readonly<Record<string, string>> =
      this.settings.pool === 'shared'
        ? { type: 'shared', path: poolPath }
        : { type: 'nfs', server: 'nfs', export: '/export/vms', version: '4.1', path: poolPath };
    return [
      { name: 'vms', spec: vms },
      { name: 'wire', spec: { type: 'nfs-direct', server: 'nfs', export: '/export' } },
    ];
  }

  /** MAC of a tiny VM whose address will be `10.<guest>.<five>.<six>`. */
  macFor(five: number, six: number): string {
    const hex = [this.settings.guestOctet, five, six].map((n) => n.toString(16).padStart(2, '0'));
    return `52:54:00:${hex.join(':')}`;
  }

  exec(
    service: string,
    argv: readonly string[],
    options: { readonly timeoutMs?: number } = {},
  ): Promise<Ran> {
    return run('docker', ['exec', this.containerOf(service), ...argv], {
      timeoutMs: options.timeoutMs ?? 30_000,
    });
  }

  /** libvirt's own client on one host: the outside referee, never used by Drover itself. */
  virsh(host: string, args: readonly string[]): Promise<Ran> {
    return this.exec(host, ['virsh', '--quiet', '--connect', 'qemu:///system', ...args]);
  }

  /** Sends a signal to a supervised process (`agent`, `libvirtd`, `scheduler`, `api`); false: it was not there. */
  async kill(service: string, process: string, signal: string): Promise<boolean> {
    const script = `kill -${signal} "$(cat /run/drover/${process}.pid)"`;
    return (await this.exec(service, ['sh', '-c', script])).exitCode === 0;
  }

  async restart(service: string): Promise<void> {
    await docker(['restart', '--time', '5', this.containerOf(service)]);
  }

  /** All that runs there ends at once, as without power; what is on its disk stays. */
  async powerOff(service: string): Promise<void> {
    await docker(['kill', this.containerOf(service)]);
  }

  async powerOn(service: string): Promise<void> {
    await docker(['start', this.containerOf(service)]);
  }

  /** It reaches neither NATS nor etcd nor another host's agent, and nobody is told: connections just hang. */
  async cutOff(service: string): Promise<void> {
    await docker(['network', 'disconnect', this.#control, this.containerOf(service)]);
  }

  async reconnect(service: string): Promise<void> {
    await docker([
      'network',
      'connect',
      '--alias',
      service,
      this.#control,
      this.containerOf(service),
    ]);
  }

  /** As `packets.ts` says; `passPackets` ends all of it. */
  async dropPackets(service: string, port: number, which: Dropped = 'all'): Promise<void> {
    await dropPackets(this.containerOf(service), port, which);
  }

  /** Which of these servers the service has a connection to, on that port. */
  async serversOf(
    service: string,
    port: number,
    servers: readonly string[],
  ): Promise<readonly string[]> {
    const addresses = await connectedTo(this.containerOf(service), port);
    const found: string[] = [];
    for (const server of servers) {
      const own = await this.#addressesOf(server);
      if (own.some((address) => addresses.includes(address))) found.push(server);
    }
    return found;
  }

  /** Nothing goes between these two hosts, and nobody is told; each reaches all others. `passPackets(host)` ends it. */
  async cutLink(host: string, other: string): Promise<void> {
    await dropPeer(this.containerOf(host), await this.#addressesOf(other));
  }

  async #addressesOf(service: string): Promise<readonly string[]> {
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}';
    const listed = await docker(['inspect', '--format', format, this.containerOf(service)]);
    return listed.split(' ').filter((address) => address !== '');
  }

  async passPackets(service: string): Promise<void> {
    await passPackets(this.containerOf(service));
  }

  get #control(): string {
    return `${this.settings.project}_control`;
  }

  /** Freezes all of a container's processes, as a hung machine would be. */
  async pause(service: string): Promise<void> {
    await docker(['pause', this.containerOf(service)]);
  }

  async unpause(service: string): Promise<void> {
    await docker(['unpause', this.containerOf(service)]);
  }

  async logs(service: string): Promise<string> {
    const { stdout, stderr } = await run('docker', ['logs', this.containerOf(service)]);
    return stdout + stderr;
  }

  /** The text that a process of this service shows Prometheus. */
  async metrics(service: string): Promise<string> {
    const port = service.startsWith('scheduler') ? 9178 : service === 'api' ? 8440 : 9177;
    const fetching = `fetch('http://127.0.0.1:${port}/metrics').then(async (r) => console.log(await r.text()))`;
    const { stdout } = await this.exec(service, [
      '/opt/drover/node_modules/node/bin/node',
      '--eval',
      fetching,
    ]);
    return stdout;
  }

  /** Waits until the API says that it is ready: etcd, NATS and a leading scheduler are there. */
  async ready(deadlineMs = 90_000): Promise<void> {
    const end = performance.now() + deadlineMs;
    let last = 'no answer';
    while (performance.now() < end) {
      try {
        const response = await fetch(`${this.apiUrl}/readyz`, {
          signal: AbortSignal.timeout(5_000),
        });
        if (response.ok) return;
        last = `${response.status} ${await response.text()}`;
      } catch (error) {
        last = error instanceof Error ? error.message : String(error);
      }
      await pause(250);
    }
    throw new Error(
      `the API at ${this.apiUrl} is not ready after ${deadlineMs / 1000} s: ${last}\n` +
        `See: docker logs ${this.containerOf('api')}`,
    );
  }

  containerOf(service: string): string {
    return containerName(this.settings.project, service);
  }
}

function composeFileOf(settings: LabSettings): ComposeFile {
  return readComposeFile(composePath, composeVariables(settings), composeProfiles(settings));
}

/** Puts the tiny image where the hosts will look for it; files that are there already stay. */
async function fillVolumes(settings: LabSettings): Promise<void> {
  const images = settings.pool === 'shared' ? '/pool' : '/export/vms';
  const script = `
    mkdir -p ${images}
    [ -e ${images}/tiny.qcow2 ] || cp /out/tiny.qcow2 ${images}/
    [ -e /export/wire.raw ] || cp /out/wire.raw /export/
  `;
  await docker([
    'run',
    '--rm',
    '--volume',
    `${settings.project}_pool:/pool`,
    '--volume',
    `${settings.project}_export:/export`,
    'drover-lab/tiny',
    'sh',
    '-c',
    script,
  ]);
}
