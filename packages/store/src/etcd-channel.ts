/**
 * The connection under etcd3's clients: its pool, with every retry taken out, a deadline put on, and a
 * wait for the connection in front of each call. Only what fails in that wait is `not-sent`; whatever
 * fails later may have reached etcd.
 */
import { Etcd3, type ICallable, type IOptions } from 'etcd3';
import { unavailable } from './etcd.ts';

type Pool = PoolOwner['connections'];
type Host = Pool extends ICallable<infer H> ? H : never;
type HostPolicy = ReturnType<NonNullable<NonNullable<IOptions['faultHandling']>['host']>>;
type Exec = ICallable<Host>['exec'];
type Service = Parameters<Exec>[0];
interface Connection {
  readonly resource: Host;
  readonly client: Parameters<Parameters<Pool['withConnection']>[1]>[0]['client'];
  readonly metadata: Parameters<Parameters<Pool['withConnection']>[1]>[0]['metadata'];
}
type Use<R> = (connection: Connection) => Promise<R> | R;

const grpcOptions = {
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  // A dead connection is noticed within 15 s. etcd closes those that ping more often than every 5 s,
  // and those that ping without a call.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 0,
  'grpc.max_receive_message_length': 64 * 1024 * 1024,
} as const;

const neverAborted = new AbortController().signal;
const noEvent = () => ({ dispose: () => {} });
/** Calls through, once. */
const once: HostPolicy = {
  _altReturn: undefined as never,
  onSuccess: noEvent,
  onFailure: noEvent,
  execute: async (call) => await call({ signal: neverAborted }),
};

class PoolOwner extends Etcd3 {
  /** When a call first found no connection, and none was there since; monotonic ms. */
  #unreadySinceMs: number | undefined;

  get connections() {
    return this.pool;
  }

  ready(): void {
    this.#unreadySinceMs = undefined;
  }

  /**
   * TCP by itself tries at ever longer intervals, and would find a network that is back as late as it was away: a
   * connection that was not made in `patienceMs` is begun anew.
   */
  unready(host: Host, patienceMs: number): void {
    const now = performance.now();
    this.#unreadySinceMs ??= now;
    if (now - this.#unreadySinceMs < patienceMs) return;
    host.resetAllServices();
    this.#unreadySinceMs = now;
  }
}

/** A call of a generated client; its shape is in etcd's .proto, not in TypeScript. */
type UnaryCall = (
  params: unknown,
  metadata: unknown,
  options: unknown,
  done: (error: Error | null, reply: unknown) => void,
) => void;

export class EtcdChannel implements ICallable<Host> {
  readonly callOptionsFactory = undefined;
  /** One pool per endpoint, so that it is we who choose the next one. */
  readonly #owners: readonly PoolOwner[];
  readonly #timeoutMs: number;
  readonly #needsLeader: boolean;
  #preferred = 0;
  #closed = false;

  /**
   * `needsLeader`: a member that does not reach the others ends the streams on it. Otherwise it would keep them, and
   * say nothing on them for as long as it is alone.
   */
  constructor(
    endpoints: readonly string[],
    timeoutMs: number,
    { needsLeader = false }: { readonly needsLeader?: boolean } = {},
  ) {
    this.#timeoutMs = timeoutMs;
    this.#needsLeader = needsLeader;
    this.#owners = endpoints.map(
      (endpoint) =>
        new PoolOwner({
          hosts: endpoint,
          grpcOptions,
          faultHandling: { host: () => once, global: once },
        }),
    );
    if (this.#owners.length === 0) throw new Error('etcd needs an endpoint');
  }

  /** One unary call, sent to one endpoint once. */
  async exec<T>(service: Service, method: string, params: unknown): Promise<T> {
    const deadline = Date.now() + this.#timeoutMs;
    return await this.withConnection(service, async ({ client, metadata, resource }) => {
      const call = (client as unknown as Record<string, UnaryCall>)[method];
      if (!call) throw new Error(`etcd3 has no ${service}.${method}`);
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      call.call(client, params, metadata, { deadline }, (error, reply) =>
        error ? reject(error) : resolve(reply as T),
      );
      return await promise.catch((cause: unknown) => {
        if (cause instanceof Error) this.markFailed(resource, cause);
        throw unavailable('unknown', `etcd did not answer ${method}: ${String(cause)}`, cause);
      });
    });
  }

  /** Hands over a client that is connected, of the first endpoint that can be reached. */
  async withConnection<R>(service: Service, use: Use<R>): Promise<R> {
    if (this.#closed) throw unavailable('not-sent', 'the store was closed');
    const patienceMs = this.#timeoutMs / 2 / this.#owners.length;
    for (let tried = 0; tried < this.#owners.length; tried += 1) {
      const owner = this.#owners[this.#preferred];
      const done = await owner?.connections.withConnection(service, async (connection) => {
        if (!(await isReady(connection.client, patienceMs))) {
          owner.unready(connection.resource, this.#timeoutMs);
          return undefined;
        }
        owner.ready();
        return { result: await use(this.#needsLeader ? withLeader(connection) : connection) };
      });
      if (done) return done.result;
      this.#preferNext();
    }
    throw unavailable('not-sent', 'etcd cannot be reached');
  }

  /** The next call makes a new connection, to the next endpoint. */
  markFailed(resource: Host, error: Error): void {
    this.#owners[0]?.connections.markFailed(resource, error);
    this.#preferNext();
  }

  close(): void {
    this.#closed = true;
    for (const owner of this.#owners) owner.close();
  }

  #preferNext(): void {
    this.#preferred = (this.#preferred + 1) % this.#owners.length;
  }
}

function withLeader(connection: Connection): Connection {
  const metadata = connection.metadata.clone();
  metadata.set('hasleader', 'true');
  return { ...connection, metadata };
}

function isReady(
  client: { waitForReady(deadline: number, done: (error?: Error) => void): void },
  patienceMs: number,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  try {
    client.waitForReady(Date.now() + patienceMs, (error) => resolve(error === undefined));
  } catch {
    // Closed meanwhile.
    resolve(false);
  }
  return promise;
}
