/**
 * The lab as a test sees it: the API, the outside referee, and ways back to a calm state. One lab serves
 * all end-to-end files; each test leaves it calm.
 */
import { Lab } from '@drover/deploy/lab';
import type { api } from '@drover/protocol';
import { inject } from 'vitest';
import { ApiClient } from './api-client.ts';
import { addressOf, askCounter } from '@drover/deploy/lab';
import { until } from './until.ts';

let macCounter = 0;

export class Cluster {
  readonly lab: Lab;
  readonly api: ApiClient;

  constructor(lab: Lab) {
    this.lab = lab;
    this.api = new ApiClient(lab.apiUrl, lab.token);
  }

  static async attach(): Promise<Cluster> {
    return new Cluster(await Lab.attach(inject('labProject')));
  }

  /** A spec that the lab's hosts can run: one thin clone of the tiny image, one card on the bridge. */
  tinySpec(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    macCounter += 1;
    const unique = (process.pid * 251 + macCounter) % 64_000;
    const mac = this.lab.macFor(1 + Math.floor(unique / 254), 1 + (unique % 254));
    return {
      vcpus: 1,
      memoryMib: 128,
      disks: [{ pool: 'vms', image: 'tiny.qcow2' }],
      networks: [{ bridge: 'br-guest', mac }],
      ...changes,
    };
  }

  /** Creates a VM and waits until it runs and counts. */
  async runVm(name: string, spec: Record<string, unknown> = this.tinySpec()): Promise<RunningVm> {
    const created = await this.api.expect<api.VmCreated>(202, 'POST', '/v1/vms', { name, spec });
    await this.ended(created.operation?.id ?? '', 'succeeded');
    const vm = await this.api.vm(created.vm.id);
    const address = addressOf(vm.macs[0] ?? '');
    const { boot } = await until(`${name} counts at ${address}`, () => askCounter(address));
    return { id: vm.id, name, address, boot, hostId: vm.hostId ?? '' };
  }

  /** Waits for an operation's end, and for the state it is expected to end in. */
  async ended(id: string, state?: string, deadlineMs = 120_000): Promise<api.OperationBody> {
    const operation = await until(
      `operation ${id} ends`,
      async () => {
        const now = await this.api.operation(id);
        return now.done ? now : undefined;
      },
      { deadlineMs },
    );
    if (state !== undefined && operation.state !== state) {
      throw new Error(`operation ${id} ended ${operation.state}: ${JSON.stringify(operation)}`);
    }
    return operation;
  }

  /** Uncordons every host, deletes every VM, waits until nothing is under way. */
  async clear(): Promise<void> {
    await this.idle();
    for (const host of await this.api.hosts()) {
      if (!host.schedulable) await this.api.send('DELETE', `/v1/hosts/${host.id}/cordon`);
    }
    const vms = await this.api.vms();
    for (const vm of vms.filter((one) => !['stopped', 'crashed', 'pending'].includes(one.state))) {
      await this.api.send('POST', `/v1/vms/${vm.id}/stop`, { mode: 'force' });
    }
    await this.idle();
    for (const vm of vms) await this.api.send('DELETE', `/v1/vms/${vm.id}`);
    await until('no VM is left', async () =>
      (await this.api.vms()).length === 0 ? true : undefined,
    );
    await this.ready();
  }

  /** Waits until no operation is under way. */
  async idle(): Promise<void> {
    await until('no operation is under way', async () => {
      const { items } = await this.api.expect<{ items: api.OperationBody[] }>(
        200,
        'GET',
        '/v1/operations?limit=200',
      );
      return items.every((operation) => operation.done) ? true : undefined;
    });
  }

  /** Waits until every host is ready and reaches the pool. */
  async ready(): Promise<void> {
    await until('every host is ready and reaches the pool', async () => {
      const hosts = await this.api.hosts();
      const fit = hosts.filter(
        (host) =>
          host.state === 'ready' &&
          host.pools.some((pool) => pool.name === 'vms' && pool.state === 'active'),
      );
      return fit.length === this.lab.hosts.length ? true : undefined;
    });
  }

  /** Puts a VM where a test needs it. */
  async moveTo(vm: RunningVm, target: string): Promise<void> {
    if ((await this.api.vm(vm.id)).hostId === target) return;
    const operation = await this.api.expect<api.OperationBody>(
      202,
      'POST',
      `/v1/vms/${vm.id}/migrate`,
      { target },
    );
    await this.ended(operation.id, 'succeeded');
  }

  /** Makes the next migration of a VM slow enough to do something in the middle of it. */
  async slowDown(host: string, vmName: string, mibPerSecond: number): Promise<void> {
    const { exitCode, stderr } = await this.lab.virsh(host, [
      'migrate-setspeed',
      vmName,
      String(mibPerSecond),
    ]);
    if (exitCode !== 0) throw new Error(`migrate-setspeed ${vmName} on ${host}: ${stderr}`);
  }
}

export interface RunningVm {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly boot: string;
  readonly hostId: string;
}
