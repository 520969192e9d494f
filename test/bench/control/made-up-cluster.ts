/** Hosts and VMs that are made up, on a real etcd, a real NATS, two schedulers and one API of their own processes. */
import { createHash } from 'node:crypto';
import { keys, type ReportedVm } from '@drover/protocol';
import { connectStore, type Store } from '@drover/store';
import { freePort } from '../../contract/support/docker.ts';
import { startEtcd, startNats } from '../../contract/support/real-servers.ts';
import { Fleet } from './fleet.ts';
import { Processes } from './processes.ts';

export interface ClusterSize {
  readonly hosts: number;
  readonly vmsPerHost: number;
}

/** Of an admin. */
export const token = 'load';

export class MadeUpCluster implements AsyncDisposable {
  readonly processes: Processes;
  /** Of its API. */
  readonly url: string;
  readonly store: Store;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    stack: AsyncDisposableStack,
    store: Store,
    processes: Processes,
    url: string,
  ) {
    this.#stack = stack;
    this.store = store;
    this.processes = processes;
    this.url = url;
  }

  /** Its processes are begun; who needs it to know every host waits for that. */
  static async start(size: ClusterSize, onStep: (text: string) => void): Promise<MadeUpCluster> {
    // It would fetch an image to tidy up with; what is started here is removed here.
    process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
    await using stack = new AsyncDisposableStack();
    const etcd = stack.use(await startEtcd());
    const nats = stack.use(await startNats({}));
    const store = stack.use(connectStore({ endpoints: [etcd.straightUrl] }));
    onStep(`${size.hosts * size.vmsPerHost} VMs into etcd`);
    await writeVms(store, size);
    const vmsOn = (id: string) => vmsOf(Number(id.slice(1)), size.vmsPerHost);
    stack.use(new Fleet({ servers: [nats.straightUrl], hosts: size.hosts, vmsOn }));
    const processes = stack.use(new Processes());
    const common = {
      etcd: { endpoints: [etcd.straightUrl] },
      nats: { servers: [nats.straightUrl] },
    };
    for (const id of ['s1', 's2']) processes.start(id, 'scheduler', { instanceId: id, ...common });
    const port = await freePort();
    const sha256 = createHash('sha256').update(token).digest('hex');
    processes.start('api', 'api', {
      ...common,
      listen: { host: '127.0.0.1', port },
      tokens: [{ name: 'load', role: 'admin', sha256 }],
      requestsPer10Seconds: 1_000_000,
    });
    return new MadeUpCluster(stack.move(), store, processes, `http://127.0.0.1:${port}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}

export function hostName(host: number): string {
  return `n${String(host).padStart(4, '0')}`;
}

function vmId(host: number, at: number): string {
  return `22222222-0000-4000-8000-${(host * 1_000 + at).toString(16).padStart(12, '0')}`;
}

export function vmName(host: number, at: number): string {
  return `vm-${host}-${at}`;
}

function vmsOf(host: number, count: number): readonly ReportedVm[] {
  return Array.from({ length: count }, (_, at) => ({
    vmId: vmId(host, at),
    name: vmName(host, at),
    state: 'running' as const,
    migrating: false,
    generation: 1,
    memoryMib: 4_096,
    vcpus: 2,
  }));
}

/** As if the API and a leader had written them long ago. */
async function writeVms(store: Store, { hosts, vmsPerHost }: ClusterSize): Promise<void> {
  const spec = { vcpus: 2, memoryMib: 4_096, disks: [], networks: [] };
  const puts = Array.from({ length: hosts * vmsPerHost }, (_, index) => {
    const [host, at] = [Math.floor(index / vmsPerHost), index % vmsPerHost];
    const [id, name] = [vmId(host, at), vmName(host, at)];
    const hostId = hostName(host);
    const intent = { v: 1, id, name, spec, desired: 'running', by: 'bench', createdAtMs: 1 };
    const owner = { v: 1, vmId: id, hostId, generation: 1, state: 'running' };
    return [
      { key: keys.vmIntent(id), value: JSON.stringify(intent) },
      { key: keys.vmName(name), value: JSON.stringify({ v: 1, vmId: id }) },
      { key: keys.assignment(id), value: JSON.stringify(owner) },
    ];
  }).flat();
  const each = 120;
  for (let at = 0; at < puts.length; at += each) {
    await store.txn({ compares: [], puts: puts.slice(at, at + each), deletes: [] });
  }
}
