/**
 * The agent's connections to its libvirt, kept up for ever: one for control and events, one for looks and
 * statistics, one more for each long call. Says when libvirt comes and goes; what was missed in between is
 * for the listener to look at.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { DroverError } from '@drover/protocol';
import { connect, type EventOf, type Libvirt } from 'node-libvirt';

export type LinkEvent = EventOf<'lifecycle' | 'jobCompleted'>;

export interface LibvirtLinkOptions {
  readonly socketPath: string;
  readonly onState: (state: 'connected' | 'disconnected') => void;
  readonly warn: (text: string) => void;
}

const firstPauseMs = 200;
const longestPauseMs = 5_000;

export class LibvirtLink implements AsyncDisposable {
  readonly #options: LibvirtLinkOptions;
  readonly #listeners = new Set<(event: LinkEvent) => void>();
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;
  #control: Libvirt | undefined;
  #stats: Promise<Libvirt> | undefined;
  #waiting: (() => void)[] = [];

  constructor(options: LibvirtLinkOptions) {
    this.#options = options;
    this.#running = this.#keepUp();
  }

  get connected(): boolean {
    return this.#control !== undefined;
  }

  /** For short calls. Throws `hypervisor-unreachable`. */
  control(): Libvirt {
    if (!this.#control) throw unreachable('it is being connected to again');
    return this.#control;
  }

  /** For what may take long or hang with storage. Rejects with `hypervisor-unreachable`. */
  async stats(): Promise<Libvirt> {
    const open = (this.#stats ??= this.open());
    try {
      const libvirt = await open;
      if (libvirt.isUsable) return libvirt;
    } catch (error) {
      if (this.#stats === open) this.#stats = undefined;
      throw error;
    }
    if (this.#stats === open) this.#stats = undefined;
    return this.stats();
  }

  /** A connection for one long call; the caller closes it. Rejects with `hypervisor-unreachable`. */
  async open(): Promise<Libvirt> {
    try {
      return await connect({ socketPath: this.#options.socketPath });
    } catch (error) {
      throw unreachable(error instanceof Error ? error.message : String(error));
    }
  }

  /** Resolves at the next moment of being connected; rejects when the agent ends. */
  async whenConnected(): Promise<void> {
    const { signal } = this.#stopped;
    while (!this.#control) {
      signal.throwIfAborted();
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
    signal.throwIfAborted();
  }

  /** Each event while connected; after a reconnect, look instead of waiting for what has passed. */
  onEvent(listener: (event: LinkEvent) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async #keepUp(): Promise<void> {
    const { signal } = this.#stopped;
    let pauseMs = firstPauseMs;
    let told = '';
    while (!signal.aborted) {
      try {
        await using libvirt = await connect({ socketPath: this.#options.socketPath, signal });
        await libvirt.listen(['lifecycle', 'jobCompleted'], (event) => {
          for (const listener of this.#listeners) listener(event);
        });
        pauseMs = firstPauseMs;
        told = '';
        this.#up(libvirt);
        await Promise.race([libvirt.closed, retired(libvirt, signal)]);
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        if (text !== told && !signal.aborted) this.#options.warn(`libvirt: ${text}`);
        told = text;
      }
      this.#down();
      await pause(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    }
  }

  #up(libvirt: Libvirt): void {
    this.#control = libvirt;
    this.#wakeWaiting();
    this.#options.onState('connected');
  }

  #down(): void {
    if (!this.#control) return;
    this.#control = undefined;
    this.#options.onState('disconnected');
  }

  #wakeWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    this.#wakeWaiting();
    const stats = await this.#stats?.catch(() => undefined);
    await stats?.close();
    await this.#control?.close();
    await this.#running;
  }
}

/** Resolves when the connection takes no new calls any more, though it may not have ended. */
async function retired(libvirt: Libvirt, signal: AbortSignal): Promise<void> {
  while (libvirt.isUsable && !signal.aborted) {
    await pause(500, undefined, { signal, ref: false }).catch(() => undefined);
  }
}

function unreachable(why: string): DroverError {
  return new DroverError('hypervisor-unreachable', `libvirt cannot be reached: ${why}`);
}
