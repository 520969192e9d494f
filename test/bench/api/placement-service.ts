/**
 * OpenStack's placement-api (Debian package python3-placement) with SQLite and the test server that comes with it, filled
 * over its own API with the same hosts and VMs. https://docs.openstack.org/api-ref/placement/
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
const resources = { VCPU: 2, MEMORY_MB: 4_096 };
const headers = {
  'x-auth-token': 'admin',
  'openstack-api-version': 'placement 1.36',
  'content-type': 'application/json',
};

export class PlacementService implements AsyncDisposable {
  readonly #url: string;
  readonly #stack: AsyncDisposableStack;

  private constructor(url: string, stack: AsyncDisposableStack) {
    this.#url = url;
    this.#stack = stack;
  }

  /** Throws where the package is not installed. */
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
    const port = await freePort();
    const args = ['--host', '127.0.0.1', '--port', String(port)];
    const child = spawn('placement-api', args, {
      stdio: 'ignore',
      env: { ...process.env, OS_PLACEMENT_CONFIG_DIR: folder },
    });
    let failure: Error | undefined;
    child.on('error', () => {
      failure = new Error('there is no placement-api here: apt install python3-placement');
    });
    stack.defer(() => void child.kill());
    const service = new PlacementService(`http://127.0.0.1:${port}`, stack.move());
    try {
      const answers = async () => {
        if (failure !== undefined) return true;
        return (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined))?.ok === true;
      };
      await until('placement-api answers', answers, {
        timeoutMs: 60_000,
        pause: () => wait(200),
      });
      if (failure !== undefined) throw failure;
      await service.#fill(size);
      return service;
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Its own question for a place: the hosts that have room for one of these, at most that many. */
  candidates(sizes: readonly VmSize[], limit: number): Asks {
    const requests = sizes.map(({ vcpus, memoryMib }) => {
      const query = `resources=VCPU:${vcpus},MEMORY_MB:${memoryMib}&limit=${limit}`;
      return { method: 'GET', path: `/allocation_candidates?${query}` } as const;
    });
    return { url: this.#url, headers, requests };
  }

  async #fill({ hosts, vmsPerHost }: ClusterSize): Promise<void> {
    for (let host = 0; host < hosts; host += 1) {
      const uuid = `33333333-0000-4000-8000-${host.toString(16).padStart(12, '0')}`;
      await this.#send('POST', '/resource_providers', { uuid, name: hostName(host) });
      const body = { resource_provider_generation: 0, inventories };
      await this.#send('PUT', `/resource_providers/${uuid}/inventories`, body);
      const consumers = Array.from({ length: vmsPerHost }, (_, at) => [
        `44444444-0000-4000-8000-${(host * 1_000 + at).toString(16).padStart(12, '0')}`,
        {
          allocations: { [uuid]: { resources } },
          project_id: 'bench',
          user_id: 'bench',
          consumer_generation: null,
        },
      ]);
      await this.#send('POST', '/allocations', Object.fromEntries(consumers));
    }
  }

  async #send(method: string, path: string, body: object): Promise<void> {
    const reply = await fetch(`${this.#url}${path}`, {
      method,
      headers,
      body: JSON.stringify(body),
    });
    if (!reply.ok) throw new Error(`placement-api: ${method} ${path}: ${await reply.text()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack[Symbol.asyncDispose]();
  }
}
