/**
 * What the agent tells monitoring: /metrics, /healthz, /readyz. VM metrics have the names of the widely used
 * libvirt exporter, so that its dashboards work.
 */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AgentCommand, AgentMessage } from '@drover/protocol';
import { collectDefaultMetrics, Counter, Gauge, Registry } from '@prometheus-io/client';
import type { JobEnded } from './storage/storage-jobs.ts';
import type { SeenVm } from './vm-looker.ts';

export interface AgentInfo {
  readonly hostId: string;
  readonly accelerator: string;
  readonly acceleratorReason: string;
}

export interface Health {
  /** What is missing for the agent to do its work; empty: ready. */
  readonly missing: () => readonly string[];
}

/** Kinds of commands whose results are still to come. */
const openKindsMax = 1_024;

export class Metrics {
  readonly registry = new Registry();
  readonly #kinds = new Map<string, string>();
  readonly #info = this.#gauge('drover_agent_info', 'What this agent is.', [
    'host',
    'accelerator',
    'reason',
  ]);
  readonly #epoch = this.#gauge('drover_agent_epoch', 'Highest epoch on disk.');
  readonly #commands = new Counter({
    name: 'drover_agent_commands_total',
    help: 'Commands by kind and by how they were answered.',
    labelNames: ['kind', 'outcome'],
    registers: [this.registry],
  });
  readonly #malformed = new Counter({
    name: 'drover_agent_malformed_commands_total',
    help: 'Messages dropped since they were no commands.',
    registers: [this.registry],
  });
  readonly #refusals = new Counter({
    name: 'drover_agent_tunnel_refusals_total',
    help: 'What tunnels of migrations have refused, by reason.',
    labelNames: ['side', 'reason'],
    registers: [this.registry],
  });
  readonly #jobs = this.#gauge('drover_agent_storage_jobs', 'Storage jobs under way.', ['kind']);
  readonly #jobsEnded = new Counter({
    name: 'drover_agent_storage_jobs_total',
    help: 'Storage jobs that have ended, by how.',
    labelNames: ['kind', 'outcome'],
    registers: [this.registry],
  });
  readonly #jobBytes = new Counter({
    name: 'drover_agent_storage_bytes_total',
    help: 'Bytes that storage jobs got through.',
    labelNames: ['kind'],
    registers: [this.registry],
  });
  readonly #certificateUntil = this.#gauge(
    'drover_agent_certificate_valid_until_seconds',
    'When the certificate runs out, in seconds since 1970.',
    ['use'],
  );
  readonly #libvirtUp = this.#gauge('libvirt_up', 'Whether libvirt answers.');
  readonly #cpuSeconds = new Counter({
    name: 'libvirt_domain_info_cpu_time_seconds_total',
    help: 'Time that the VM’s processors ran.',
    labelNames: ['domain'],
    registers: [this.registry],
  });
  readonly #vcpus = this.#domainGauge('libvirt_domain_info_virtual_cpus', 'Processors of the VM.');
  readonly #memoryMax = this.#domainGauge(
    'libvirt_domain_info_maximum_memory_bytes',
    'Memory that the VM may have.',
  );
  readonly #memoryUsed = this.#domainGauge(
    'libvirt_domain_info_memory_usage_bytes',
    'Memory of the host that the VM uses.',
  );
  readonly #running = this.#domainGauge(
    'libvirt_domain_info_vstate',
    '1: it runs; 3: paused; 5: off.',
  );

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  #gauge(name: string, help: string, labelNames: readonly string[] = []) {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  #domainGauge(name: string, help: string) {
    return this.#gauge(name, help, ['domain']);
  }

  told(message: AgentMessage): void {
    if (message.kind === 'heartbeat') this.#epoch.set(Number(message.body.maxEpoch));
    if (message.kind !== 'result') return;
    const { opId, step, outcome } = message.body.result;
    const kind = this.#kinds.get(`${opId}/${step}`) ?? 'earlier';
    this.#commands.inc({ kind, outcome });
    if (outcome !== 'begun') this.#kinds.delete(`${opId}/${step}`);
  }

  commanded(command: AgentCommand): void {
    if (command.body.kind === 'sync') {
      this.#commands.inc({ kind: 'sync', outcome: 'heard' });
      return;
    }
    this.#kinds.set(`${command.opId}/${command.step}`, command.body.kind);
    for (const oldest of this.#kinds.keys()) {
      if (this.#kinds.size <= openKindsMax) return;
      this.#kinds.delete(oldest);
    }
  }

  malformed(): void {
    this.#malformed.inc();
  }

  refused({ side, reason }: { readonly side: string; readonly reason: string }): void {
    this.#refusals.inc({ side, reason });
  }

  jobBegan(kind: string): void {
    this.#jobs.inc({ kind });
  }

  jobEnded({ kind, outcome, bytes }: JobEnded): void {
    this.#jobs.dec({ kind });
    this.#jobsEnded.inc({ kind, outcome });
    this.#jobBytes.inc({ kind }, bytes);
  }

  certified(use: string, untilMs: number): void {
    this.#certificateUntil.set({ use }, Math.floor(untilMs / 1_000));
  }

  libvirt(up: boolean): void {
    this.#libvirtUp.set(up ? 1 : 0);
  }

  saw(info: AgentInfo, vms: readonly SeenVm[]): void {
    this.#info.reset();
    const { hostId: host, accelerator, acceleratorReason: reason } = info;
    this.#info.set({ host, accelerator, reason }, 1);
    for (const metric of [this.#cpuSeconds, this.#vcpus, this.#memoryMax, this.#memoryUsed]) {
      metric.reset();
    }
    this.#running.reset();
    for (const vm of vms) {
      const labels = { domain: vm.name };
      this.#cpuSeconds.inc(labels, vm.cpuTimeSeconds);
      this.#vcpus.set(labels, vm.vcpus);
      this.#memoryMax.set(labels, vm.memoryMib * 1024 * 1024);
      this.#memoryUsed.set(labels, vm.rssMib * 1024 * 1024);
      this.#running.set(labels, vm.state === 'running' ? 1 : vm.state.startsWith('paused') ? 3 : 5);
    }
  }
}

/** Serves until closed. Rejects where the address is taken. */
export async function serveMetrics(
  at: { readonly host: string; readonly port: number },
  metrics: Metrics,
  health: Health,
): Promise<Server> {
  const server = createServer((request, response) => {
    void answer(request.url ?? '', response, metrics, health);
  });
  server.requestTimeout = 10_000;
  server.maxConnections = 64;
  server.listen(at.port, at.host);
  await once(server, 'listening');
  return server;
}

async function answer(
  url: string,
  response: ServerResponse,
  metrics: Metrics,
  health: Health,
): Promise<void> {
  const say = (status: number, text: string, type = 'text/plain; charset=utf-8') => {
    response.writeHead(status, { 'content-type': type }).end(text);
  };
  switch (url.split('?')[0] ?? '') {
    case '/metrics':
      return say(200, await metrics.registry.metrics(), metrics.registry.contentType);
    case '/healthz':
      return say(200, 'ok\n');
    case '/readyz': {
      const missing = health.missing();
      return missing.length === 0 ? say(200, 'ready\n') : say(503, `${missing.join('\n')}\n`);
    }
    default:
      return say(404, 'there are /metrics, /healthz and /readyz\n');
  }
}
