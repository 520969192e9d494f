/**
 * The agent of one host: composes logic and shell, and runs until it is told to end. Its end touches no VM
 * and no migration; the next start goes on from the journal.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connectBus } from '@drover/bus';
import { agentName, DroverError, subjects } from '@drover/protocol';
import { pino } from 'pino';
import { createAgent } from './logic/index.ts';
import { hostClock } from './shell/clock.ts';
import { readConfig, type AgentConfig } from './shell/config.ts';
import { joinCommand } from './shell/join/command.ts';
import { HostCertificates } from './shell/host-certificates.ts';
import { Hypervisor, type Look } from './shell/hypervisor.ts';
import { openJournal } from './shell/journal-file.ts';
import { Metrics, serveMetrics } from './shell/metrics.ts';
import { MigrationTls } from './shell/migration-tls.ts';
import { Performer, type Log } from './shell/perform.ts';
import { holdAlone } from './shell/single-process.ts';
import { openUsage } from './shell/usage-file.ts';
import { Watcher } from './shell/watcher.ts';

const usage = `drover agent: one per host, does what the scheduler asks and reports what is true

  main.ts --config FILE
  main.ts join TOKEN      makes this machine a host of a cluster; join --help

  --config FILE   YAML; what may stand there is in docs/join.md
  --help          this text
`;

const commandsWaiting = 256;

async function run(config: AgentConfig, log: Log): Promise<void> {
  await mkdir(config.stateDir, { recursive: true });
  // QEMU may run as another user and must reach the probe's image below; everything else below is 0600.
  await chmod(config.stateDir, 0o711);
  await using stack = new AsyncDisposableStack();
  stack.use(await holdAlone(config.stateDir));
  const warn = (text: string) => log.warn(text);
  const journal = stack.use(await openJournal(join(config.stateDir, 'journal'), { warn }));
  const usageFile = stack.use(await openUsage(join(config.stateDir, 'usage'), { warn }));
  const metrics = new Metrics();
  const seedFile = config.nats.nkeySeedFile;
  const bus = stack.use(
    connectBus({
      servers: config.nats.servers,
      name: agentName(config.hostId),
      ...(seedFile === undefined ? {} : { nkeySeed: readFileSync(seedFile, 'utf8').trim() }),
    }),
  );
  const { stateDir, hostId, addresses, libvirt } = config;
  const migrationTls = new MigrationTls({ stateDir, qemuConf: libvirt.qemuConf });
  await migrationTls.prepare();
  // Nobody looks yet while those that were kept are read.
  let changed = () => {};
  const certificates = stack.use(
    await HostCertificates.open({
      hostId,
      address: addresses.migration,
      stateDir,
      bus,
      log,
      clock: hostClock,
      onCertificate: async (use, held) => {
        metrics.certified(use, held.untilMs);
        if (use === 'memory') await migrationTls.write(held);
        changed();
      },
    }),
  );
  let libvirtUp = false;
  const hypervisor = stack.use(
    new Hypervisor({
      config,
      onState: (state) => {
        libvirtUp = state === 'connected';
        metrics.libvirt(libvirtUp);
        performer.feed({ type: 'hypervisor', state });
      },
      onProgress: (progress) => performer.feed({ type: 'migration-progress', progress }),
      storage: {
        onProgress: (progress) => performer.feed({ type: 'storage-progress', progress }),
        onBegan: (kind) => metrics.jobBegan(kind),
        onEnded: (ended) => metrics.jobEnded(ended),
      },
      onChange: () => watcher.change(),
      warn,
      identity: () => certificates.get('tunnel'),
      migrationTls: () => migrationTls.able(),
      onRefusal: (refusal) => {
        metrics.refused(refusal);
        const { opId, side, reason, message } = refusal;
        log.warn(`tunnel-refused: ${opId}, its ${side}’s end, ${reason}: ${message}`);
      },
    }),
  );
  const watcher = stack.use(
    new Watcher<Look>({
      look: () => hypervisor.look(),
      onLook: ({ observed, vms }, answers) => {
        metrics.saw({ hostId: config.hostId, ...observed.facts }, vms);
        performer.feed({ ...observed, answers });
      },
      warn,
    }),
  );
  changed = () => watcher.change();
  const performer = stack.use(
    new Performer({
      hostId: config.hostId,
      logic: createAgent({ hostId: config.hostId }),
      journal,
      usage: usageFile,
      hypervisor,
      bus,
      observe: (id) => watcher.ask(id),
      onMessage: (message) => metrics.told(message),
      onCommand: (command) => metrics.commanded(command),
      onMalformed: () => metrics.malformed(),
      log,
    }),
  );
  if (config.metrics) {
    const missing = () => [
      ...(bus.state === 'connected' ? [] : ['NATS']),
      ...(libvirtUp ? [] : ['libvirt']),
    ];
    const server = await serveMetrics(config.metrics, metrics, { missing });
    stack.defer(() => {
      server.close();
      server.closeAllConnections();
    });
  }
  const { records } = journal;
  const { minutes } = usageFile;
  performer.feed({ type: 'started', incarnation: randomUUID(), records, usage: minutes });
  bus.subscribe(subjects.command(config.hostId), (text) => performer.receive(text), {
    queueLimit: commandsWaiting,
    onOverflow: 'drop-newest',
  });
  bus.onStatus((state) => performer.feed({ type: 'bus', state }));
  log.info(`agent of ${config.hostId} runs, ${records.length} journal records read`);
  await ended();
  log.info('ending; VMs and migrations go on');
}

function ended(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  return promise;
}

async function main(): Promise<number> {
  const [verb, ...args] = process.argv.slice(2);
  if (verb === 'join') {
    return joinCommand(args, {
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
      readToken: (path) => readFileSync(path === '-' ? 0 : path, 'utf8'),
    });
  }
  const { values } = parseArgs({
    options: { config: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help || values.config === undefined) {
    process.stdout.write(usage);
    return values.help ? 0 : 2;
  }
  const log = pino({ name: 'drover-agent' }, pino.destination({ dest: 1, sync: true }));
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
