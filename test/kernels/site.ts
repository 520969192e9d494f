/**
 * Everything that a run needs, up and gone again: etcd, NATS, scheduler and API as containers of the lab, the NFS server
 * and two hosts as whole machines, all on one network. And what one asks of it.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  bringUp,
  buildImages,
  checkout,
  composePath,
  composeVariables,
  docker,
  kernelsProject,
  Lab,
  labLabel,
  labSettings,
  makeIdentities,
  type Narrator,
  prepareMachine,
  readComposeFile,
  run,
  takeDown,
} from '@drover/deploy/lab';
import type { api } from '@drover/protocol';
import { ApiClient } from '../end-to-end/support/api-client.ts';
import { until } from '../end-to-end/support/until.ts';
import { configureMachines, machineNames } from './configure.ts';
import { machineDisk } from './disk.ts';
import { Machine, patienceMs } from './machine.ts';

const servers: readonly string[] = ['nats', 'etcd', 'scheduler1', 'api'];
const hostIds = ['h1', 'h2'] as const;
type HostId = (typeof hostIds)[number];

/** Last numbers of the addresses; the containers of servers take the first ones. */
const places: Readonly<Record<string, number>> = { console: 40, nfs: 41, h1: 42, h2: 43 };

export class Site {
  readonly api: ApiClient;
  readonly #lab: Lab;
  readonly #machines: ReadonlyMap<string, Machine>;

  private constructor(lab: Lab, machines: ReadonlyMap<string, Machine>) {
    this.#lab = lab;
    this.#machines = machines;
    this.api = new ApiClient(lab.apiUrl, lab.token);
  }

  /** Whatever a former run has left goes first. All machines are switched on; `boot` waits for them. */
  static async up(tell: Narrator, interrupted: AbortSignal): Promise<Site> {
    const onStep = (text: string) => tell.step(text);
    await prepareMachine(onStep);
    await Site.down();
    await buildImages(onStep, 'kernels');
    const diskFolder = await machineDisk(onStep);
    interrupted.throwIfAborted();
    const settings = labSettings(kernelsProject);
    const { project, stateFolder, controlPrefix } = settings;
    const token = await makeIdentities(settings);
    const file = readComposeFile(composePath, composeVariables(settings));
    const { control = '' } = file.networks;
    await bringUp({
      ...file,
      networks: { control },
      volumes: { etcd: {} },
      services: file.services.filter(({ name }) => servers.includes(name)),
    });
    interrupted.throwIfAborted();
    onStep(`etcd, NATS, scheduler and API run as containers`);
    const addresses: Record<string, string> = { nats: await addressOf(`${project}-nats`) };
    for (const name of machineNames) addresses[name] = `${controlPrefix}.${places[name]}`;
    await configureMachines(settings, addresses);
    await startConsole(project, stateFolder, consoleAddress(controlPrefix));
    const machines = new Map<string, Machine>();
    for (const name of machineNames) {
      const size = name === 'nfs' ? { memoryMib: 1024, cpus: 1 } : { memoryMib: 2048, cpus: 2 };
      const address = addresses[name] ?? '';
      const machine = new Machine({ name, project, address, diskFolder, stateFolder, ...size });
      interrupted.throwIfAborted();
      await machine.make();
      machines.set(name, machine);
    }
    return new Site(new Lab(settings, token, []), machines);
  }

  /** Removes everything that a run makes, but for images and the machines' first disk. */
  static async down(): Promise<void> {
    await takeDown(kernelsProject);
    await rm(labSettings(kernelsProject).stateFolder, { recursive: true, force: true });
  }

  machine(name: string): Machine {
    const found = this.#machines.get(name);
    if (found === undefined) throw new Error(`no machine is called ${name}`);
    return found;
  }

  get nfs(): Machine {
    return this.machine('nfs');
  }

  /** Waits until all machines have booted, and the agents of both hosts are heard. */
  async boot(tell: Narrator): Promise<void> {
    for (const machine of this.#machines.values()) {
      await machine.booted((text) => tell.step(text));
      tell.step(`${machine.name} has booted`);
    }
    await this.#lab.ready();
    for (const id of hostIds) {
      const { accelerator, acceleratorReason } = await this.hostIs(id, 'ready');
      tell.step(`the agent of ${id} is heard: ${accelerator} (${acceleratorReason})`);
    }
  }

  async hostIs(id: HostId, state: api.HostBody['state']): Promise<api.HostBody> {
    const ask = async () => {
      const host = await this.api.host(id);
      return host.state === state ? host : undefined;
    };
    return until(`${id} is ${state}`, ask, { deadlineMs: patienceMs });
  }

  async ended(id: string): Promise<api.OperationBody> {
    const ask = async () => {
      const operation = await this.api.operation(id);
      return operation.done ? operation : undefined;
    };
    return until(`operation ${id} ends`, ask, { deadlineMs: patienceMs });
  }

  /** As a person at a terminal. */
  async drover(
    args: readonly string[],
    timeoutMs = patienceMs,
  ): Promise<{ readonly said: string; readonly exitCode: number }> {
    const { apiUrl, settings } = this.#lab;
    const program = join(checkout, 'packages', 'cli', 'src', 'main.ts');
    const to = ['--api', apiUrl, '--token-file', join(settings.stateFolder, 'token')];
    const { stdout, stderr, exitCode } = await run(process.execPath, [program, ...to, ...args], {
      timeoutMs,
    });
    return { said: `${stdout}${stderr}`.trim(), exitCode };
  }

  /** Packets between this host and these machines are dropped, both ways, without a word; `heal` ends it. */
  async cut(host: HostId, others: readonly string[]): Promise<void> {
    const { controlPrefix } = this.#lab.settings;
    const nats = await addressOf(`${kernelsProject}-nats`);
    const addresses = others.map((name) =>
      name === 'nats' ? nats : `${controlPrefix}.${places[name]}`,
    );
    const set = `{ ${addresses.join(', ')} }`;
    await this.machine(host).ask(`
      nft add table inet cut
      nft add chain inet cut in '{ type filter hook input priority 0; }'
      nft add chain inet cut out '{ type filter hook output priority 0; }'
      nft add rule inet cut in ip saddr '${set}' drop
      nft add rule inet cut out ip daddr '${set}' drop
    `);
  }

  async heal(host: HostId): Promise<void> {
    await this.machine(host).ask('nft delete table inet cut');
  }

  /** For whoever has to find out what went wrong. */
  async tails(): Promise<string> {
    const parts: string[] = [];
    for (const machine of this.#machines.values()) {
      parts.push(`--- ${machine.name}, its serial line\n${await machine.serialTail()}`);
    }
    const logs = (await this.#lab.logs('scheduler1')).trimEnd().split('\n').slice(-15);
    parts.push(`--- scheduler\n${logs.join('\n')}`);
    for (const id of hostIds) {
      const { stdout } = await this.machine(id).sh('journalctl -u drover-agent -n 15 -o cat', {
        timeoutMs: 20_000,
      });
      parts.push(`--- ${id}, its agent\n${stdout.trimEnd()}`);
    }
    return parts.join('\n');
  }
}

async function addressOf(container: string): Promise<string> {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  return docker(['inspect', '--format', format, container]);
}

function consoleAddress(controlPrefix: string): string {
  return `${controlPrefix}.${places['console']}`;
}

/** Where ssh runs; the machine that this runs on needs none. */
async function startConsole(project: string, stateFolder: string, address: string): Promise<void> {
  const folder = join(stateFolder, 'console');
  await docker([
    'run',
    '--detach',
    '--init',
    '--name',
    `${project}-console`,
    '--label',
    `${labLabel}=${project}`,
    '--network',
    `${project}_control`,
    '--ip',
    address,
    '--volume',
    `${folder}:/etc/drover:ro`,
    'drover-lab/machine',
    'sleep',
    'infinity',
  ]);
}
