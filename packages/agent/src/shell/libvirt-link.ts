/**
 * The agent's way to its libvirt, kept up for ever. Says when libvirt comes and goes; what was missed in
 * between is for the listener to look at.
 */
import { DroverError } from '@drover/protocol';
import {
  ConnectionPool,
  type EventOf,
  Libvirt,
  openConnection,
  type PoolStatus,
} from 'node-libvirt';

export type LinkEvent = EventOf<'lifecycle' | 'jobCompleted' | 'migrationIteration' | 'reboot'>;

export interface LibvirtLinkOptions {
  readonly socketPath: string;
  readonly onState: (state: 'connected' | 'disconnected') => void;
  readonly warn: (text: string) => void;
}

export class LibvirtLink implements AsyncDisposable {
  readonly #options: LibvirtLinkOptions;
  readonly #listeners = new Set<(event: LinkEvent) => void>();
  readonly #pool: ConnectionPool;
  readonly #libvirt: Libvirt;
  #connected = false;
  #stopped = false;
  #told = '';
  #waiting: (() => void)[] = [];

  constructor(options: LibvirtLinkOptions) {
    this.#options = options;
    const { socketPath } = options;
    this.#pool = new ConnectionPool((signal) => openConnection({ socketPath, signal }), {
      // An order has to fail, or a look to say so, while libvirt is away; not to wait.
      waitMs: 0,
      onStatus: (status) => this.#onStatus(status),
    });
    this.#libvirt = new Libvirt(this.#pool);
    void this.#listen();
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Throws `hypervisor-unreachable`. */
  get libvirt(): Libvirt {
    if (this.#connected) return this.#libvirt;
    const message = 'libvirt cannot be reached: it is being connected to again';
    throw new DroverError('hypervisor-unreachable', message);
  }

  /** Resolves at the next moment of being connected; rejects when the agent ends. */
  async whenConnected(): Promise<void> {
    while (!this.#connected) {
      this.#checkRunning();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
    this.#checkRunning();
  }

  /** Each event while connected; after a reconnect, look instead of waiting for what has passed. */
  onEvent(listener: (event: LinkEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Registered before the first connection, so that none counts as up without it. */
  async #listen(): Promise<void> {
    try {
      const names = ['lifecycle', 'jobCompleted', 'migrationIteration', 'reboot'] as const;
      await this.#pool.listen(names, (event) => {
        if (event.name === 'resync') return;
        for (const listener of this.#listeners) listener(event);
      });
    } catch (error) {
      if (!this.#stopped) this.#options.warn(`libvirt: ${String(error)}`);
    }
  }

  #onStatus(status: PoolStatus): void {
    const connected = status.state === 'connected';
    const text = status.error?.message ?? '';
    if (text !== '' && text !== this.#told) this.#options.warn(`libvirt: ${text}`);
    this.#told = text;
    if (connected === this.#connected) return;
    this.#connected = connected;
    if (connected) this.#wakeWaiting();
    this.#options.onState(status.state);
  }

  #checkRunning(): void {
    if (this.#stopped) throw new DroverError('hypervisor-unreachable', 'the agent ends');
  }

  #wakeWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#wakeWaiting();
    await this.#pool.close();
  }
}
