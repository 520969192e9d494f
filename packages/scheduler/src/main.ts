#!/usr/bin/env node
/**
 * A scheduler: campaigns, and while it leads, feeds the logic and performs what it says. When it no longer
 * leads, or cannot know, the process ends; whoever supervises it starts it again as a candidate.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { connectBus } from '@drover/bus';
import { DroverError, inboxPrefix } from '@drover/protocol';
import { connectStore } from '@drover/store';
import { type Logger, pino } from 'pino';
import { openAdmission } from './shell/admit.ts';
import { openCertifier } from './shell/certify.ts';
import { readConfig, type SchedulerConfig } from './shell/config.ts';
import { Metrics, serveMetrics } from './shell/metrics.ts';
import { serveOffice } from './shell/office.ts';

const usage = `drover scheduler: places VMs, moves them, empties hosts; one of several leads

  main.ts --config FILE

  --config FILE   YAML: instanceId, etcd.endpoints, nats.servers, nats.nkeySeedFile, authority, join,
                  migration, metrics, leaseSeconds
  --help          this text
`;

async function run(config: SchedulerConfig, log: Logger): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const certifier = await openCertifier(config.authority);
  const admission = await openAdmission(config.join);
  const metrics = new Metrics();
  const store = stack.use(connectStore({ endpoints: config.etcd.endpoints }));
  const seedFile = config.nats.nkeySeedFile;
  const bus = stack.use(
    connectBus({
      servers: config.nats.servers,
      name: config.instanceId,
      inboxPrefix: inboxPrefix.scheduler,
      ...(seedFile === undefined ? {} : { nkeySeed: readFileSync(seedFile, 'utf8').trim() }),
    }),
  );
  if (config.metrics) {
    const missing = () => (bus.state === 'connected' ? [] : ['NATS']);
    const server = await serveMetrics(config.metrics, metrics, missing);
    stack.defer(() => {
      server.close();
      server.closeAllConnections();
    });
  }
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => stopping.abort(new Error(`ended by ${signal}`)));
  }
  await serveOffice({
    config,
    ...(certifier ? { certifier } : {}),
    ...(admission ? { admission } : {}),
    log,
    metrics,
    store,
    bus,
    stopping: stopping.signal,
  });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { config: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help || values.config === undefined) {
    process.stdout.write(usage);
    return values.help ? 0 : 2;
  }
  const log = pino({ name: 'drover-scheduler' }, pino.destination({ dest: 1, sync: true }));
  process.on('unhandledRejection', (error) => {
    log.fatal(error, 'a promise failed that nobody waited for');
    process.exit(1);
  });
  try {
    await run(readConfig(values.config), log);
    return 0;
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    log.error(`${error.code}: ${error.message}`);
    return 1;
  }
}

process.exit(await main());
