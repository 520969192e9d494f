/**
 * OpenStack's placement-api (Debian package python3-placement) with SQLite, filled with the same hosts and VMs. https://docs.openstack.org/api-ref/placement/
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../contract/support/docker.ts';
import { until } from '../../contract/support/until.ts';
import { type ClusterSize, hostName } from '../control/made-up-cluster.ts';
import type { Asks } from './rate.ts';

export interface VmSize {
  readonly vcpus: number;
  readonly memoryMib: number;
}

/** What a fleet's hosts say they have, without what they keep for themselves. */
const inventories = { VCPU: { total: 63 * 4 }, MEMORY_MB: { total: 262_144 - 4_096 } };
const packages = 'apt install python3-placement uwsgi-core uwsgi-plugin-python3';
const resources = { VCPU: 2, MEMORY_MB: 4_096 };
const headers = {
  'x-auth-token': 'admin',
  'openstack-api-version': 'placement 1.36',
  'content-type': 'application/json',
};

/** How it is run: by the server that comes with it, or by uWSGI (uwsgi-core, uwsgi-plugin-python3) with a process for each core. */
export type Server = 'own' | 'uwsgi';

function commandOf(server: Server, port: number): readonly [string, ...string[]] {
  if (server === 'own') return ['placement-api', '--host', '127.0.0.1', '--port', String(port)];
  const socket = `127.0.0.1:${port}`;
  const processes = String(availableParallelism());
  // It closes each connection, and does not say so by itself.
  const options =
    '--master --lazy-apps --die-on-term --need-app --plugin python3 --add-header Connection:close';
  const app = ['--wsgi-file', '/usr/bin/placement-api', '--processes', processes];
  return ['uwsgi', ...options.split(' '), '--http-socket', socket, ...app];
}

function providerId(host: number): string {
  return `33333333-0000-4000-8000-${host.toString(16).padStart(12, '0')}`;
}

function consumerId(host: number, at: number): string {
  return `44444444-0000-4000-8000-${(host * 1_000 + at).toString(16).padStart(12, '0')}`;
}

/** Another host like the first one, whose row is 1. */
function copyFirst(base: DatabaseSync, host: number, vmsPerHost: number): void {
  const id = host + 1;
  base
    .prepare(
      `INSERT INTO resource_providers (created_at, updated_at, id, uuid, name, generation, root_provider_id)
       SELECT created_at, updated_at, ?, ?, ?, generation, ? FROM resource_providers WHERE id = 1`,
    )
    .run(id, providerId(host), hostName(host), id);
  base
    .prepare(
      `INSERT INTO inventories (created_at, resource_provider_id, resource_class_id, total, reserved,
         min_unit, max_unit, step_size, allocation_ratio)
       SELECT created_at, ?, resource_class_id, total, reserved, min_unit, max_unit, step_size,
         allocation_ratio FROM inventories WHERE resource_provider_id = 1`,
    )
    .run(id);
  const consumer = base.prepare(
    `INSERT INTO consumers (created_at, updated_at, uuid, project_id, user_id, generation)
     SELECT created_at, updated_at, ?, project_id, user_id, generation FROM consumers WHERE uuid = ?`,
  );
  const allocation = base.prepare(
    `INSERT INTO allocations (created_at, resource_provider_id, consumer_id, resource_class_id, used)
     SELECT created_at, ?, ?, resource_class_id, used FROM allocations WHERE consumer_id = ?`,
  );
  for (let at = 0; at < vmsPerHost; at += 1) {
    consumer.run(consumerId(host, at), consumerId(0, at));
    allocation.run(id, consumerId(host, at), consumerId(0, at));
  }
}

export class PlacementService implements AsyncDisposable {
  readonly #folder: string;
  readonly #stack: AsyncDisposableStack;
  #url = '';
  #server = new AsyncDisposableStack();

  private constructor(folder: string, stack: AsyncDisposableStack) {
    this.#folder = folder;
    this.#stack = stack;
  }

  /** Run by its own server. Throws where the package is not installed. */
  static async start(size: ClusterSize): Promise<PlacementService> {
    await using stack = new AsyncDisposableStack();
    const folder = await mkdtemp(join(tmpdir(), 'drover-placement-'));
    stack.defer(() => rm(folder, { recursive: true, force: true }));
    await writeFile(
      join(folder, 'placement.conf'),
      [
        '[DEFAULT]',
        'use_stderr = false',
        `log_file = ${folder}/log`,
        '[api]',
        'auth_strategy = noauth2',
        '[placement_database]',
        `connection = sqlite:///${folder}/placement.db`,
        'sync_on_startup = true',
        '',
      ].join('\n'),
    );
    const service = new PlacementService(folder, stack.move());
    try {
      await service.runBy('own');
      await service.#fill(size);
      return service;
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** With the same hosts and VMs, instead of the server that ran it before. */
  async runBy(server: Server): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    this.#server = new AsyncDisposableStack();
    const port = await freePort();
    const [program, ...args] = commandOf(server, port);
    const child = spawn(program, args, {
      stdio: 'ignore',
      env: { ...process.env, OS_PLACEMENT_CONFIG_DIR: this.#folder },
    });
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    this.#server.defer(async () => {
      child.kill();
      await ended;
    });
    let isGone = false;
    void ended.then(() => (isGone = true));
    this.#url = `http://127.0.0.1:${port}`;
    const answers = async () =>
      isGone || (await fetch(`${this.#url}/`).catch(() => undefined))?.ok === true;
    await until(`${program} answers`, answers, { timeoutMs: 60_000, pause: () => wait(200) });
    if (isGone) throw new Error(`${program} did not start: ${packages}`);
  }

  /** Its own question for a place: the hosts that have room for one of these, at most that many. */
  candidates(sizes: readonly VmSize[], limit: number): Asks {
    const requests = sizes.map(({ vcpus, memoryMib }) => {
      const query = `resources=VCPU:${vcpus},MEMORY_MB:${memoryMib}&limit=${limit}`;
      return { method: 'GET', path: `/allocation_candidates?${query}` } as const;
    });
    return { url: this.#url, headers, requests };
  }

  /** The first host over its own API; the others are written beside it as it wrote that one: over the API each takes seconds. */
  async #fill({ hosts, vmsPerHost }: ClusterSize): Promise<void> {
    await this.#add(0, vmsPerHost);
    {
      using base = new DatabaseSync(join(this.#folder, 'placement.db'));
      base.exec('BEGIN');
      for (let host = 1; host < hosts; host += 1) copyFirst(base, host, vmsPerHost);
      base.exec('COMMIT');
    }
    const path = `/resource_providers/${providerId(hosts - 1)}/usages`;
    const { usages } = (await this.#send('GET', path)) as { usages: typeof resources };
    const { VCPU, MEMORY_MB } = usages;
    const isWhole = VCPU === vmsPerHost * resources.VCPU;
    if (!isWhole || MEMORY_MB !== vmsPerHost * resources.MEMORY_MB) {
      throw new Error(`placement-api has ${JSON.stringify(usages)} on the last host`);
    }
  }

  async #add(host: number, vmsPerHost: number): Promise<void> {
    const uuid = providerId(host);
    await this.#send('POST', '/resource_providers', { uuid, name: hostName(host) });
    const body = { resource_provider_generation: 0, inventories };
    await this.#send('PUT', `/resource_providers/${uuid}/inventories`, body);
    const consumers = Array.from({ length: vmsPerHost }, (_, at) => [
      consumerId(host, at),
      {
        allocations: { [uuid]: { resources } },
        project_id: 'bench',
        user_id: 'bench',
        consumer_generation: null,
      },
    ]);
    await this.#send('POST', '/allocations', Object.fromEntries(consumers));
  }

  async #send(method: string, path: string, body?: object): Promise<unknown> {
    const reply = await fetch(`${this.#url}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!reply.ok) throw new Error(`placement-api: ${method} ${path}: ${await reply.text()}`);
    return reply.status === 200 ? await reply.json() : undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    await this.#stack[Symbol.asyncDispose]();
  }
}
