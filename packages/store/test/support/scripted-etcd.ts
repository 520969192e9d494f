/** An etcd that answers what a test wants, over real gRPC: what it is asked is kept, and nothing is done. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

/** A message as the .proto has it: numbers of 64 bits are text, bytes are buffers. */
export type Message = Readonly<Record<string, unknown>>;
type Duplex = ServerDuplexStream<Message, Message>;

export interface Script {
  /** An answer, an error's code, or nothing: it is never answered. */
  readonly unary: (method: string, request: Message) => Message | number | undefined;
  readonly watch?: (stream: Duplex) => void;
  readonly keepAlive?: (stream: Duplex) => void;
}

const unaryMethods = ['Range', 'Put', 'DeleteRange', 'Txn', 'LeaseGrant', 'LeaseRevoke'] as const;

export class ScriptedEtcd implements AsyncDisposable {
  readonly #server = new Server();
  readonly #asked: { readonly method: string; readonly request: Message }[] = [];
  url = '';

  static async start(script: Script): Promise<ScriptedEtcd> {
    const etcd = new ScriptedEtcd(script);
    const port = await new Promise<number>((resolve, reject) => {
      etcd.#server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    etcd.url = `http://127.0.0.1:${port}`;
    return etcd;
  }

  private constructor(script: Script) {
    const { KV, Watch, Lease } = services();
    const unary =
      (method: string) =>
      ({ request }: ServerUnaryCall<Message, Message>, answer: sendUnaryData<Message>) => {
        this.#asked.push({ method, request });
        const reply = script.unary(method, request);
        if (typeof reply === 'number') answer({ code: reply, details: 'scripted' });
        else if (reply !== undefined) answer(null, reply);
      };
    const methods = Object.fromEntries(unaryMethods.map((name) => [name, unary(name)]));
    const refuse = (stream: Duplex) => stream.destroy();
    this.#server.addService(KV, methods);
    this.#server.addService(Watch, { Watch: script.watch ?? refuse });
    this.#server.addService(Lease, { ...methods, LeaseKeepAlive: script.keepAlive ?? refuse });
  }

  times(method: string): number {
    return this.#asked.filter((one) => one.method === method).length;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
    return Promise.resolve();
  }
}

export const header = (revision: number): Message => ({ revision: String(revision) });

/** etcd's answers that say nothing about whether it was done. */
export const maybeDone = {
  unavailable: status.UNAVAILABLE,
  'deadline exceeded': status.DEADLINE_EXCEEDED,
  internal: status.INTERNAL,
  unknown: status.UNKNOWN,
} as const;

function services(): Record<'KV' | 'Watch' | 'Lease', ServiceDefinition> {
  const folder = join(
    dirname(createRequire(import.meta.url).resolve('etcd3/package.json')),
    'proto',
  );
  const definition = loadSync(join(folder, 'rpc.proto'), {
    includeDirs: [folder],
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
    keepCase: true,
  });
  const loaded = loadPackageDefinition(definition)['etcdserverpb'] as unknown as Record<
    'KV' | 'Watch' | 'Lease',
    { readonly service: ServiceDefinition }
  >;
  return {
    KV: loaded.KV.service,
    Watch: loaded.Watch.service,
    Lease: loaded.Lease.service,
  };
}
