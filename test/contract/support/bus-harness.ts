/**
 * What the bus' contract needs of NATS, from the fake and from the real one: clients with identities, and
 * a server that can go away. The real one is configured from protocol's table of permissions.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { type Bus, connectBus } from '@drover/bus';
import { createFakeBus, type FakeBus } from '@drover/bus/testing';
import { createNkey } from '@drover/join';
import { type BusIdentity, inboxPrefix, natsPermissions, wireLimits } from '@drover/protocol';
import { startNats } from './real-servers.ts';

export const identities = {
  scheduler: { role: 'scheduler' },
  api: { role: 'api' },
  h1: { role: 'agent', hostId: 'h1' },
  h2: { role: 'agent', hostId: 'h2' },
} as const satisfies Readonly<Record<string, BusIdentity>>;
export type Who = keyof typeof identities;

export interface BusHarness extends AsyncDisposable {
  connect(who: Who): Bus;
  /** Everything sent so far has arrived, or never will. */
  settle(): Promise<void>;
  pass(ms: number): Promise<void>;
  setDown(down: boolean): Promise<void>;
  /** The server's process stops, but its connections stay open. */
  setHung(hung: boolean): Promise<void>;
}

export function fakeBusHarness(): BusHarness {
  const hub = createFakeBus();
  const clients: FakeBus[] = [];
  let online = true;
  const setOnline = async (value: boolean) => {
    online = value;
    for (const client of clients) client.setOnline(online);
    await hub.settle();
  };
  return {
    connect: (who) => {
      const client = hub.connect(identities[who]);
      client.setOnline(online);
      clients.push(client);
      return client;
    },
    settle: () => hub.settle(),
    pass: (ms) => wait(ms),
    setDown: (down) => setOnline(!down),
    setHung: (hung) => setOnline(!hung),
    async [Symbol.asyncDispose]() {
      for (const client of clients) await client[Symbol.asyncDispose]();
    },
  };
}

export async function realBusHarness(): Promise<BusHarness> {
  const keys = new Map(Object.keys(identities).map((who) => [who as Who, createNkey()]));
  const open = new AsyncDisposableStack();
  const server = open.use(
    await startNats({
      max_payload: 1024 * 1024,
      authorization: {
        users: Object.entries(identities).map(([who, identity]) => {
          const { publish, subscribe } = natsPermissions(identity);
          const permissions = { publish: { allow: publish }, subscribe: { allow: subscribe } };
          return { nkey: keys.get(who as Who)?.publicKey, permissions };
        }),
      },
    }),
  );
  const connect = (who: Who) => {
    const prefix = who === 'api' || who === 'scheduler' ? { inboxPrefix: inboxPrefix[who] } : {};
    const nkeySeed = keys.get(who)?.seed ?? '';
    return open.use(connectBus({ servers: [server.url], name: who, nkeySeed, ...prefix }));
  };
  return {
    connect,
    // A round trip of its own takes longer than what was sent before it by others; 150 ms is ample.
    settle: () => wait(150),
    pass: (ms) => wait(ms),
    setDown: (down) => (down ? server.kill() : server.start()),
    setHung: (hung) => (hung ? server.pause() : server.resume()),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

export const tooLong = 'x'.repeat(wireLimits.messageBytes + 1);
