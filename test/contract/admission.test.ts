/**
 * Who a real nats-server lets in when it asks the scheduler: hosts that joined, with the key they joined with, as
 * themselves alone.
 */
import { type Bus, connectBus } from '@drover/bus';
import { createIssuer, createNkey, type Nkey } from '@drover/join';
import { agentName, inboxPrefix, keys, natsPermissions, subjects } from '@drover/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { serveAdmission } from '../../packages/scheduler/src/shell/admit.ts';
import { type RealServer, startNats } from './support/real-servers.ts';
import { until } from './support/until.ts';

const issuer = createIssuer();
const scheduler = createNkey();
const named = createNkey();
const userOf = (nkey: Nkey, identity: Parameters<typeof natsPermissions>[0]) => {
  const { publish, subscribe } = natsPermissions(identity);
  return { nkey: nkey.publicKey, permissions: { publish, subscribe } };
};

let server: RealServer;
let open: AsyncDisposableStack;
let asked: Bus;
let log: string[];
/** What etcd has. */
let joined: Map<string, string>;

beforeAll(async () => {
  server = await startNats({
    authorization: {
      timeout: 3,
      users: [
        userOf(scheduler, { role: 'scheduler' }),
        userOf(named, { role: 'agent', hostId: 'h1' }),
      ],
      auth_callout: {
        issuer: issuer.publicKey,
        auth_users: [scheduler.publicKey, named.publicKey],
      },
    },
  });
});
afterAll(async () => server?.stop());

beforeEach(async () => {
  open = new AsyncDisposableStack();
  joined = new Map();
  log = [];
  asked = open.use(
    connectBus({
      servers: [server.url],
      name: 'scheduler1',
      nkeySeed: scheduler.seed,
      inboxPrefix: inboxPrefix.scheduler,
    }),
  );
  await until('the scheduler is connected', () => asked.state === 'connected');
});
afterEach(async () => open.disposeAsync());

const join = (host: string, { publicKey }: Nkey) => {
  const record = { v: 1, host, publicKey, tokenId: crypto.randomUUID(), by: 'anna', atMs: 1 };
  joined.set(keys.hostKey(host), JSON.stringify(record));
};
const answerQuestions = () => {
  const store = {
    get: async (key: string) => {
      const value = joined.get(key);
      const entry = value === undefined ? undefined : { key, value, modRevision: 1 };
      return { revision: 1, ...(entry === undefined ? {} : { entry }) } as never;
    },
  };
  const note = (text: string) => void log.push(text);
  return open.use(
    serveAdmission(asked, store, { issuerSeed: issuer.seed }, { info: note, warn: note } as never),
  );
};
const connectAs = (name: string, seed?: string) =>
  open.use(
    connectBus({ servers: [server.url], name, ...(seed === undefined ? {} : { nkeySeed: seed }) }),
  );
const stateOnceIn = async (bus: Bus) => {
  await until('it is let in', () => bus.state === 'connected');
  return bus.state;
};
/** What the scheduler wrote down about it. */
const refusalOf = async (bus: Bus) => {
  await until('it is refused', () => bus.stats.lastError?.includes('Authorization Violation'));
  await until('the reason is told', () => log.length > 0);
  expect(bus.state).toBe('disconnected');
  return log.join('\n');
};

describe('a host that has joined', () => {
  it('is let in, and heard as itself and as nobody else', async () => {
    answerQuestions();
    const key = createNkey();
    join('h4', key);
    const heard: string[] = [];
    asked.subscribe(subjects.allAgents(), (text, from) => void heard.push(`${from} ${text}`), {
      queueLimit: 10,
      onOverflow: 'drop-oldest',
    });
    const h4 = connectAs(agentName('h4'), key.seed);
    expect(await stateOnceIn(h4)).toBe('connected');
    h4.publish(subjects.agent('h1', 'heartbeat'), 'forged');
    await until('NATS does not permit it', () => h4.stats.permissionViolations === 1);
    h4.publish(subjects.agent('h4', 'heartbeat'), 'true');
    await until('it is heard', () => heard.length > 0);
    expect(heard).toEqual([`${subjects.agent('h4', 'heartbeat')} true`]);
  });

  it('hears its own commands, and no other host’s', async () => {
    answerQuestions();
    const key = createNkey();
    join('h4', key);
    const h4 = connectAs(agentName('h4'), key.seed);
    const heard: string[] = [];
    const limits = { queueLimit: 10, onOverflow: 'drop-oldest' } as const;
    h4.subscribe(subjects.command('h1'), (text) => void heard.push(text), limits);
    h4.subscribe(subjects.command('h4'), (text) => void heard.push(text), limits);
    expect(await stateOnceIn(h4)).toBe('connected');
    await until('NATS does not permit it', () => h4.stats.permissionViolations > 0);
    asked.publish(subjects.command('h1'), 'another’s');
    asked.publish(subjects.command('h4'), 'its own');
    await until('it hears', () => heard.length > 0);
    expect(heard).toEqual(['its own']);
  });

  it('is let in by itself once somebody answers', async () => {
    const key = createNkey();
    join('h4', key);
    const h4 = connectAs(agentName('h4'), key.seed);
    await until('it is refused', () => h4.stats.lastError !== undefined);
    answerQuestions();
    expect(await stateOnceIn(h4)).toBe('connected');
  });
});

describe('who has not joined', () => {
  it('is not let in, and is once it has', async () => {
    answerQuestions();
    const key = createNkey();
    const h4 = connectAs(agentName('h4'), key.seed);
    expect(await refusalOf(h4)).toContain('h4 has not joined');
    join('h4', key);
    expect(await stateOnceIn(h4)).toBe('connected');
  });

  it('is not let in as a host that has, whose key it does not have', async () => {
    answerQuestions();
    join('h4', createNkey());
    expect(await refusalOf(connectAs(agentName('h4'), createNkey().seed))).toContain('another key');
  });

  it('is not let in under the name of another host than its key is of', async () => {
    answerQuestions();
    const key = createNkey();
    join('h4', key);
    expect(await refusalOf(connectAs(agentName('h5'), key.seed))).toContain('h5 has not joined');
  });

  it('is not let in without a key', async () => {
    answerQuestions();
    join('h4', createNkey());
    expect(await refusalOf(connectAs(agentName('h4')))).toContain('has shown no key');
  });

  it('is not let in as anything but a host', async () => {
    answerQuestions();
    const key = createNkey();
    join('api', key);
    expect(await refusalOf(connectAs('api', key.seed))).toContain('no agent of a host');
  });
});

it('who is named in the configuration is let in without anybody being asked', async () => {
  expect(await stateOnceIn(connectAs(agentName('h1'), named.seed))).toBe('connected');
  expect(log).toEqual([]);
});
