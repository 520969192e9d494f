/**
 * The lab for measuring migrations: VMs on h1 with a connection held to each, brought back after every run. A libvirt
 * port is opened inside the containers for virsh alone, which has no tunnel.
 */
import {
  addressOf,
  askCounter,
  hold,
  type HeldConnection,
  Lab,
  takeDown,
  testProject,
} from '@drover/deploy/lab';
import type { api } from '@drover/protocol';
import { until } from '../../contract/support/until.ts';
import { ApiClient } from '../../end-to-end/support/api-client.ts';

export const source = 'h1';
export const target = 'h2';
const virshPort = 16_509;

export interface BenchVm {
  readonly id: string;
  readonly name: string;
  readonly memoryMib: number;
  readonly address: string;
}

export class BenchLab implements AsyncDisposable {
  readonly lab: Lab;
  readonly #client: ApiClient;

  private constructor(lab: Lab) {
    this.lab = lab;
    this.#client = new ApiClient(lab.apiUrl, lab.token);
  }

  static async up(onStep: (text: string) => void): Promise<BenchLab> {
    await takeDown(testProject);
    const lab = await Lab.up({ project: testProject, onStep });
    const bench = new BenchLab(lab);
    await lab.ready();
    for (const pool of lab.pools) await bench.api('POST', '/v1/pools', pool);
    await until(
      'the pool is active',
      async () => {
        const { items } = await bench.api<{ items: api.HostBody[] }>('GET', '/v1/hosts');
        const fit = items.filter(
          ({ state, pools }) =>
            state === 'ready' && pools.some((one) => one.name === 'vms' && one.state === 'active'),
        );
        return fit.length === lab.hosts.length;
      },
      { timeoutMs: 60_000 },
    );
    for (const host of lab.hosts) await bench.#openLibvirt(host);
    return bench;
  }

  /** Bytes from a port to libvirt's socket, for as long as the container lives. */
  async #openLibvirt(host: string): Promise<void> {
    const script =
      `require("net").createServer(a=>{const b=require("net").connect("/run/libvirt/libvirt-sock");` +
      `a.pipe(b).pipe(a);a.on("error",()=>b.destroy());b.on("error",()=>a.destroy())}).listen(${virshPort})`;
    await this.lab.exec(host, [
      'sh',
      '-c',
      `nohup /opt/drover/node_modules/node/bin/node -e '${script}' >/dev/null 2>&1 &`,
    ]);
  }

  async api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.#client.send<T>(method, path, body);
    if (answer.status < 400) return answer.body;
    throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  }

  async ended(id: string): Promise<api.OperationBody> {
    for (;;) {
      const path = `/v1/operations/${encodeURIComponent(id)}?wait=30s`;
      const operation = await this.api<api.OperationBody>('GET', path);
      if (operation.done) return operation;
    }
  }

  async create(name: string, memoryMib: number, index: number): Promise<BenchVm> {
    const mac = this.lab.macFor(9, index);
    const spec = {
      vcpus: 1,
      memoryMib,
      disks: [{ pool: 'vms', image: 'tiny.qcow2' }],
      networks: [{ bridge: 'br-guest', mac }],
    };
    const { vm, operation } = await this.api<api.VmCreated>('POST', '/v1/vms', { name, spec });
    const { state, error } = await this.ended(operation?.id ?? '');
    if (state !== 'succeeded') throw new Error(`${name} does not start: ${error?.message}`);
    const address = addressOf(mac);
    await until(
      `${name} counts`,
      () =>
        askCounter(address).then(
          () => true,
          () => false,
        ),
      {
        timeoutMs: 60_000,
      },
    );
    return { id: vm.id, name, memoryMib, address };
  }

  async hostOf({ id }: BenchVm): Promise<string | undefined> {
    return (await this.api<api.VmBody>('GET', `/v1/vms/${id}`)).hostId;
  }

  /** All on the source again, by Drover, one after the other; nothing of it is measured. */
  async home(vms: readonly BenchVm[]): Promise<void> {
    for (const host of this.lab.hosts) {
      await this.api('DELETE', `/v1/hosts/${host}/cordon`);
    }
    for (const vm of vms) {
      await until(
        `${vm.name} is where it runs`,
        async () => {
          const { state, hostId } = await this.api<api.VmBody>('GET', `/v1/vms/${vm.id}`);
          const { stdout } = await this.lab.virsh(hostId ?? source, ['domstate', vm.name]);
          return state === 'running' && stdout.trim() === 'running';
        },
        { timeoutMs: 120_000 },
      );
      if ((await this.hostOf(vm)) === source) continue;
      const body = { target: source, migration: { preset: 'must-finish' } };
      const asked = await this.api<api.OperationBody>('POST', `/v1/vms/${vm.id}/migrate`, body);
      const { state, error } = await this.ended(asked.id);
      if (state !== 'succeeded')
        throw new Error(`${vm.name} does not come home: ${error?.message}`);
    }
  }

  holdAll(vms: readonly BenchVm[]): Promise<readonly HeldConnection[]> {
    return Promise.all(vms.map(({ address }) => hold(address)));
  }

  /** By virsh alone, with the settings that are given; milliseconds, and the pause that libvirt tells. */
  async virsh(
    vm: BenchVm,
    to: string,
    more: readonly string[] = [],
  ): Promise<{ readonly ms: number; readonly downtimeMs: number }> {
    const begunMs = performance.now();
    const { stdout: ip } = await this.lab.exec(to, ['sh', '-c', "hostname -I | cut -d' ' -f1"]);
    const { exitCode, stderr } = await this.lab.virsh(source, [
      'migrate',
      '--live',
      '--p2p',
      ...more,
      vm.name,
      `qemu+tcp://${ip.trim()}:${virshPort}/system`,
      `tcp://${ip.trim()}`,
    ]);
    const ms = performance.now() - begunMs;
    if (exitCode !== 0) throw new Error(`virsh migrate ${vm.name}: ${stderr}`);
    const { stdout } = await this.lab.virsh(to, ['domjobinfo', '--completed', vm.name]);
    const downtimeMs = Number(/Total downtime: +(\d+)/.exec(stdout)?.[1] ?? Number.NaN);
    return { ms, downtimeMs };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab.down();
  }
}
