/**
 * The lab as a test sees it: the API, the outside referee, and ways back to a calm state. One lab serves
 * all end-to-end files; each test leaves it calm.
 */
import { addressOf, askCounter, Lab, runningOn } from '@drover/deploy/lab';
import type { api } from '@drover/protocol';
import { inject } from 'vitest';
import { ApiClient } from './api-client.ts';
import { canaryOf } from './canary.ts';
import { Observer } from './observer.ts';
import { until } from './until.ts';

let macCounter = 0;

export class Cluster {
  readonly lab: Lab;
  readonly api: ApiClient;
  #observer: Observer | undefined;
  /** Those made by `runVm` with a clone of the tiny image. */
  readonly #made = new Set<string>();

  constructor(lab: Lab) {
    this.lab = lab;
    this.api = new ApiClient(lab.apiUrl, lab.token);
  }

  static async attach(): Promise<Cluster> {
    return new Cluster(await Lab.attach(inject('labProject')));
  }

  /** As `attach`; from now on all hosts are looked at from outside. Ends with `leave`. */
  static async observed(): Promise<Cluster> {
    const cluster = await Cluster.attach();
    cluster.#observer = await Observer.start(cluster.lab);
    return cluster;
  }

  /** Throws where nobody looks. */
  get observer(): Observer {
    if (this.#observer === undefined) throw new Error('this cluster is not observed');
    return this.#observer;
  }

  /** Clears it, and looks no more. */
  async leave(): Promise<void> {
    await this.clear();
    await this.#observer?.[Symbol.asyncDispose]();
  }

  /**
   * Throws for what was seen from outside and must never be, and for a disk that had two writers, or a boot that
   * nobody saw. Libvirt must answer everywhere.
   */
  async expectNoHarm(): Promise<void> {
    await this.observer.expectNoHarm();
    const there = (await this.api.vms()).filter(({ id }) => this.#made.has(id));
    await Promise.all(there.map((vm) => this.#expectOneWriter(vm)));
  }

  async #expectOneWriter(vm: api.VmBody): Promise<void> {
    const isRunning = vm.state === 'running';
    const problem = async (): Promise<string | undefined> => {
      const log = await canaryOf(this.lab, vm.hostId ?? this.lab.hosts[0] ?? '', vm.id);
      const seen = this.observer.boots(vm.id);
      if (log.boots.length > seen) return `it booted ${log.boots.length} times, seen ${seen} times`;
      if (log.harm.length > 0) return log.harm.join('; ');
      if (!isRunning) return undefined;
      const { boot, count } = await askCounter(addressOf(vm.macs[0] ?? ''));
      if (log.boots.at(-1) !== boot) return `boot ${boot} runs, ${log.boots.at(-1)} wrote last`;
      const silent = count - log.lastAt;
      return silent > 1_000 ? `its canary has been silent for ${silent} hundredths` : undefined;
    };
    // A disk that is read while it is written may show a record too few; a second look does not.
    const first = await problem();
    const second = first === undefined ? undefined : await problem();
    if (second !== undefined) throw new Error(`the disk of ${vm.name}: ${second}`);
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

  /** Asks for a VM that is to run; when it does, and where, its operation tells. */
  async createVm(
    name: string,
    spec: Record<string, unknown> = this.tinySpec(),
  ): Promise<{ readonly vm: api.VmBody; readonly operation: api.OperationBody }> {
    const created = await this.api.expect<api.VmCreated>(202, 'POST', '/v1/vms', { name, spec });
    if (JSON.stringify(spec['disks']).includes('tiny.qcow2')) this.#made.add(created.vm.id);
    this.#observer?.mayStart(created.vm.id);
    if (created.operation === undefined) throw new Error(`nothing starts ${name}`);
    return { vm: created.vm, operation: created.operation };
  }

  /** Creates a VM and waits until it runs and counts. */
  async runVm(name: string, spec?: Record<string, unknown>): Promise<RunningVm> {
    const created = await this.createVm(name, spec);
    await this.ended(created.operation.id, 'succeeded');
    const vm = await this.api.vm(created.vm.id);
    return { id: vm.id, name, ...(await this.counts(vm)), hostId: vm.hostId ?? '' };
  }

  /** Waits until the VM has booted and counts. */
  async counts(
    { name, macs }: api.VmBody,
    deadlineMs = 90_000,
  ): Promise<{ address: string; boot: string }> {
    const address = addressOf(macs[0] ?? '');
    const ask = () => askCounter(address);
    const { boot } = await until(`${name} counts at ${address}`, ask, { deadlineMs });
    return { address, boot };
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
    const { items: rules } = await this.api.expect<{ items: api.RuleBody[] }>(
      200,
      'GET',
      '/v1/rules',
    );
    for (const { name } of rules) await this.api.send('DELETE', `/v1/rules/${name}`);
    const vms = await this.api.vms();
    for (const vm of vms) this.#observer?.mayEnd(vm.id);
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

  /** What a script prints on a host; throws where it fails. */
  async shell(
    host: string,
    script: string,
    options: { readonly timeoutMs?: number } = {},
  ): Promise<string> {
    const ran = await this.lab.exec(host, ['sh', '-ec', script], options);
    if (ran.exitCode !== 0) throw new Error(`${script} on ${host}: ${ran.stderr}`);
    return ran.stdout;
  }

  /** Hosts on which a VM runs, as their own libvirts say; one that does not answer yet is waited for. */
  async hostsThatRun(name: string): Promise<readonly string[]> {
    const found: string[] = [];
    for (const host of this.lab.hosts) {
      const running = await until(`libvirt on ${host} answers`, () => runningOn(this.lab, host));
      if (running.includes(name)) found.push(host);
    }
    return found;
  }

  /** Its disk is no more where its record says: nobody can read there what it writes. */
  writesElsewhere({ id }: Pick<RunningVm, 'id'>): void {
    this.#made.delete(id);
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

  /** All that runs on the host ends, which is nothing to be reported; nobody looks there until it is back. */
  async powerOff(host: string): Promise<void> {
    for (const vm of await this.api.vms()) if (vm.hostId === host) this.#observer?.mayEnd(vm.id);
    await this.lab.powerOff(host);
    this.#observer?.dark(host);
  }

  async powerOn(host: string): Promise<void> {
    await this.lab.powerOn(host);
    this.#observer?.light(host);
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
