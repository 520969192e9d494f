/** Two real hosts: libvirtd and QEMU in containers, acted on by the agent's own shell, one for each host. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isNotFound, isOperationInvalid } from 'node-libvirt';
import { Hypervisor } from '../../../packages/agent/src/shell/hypervisor.ts';
import { LibvirtLink } from '../../../packages/agent/src/shell/libvirt-link.ts';
import { newAuthority, type TestAuthority } from '../support/authority.ts';
import { docker } from '../support/docker.ts';
import { type Libvirtd, startLibvirtd } from '../support/libvirt-daemon.ts';
import { until } from '../support/until.ts';
import { type HostId, hostIds } from './host-operations.ts';
import type { HostsSide, LifeEvent } from './host-player.ts';
import { listeningDisk } from './listening-disk.ts';
import { diskFile, poolName, poolUuid, sampleVms } from './sample-vms.ts';

/** What follows an outcome by itself: an incoming copy that goes, an event. */
const settleMs = 8_000;

/** A tunnel that nobody takes keeps one of the few ports of its host, by default for a minute. */
process.env['DROVER_TUNNEL_WAIT_MS'] = '10000';

interface RealHost {
  readonly daemon: Libvirtd;
  readonly agent: Hypervisor;
  readonly link: LibvirtLink;
  readonly address: string;
  readonly events: Events;
}

/** The same two hosts for many plays, each from hosts without VMs. */
export class RealHosts implements AsyncDisposable {
  readonly #stack: AsyncDisposableStack;
  readonly #hosts: Readonly<Record<HostId, RealHost>>;
  readonly #images: string;

  private constructor(
    stack: AsyncDisposableStack,
    hosts: Readonly<Record<HostId, RealHost>>,
    images: string,
  ) {
    this.#stack = stack;
    this.#hosts = hosts;
    this.#images = images;
  }

  static async start(): Promise<RealHosts> {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'drover-fidelity-'));
    stack.defer(async () => await rm(folder, { recursive: true, force: true }));
    const images = join(folder, 'images');
    await mkdir(images);
    await writeFile(join(images, diskFile), listeningDisk());
    const network = `drover-contract-${randomUUID().slice(0, 8)}`;
    await docker('network', 'create', '--internal', network);
    stack.defer(async () => void (await docker('network', 'rm', network)));
    const place = { folder, images, network, authority: await newAuthority() };
    const [h1, h2] = await Promise.all(
      hostIds.map(async (id, at) => await startHost(stack, id, at, place)),
    );
    if (h1 === undefined || h2 === undefined) throw new Error('there are two hosts');
    return new RealHosts(stack.move(), { h1, h2 }, images);
  }

  async play(): Promise<HostsSide> {
    await this.#empty();
    const hosts = this.#hosts;
    const { vmIds, start } = sampleVms(this.#images);
    return {
      vmIds,
      start,
      // A target says of itself a name that only containers know; the tunnels' ends run here.
      act: async (host, action) =>
        await hosts[host].agent.act(
          action.type === 'migrate-out'
            ? { ...action, tunnel: { ...action.tunnel, host: '127.0.0.1' } }
            : action,
        ),
      look: async (host) => {
        if (!hosts[host].link.connected) return 'away';
        const look = await hosts[host].agent.look().catch(() => undefined);
        return look === undefined ? 'away' : look.observed.vms;
      },
      takeEvents: (host) => hosts[host].events.take(),
      migrationAddress: (host) => hosts[host].address,
      suspend: async (host, vm) => {
        try {
          const dom = await hosts[host].link.libvirt.domains.byUuid(vmIds[vm]);
          if ((await dom.state()).state === 'running') await dom.suspend();
        } catch (error) {
          if (!isNotFound(error)) throw error;
        }
      },
      killLibvirt: async (host) => {
        await hosts[host].daemon.stop('KILL');
        await until('the agent knows', () => !hosts[host].link.connected);
      },
      startLibvirt: async (host) => {
        await hosts[host].daemon.start();
        await this.#connected(host);
      },
      whenUnderWay: async (host, vm, isOver) => {
        const job = async () => {
          const dom = await hosts[host].link.libvirt.domains.byUuid(vmIds[vm]);
          const { type, memoryProcessedBytes = 0 } = await dom.job.stats();
          return type !== 'none' && memoryProcessedBytes > 0;
        };
        await until('it is under way', async () => isOver() || (await job().catch(() => false)));
      },
      outcome: async (acting) => await acting,
      settle: async (isSo) => {
        await until('it is as expected', isSo, {
          timeoutMs: settleMs,
          pause: (ms) => wait(5 * ms),
        }).catch(() => undefined);
      },
      [Symbol.asyncDispose]: async () => await this.#empty(),
    };
  }

  async #connected(host: HostId): Promise<void> {
    const { link, agent } = this.#hosts[host];
    await link.whenConnected();
    await until(`the agent of ${host} is connected`, () => agent.look().catch(() => undefined));
  }

  /** No VM anywhere; what was told of them is forgotten. */
  async #empty(): Promise<void> {
    for (const host of hostIds) {
      await this.#connected(host);
      const { link, events } = this.#hosts[host];
      for (const dom of await link.libvirt.domains.list()) {
        await dom.destroy().catch((error: unknown) => {
          if (!isNotFound(error) && !isOperationInvalid(error)) throw error;
        });
      }
      await until(`${host} is empty`, async () => (await link.libvirt.domains.list()).length === 0);
      events.take();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

interface Place {
  readonly folder: string;
  readonly images: string;
  readonly network: string;
  readonly authority: TestAuthority;
}

async function startHost(
  stack: AsyncDisposableStack,
  id: HostId,
  at: number,
  { folder, images, network, authority }: Place,
): Promise<RealHost> {
  // The agent and its libvirt see the same paths.
  const stateDir = join(folder, `${id}-state`);
  await mkdir(stateDir);
  const daemon = stack.use(
    await startLibvirtd({
      hypervisor: true,
      network,
      folder: join(folder, id),
      qemuConfig: `shared_filesystems = [ "${images}" ]\n`,
      containerOptions: [
        `--hostname=${id}`,
        `--volume=${images}:${images}`,
        `--volume=${stateDir}:${stateDir}`,
      ],
    }),
  );
  const identity = await authority.identity(id, 'tunnel');
  const agent = stack.use(
    new Hypervisor({
      config: {
        hostId: id,
        nats: { servers: [] },
        libvirt: { socket: daemon.socketPath, qemuConf: '/dev/null' },
        stateDir,
        addresses: {
          migration: daemon.container,
          tunnelPort: 26_520 + 16 * at,
          transferPort: 26_720 + 16 * at,
          consolePort: 26_920 + at,
        },
        accelerator: 'tcg',
        capacity: { memoryMib: 4_096, cpuMilli: 4_000 },
        reserved: { memoryMib: 0, cpuMilli: 0 },
        labels: {},
      },
      onState: () => undefined,
      storage: { onProgress: () => undefined, onBegan: () => undefined, onEnded: () => undefined },
      onProgress: () => undefined,
      onChange: () => undefined,
      warn: () => undefined,
      identity: () => identity,
      migrationTls: async () => ({ able: false, reason: 'it is not what is compared' }),
      onRefusal: () => undefined,
    }),
  );
  const link = stack.use(
    new LibvirtLink({
      socketPath: daemon.socketPath,
      onState: () => undefined,
      warn: () => undefined,
    }),
  );
  const events = new Events();
  stack.use(
    link.onEvent((event) => {
      if (event.name === 'lifecycle') events.add(event.dom.uuid, event.type);
    }),
  );
  await link.whenConnected();
  const pool = { name: poolName, spec: { type: 'shared', path: images } } as const;
  const ensured = await until('the pool is there', async () => {
    const outcome = await agent.act({ type: 'ensure-pool', pool, uuid: poolUuid });
    return outcome.error?.code === 'hypervisor-unreachable' ? undefined : outcome;
  });
  if (ensured.outcome !== 'done') throw new Error(JSON.stringify(ensured));
  return { daemon, agent, link, address: daemon.container, events };
}

/** Of what libvirt tells, how VMs live. QEMU is paused while one starts: that it runs on then is no event of its life. */
class Events {
  #told: { readonly vmId: string; readonly event: LifeEvent }[] = [];

  add(vmId: string, type: string): void {
    if (type !== 'started' && type !== 'suspended' && type !== 'resumed' && type !== 'stopped') {
      return;
    }
    const last = this.#told.findLast((one) => one.vmId === vmId);
    if (last?.event === type) return;
    if (type === 'started' && last?.event === 'resumed') {
      this.#told = this.#told.filter((one) => one !== last);
    }
    this.#told.push({ vmId, event: type });
  }

  take() {
    const told = this.#told;
    this.#told = [];
    return told;
  }
}
