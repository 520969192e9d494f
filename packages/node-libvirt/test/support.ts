/**
 * Waiting for a condition with a deadline, values that many tests need, and a client on a fake daemon.
 */
import {
  type Connection,
  type ConnectOptions,
  type DomainRef,
  Libvirt,
  openConnection,
} from '../src/index.ts';
import { FakeDaemon, type FakeDaemonOptions, type Handlers } from '../src/testing/index.ts';

export const dom: DomainRef = {
  name: 'vm-1',
  uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f',
  id: 7,
};

export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export interface Lab extends AsyncDisposable {
  readonly daemon: FakeDaemon;
  readonly connection: Connection;
  readonly libvirt: Libvirt;
}

/** A connected client; keepalive off unless the test is about it. */
export async function openLab(
  handlers: Handlers = {},
  client: ConnectOptions = {},
  options: FakeDaemonOptions = {},
): Promise<Lab> {
  const daemon = new FakeDaemon(handlers, options);
  const transport = daemon.open();
  const connection = await openConnection({ transport, keepalive: false, ...client });
  return {
    daemon,
    connection,
    libvirt: new Libvirt(connection),
    async [Symbol.asyncDispose]() {
      connection.destroy('closed');
      await daemon[Symbol.asyncDispose]();
    },
  };
}

/** A handler's promise that the test settles, or never does. */
export class Gate<T> {
  readonly promise: Promise<T>;
  readonly open: (value: T) => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<T>();
    this.promise = promise;
    this.open = resolve;
  }
}

/** What a function throws, or `undefined`. */
export function thrownBy(attempt: () => unknown): unknown {
  try {
    attempt();
  } catch (error) {
    return error;
  }
  return undefined;
}

export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('was expected to reject');
}
