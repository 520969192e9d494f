/** `drover-agent join TOKEN`: makes this machine a host of the cluster that the token is of. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { connectBus } from '@drover/bus';
import { decodeJoinToken } from '@drover/join';
import { agentName, DroverError, namePattern } from '@drover/protocol';
import { askToJoin } from './ask.ts';
import { JoinFiles } from './files.ts';

const usage = `drover agent: makes this machine a host of a cluster

  main.ts join TOKEN [--host NAME] [--config FILE] [--migration-address ADDRESS]
  main.ts join --token-file FILE …

  TOKEN                 what “drover join-token create” said; it is good once
  --token-file FILE     the token from a file, or - for standard input: a command
                        line is seen by everybody on this machine
  --host NAME           what the host is called in the cluster; this machine's
                        name, unless said
  --config FILE         the agent's configuration, /etc/drover/agent.yaml unless
                        said. Made where there is none; one that is there stays
                        as it is, and gets a new key
  --migration-address ADDRESS
                        where other hosts send VMs to; the address that the API
                        is reached from, unless said
  --help                this text

Its key is made here and goes nowhere. Exit status: 0 joined, 1 not, 2 wrong use.
`;

export interface JoinOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly readToken: (path: string) => string;
}

/** Of NATS, whose scheduler may be changing just then. */
const admissionMs = 20_000;

/** Returns the exit status. */
export async function joinCommand(args: readonly string[], output: JoinOutput): Promise<number> {
  const { out, err } = output;
  try {
    const parsed = parseFlags(args);
    if (parsed === 'help') {
      out(usage);
      return 0;
    }
    if (parsed === undefined) {
      err(usage);
      return 2;
    }
    return await joinCluster(parsed, output);
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    err(`${error.code}: ${error.message}\n`);
    return error.code === 'bad-request' ? 2 : 1;
  }
}

interface Flags {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly host?: string;
  readonly config: string;
  readonly migrationAddress?: string;
}

function parseFlags(args: readonly string[]): Flags | 'help' | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        host: { type: 'string' },
        config: { type: 'string', default: '/etc/drover/agent.yaml' },
        'token-file': { type: 'string' },
        'migration-address': { type: 'string' },
        help: { type: 'boolean' },
      },
    });
    if (values.help) return 'help';
    const { 'token-file': tokenFile, 'migration-address': migrationAddress, host, config } = values;
    const [token, ...more] = positionals;
    if (more.length > 0 || (token === undefined) === (tokenFile === undefined)) return undefined;
    return {
      config,
      ...(token === undefined ? {} : { token }),
      ...(tokenFile === undefined ? {} : { tokenFile }),
      ...(host === undefined ? {} : { host }),
      ...(migrationAddress === undefined ? {} : { migrationAddress }),
    };
  } catch (error) {
    throw new DroverError('bad-request', `${(error as Error).message}; see --help`);
  }
}

async function joinCluster(flags: Flags, { out, err, readToken }: JoinOutput): Promise<number> {
  const token = decodeJoinToken(flags.token ?? readToken(flags.tokenFile ?? '-'));
  const files = JoinFiles.at(flags.config);
  const host = hostOf(flags.host, files);
  const { publicKey, seed } = files.newKey();
  let accepted;
  try {
    accepted = await askToJoin(token, host, publicKey);
  } catch (error) {
    if (error instanceof DroverError && error.code === 'join-refused') files.forgetNewKey();
    throw error;
  }
  const { natsServers, localAddress } = accepted;
  const address = flags.migrationAddress ?? localAddress;
  files.keep(host, natsServers, address);
  out(`joined as ${host}\n`);
  out(`  configuration  ${files.configPath}${files.configuredHost ? ' (as it was)' : ''}\n`);
  out(`  key            ${files.seedPath}\n`);
  if (files.configuredHost === undefined) {
    const how = flags.migrationAddress === undefined ? ' (as the API is reached from here)' : '';
    out(`  VMs come to    ${address}${how}\n`);
  }
  const why = await notAdmitted(host, natsServers, seed);
  if (why !== undefined) {
    err(
      `NATS does not let this host in yet: ${why}\n` +
        'It has joined, and its agent goes on trying. Does NATS ask the schedulers (auth_callout), and\n' +
        'does one of them lead? See docs/join.md.\n',
    );
    return 1;
  }
  out('  NATS           lets it in\n');
  out(`Start its agent:  ${startingAgent()}\n`);
  return 0;
}

function hostOf(said: string | undefined, { configuredHost, configPath }: JoinFiles): string {
  const host = said ?? configuredHost ?? hostname().split('.')[0]?.toLowerCase() ?? '';
  if (configuredHost !== undefined && configuredHost !== host) {
    const message = `${configPath} is of host ${configuredHost}; leave --host out, or name another --config`;
    throw new DroverError('bad-request', message);
  }
  if (new RegExp(namePattern).test(host)) return host;
  throw new DroverError(
    'bad-request',
    `“${host}” is no name for a host; say one such as --host h4`,
  );
}

/** Nothing: it is let in. */
async function notAdmitted(
  host: string,
  servers: readonly string[],
  nkeySeed: string,
): Promise<string | undefined> {
  await using bus = connectBus({ servers, name: agentName(host), nkeySeed });
  const { promise, resolve } = Promise.withResolvers<void>();
  bus.onStatus((state) => {
    if (state === 'connected') resolve();
  });
  const late = setTimeout(resolve, admissionMs);
  await promise;
  clearTimeout(late);
  return bus.state === 'connected' ? undefined : (bus.stats.lastError ?? 'it does not answer');
}

function startingAgent(): string {
  const hasUnit = existsSync('/etc/systemd/system/drover-agent.service');
  return hasUnit ? 'systemctl enable --now drover-agent' : 'see deploy/systemd/README.md';
}
