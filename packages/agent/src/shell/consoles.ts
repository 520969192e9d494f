/**
 * Consoles of this host's VMs that somebody was given the way to: each is opened when that is asked, awaits who has its key,
 * and ends with either of its ends, or when the VM begins to run elsewhere. Of screens there may be many, of a VM's serial line
 * one: the last one to ask has it.
 */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  consoleCloses,
  consoleMoved,
  type ConsoleType,
  DroverError,
  type TransferEnd,
} from '@drover/protocol';
import { ConsoleDoor, keepAwake, pipeConsole } from '@drover/transfer';
import type { Libvirt } from 'node-libvirt';
import { openSerial, openVnc } from './console-source.ts';
import { lookAt } from './vm-state.ts';

export interface ConsolesOptions {
  readonly host: string;
  readonly port: number;
  readonly libvirt: () => Libvirt;
  readonly warn: (text: string) => void;
}

export interface ConsoleAsked {
  readonly vmId: string;
  readonly consoleId: string;
  readonly consoleType: ConsoleType;
  readonly takes: boolean;
}

interface Open {
  readonly vmId: string;
  readonly consoleType: ConsoleType;
  readonly source: Duplex;
  /** Once somebody has come for it. */
  leave?: (code: number, reason: string) => void;
}

const mostOpen = 256;
/** Of those that ended here: as every WebSocket says that all is well. */
const normal = 1000;

export class Consoles implements Disposable {
  readonly #options: ConsolesOptions;
  readonly #open = new Set<Open>();
  #door: Promise<ConsoleDoor> | undefined;
  #isDisposed = false;

  constructor(options: ConsolesOptions) {
    this.#options = options;
  }

  /** Throws `vm-not-running`, `console-missing`, `console-taken`, `too-many-requests`. */
  async open({ vmId, consoleId, consoleType, takes }: ConsoleAsked): Promise<TransferEnd> {
    const { host, libvirt } = this.#options;
    if (this.#open.size >= mostOpen) {
      throw new DroverError('too-many-requests', `${mostOpen} consoles are open on this host`);
    }
    const look = await lookAt(libvirt(), vmId);
    const isHere =
      look !== undefined && ['running', 'paused', 'paused-io-error'].includes(look.state);
    if (!isHere) {
      const message = `it is ${look?.state ?? 'not'} on this host`;
      throw new DroverError('vm-not-running', message);
    }
    const door = await this.#opened();
    if (consoleType === 'serial') this.#clear(vmId, takes);
    const { dom } = look;
    const source = consoleType === 'vnc' ? await openVnc(dom) : await openSerial(dom, takes);
    const opened: Open = { vmId, consoleType, source };
    this.#hold(opened);
    const secret = randomBytes(32).toString('hex');
    door.await(
      consoleId,
      secret,
      (socket) => {
        socket.on('error', () => undefined);
        opened.leave = (code, reason) => socket.close(code, reason);
        source.once('close', () => socket.close(normal));
        socket.once('close', () => source.destroy());
        if (source.destroyed) return socket.close(normal);
        keepAwake(socket);
        pipeConsole(socket, source);
      },
      () => source.destroy(),
    );
    return { host, port: door.port, secret };
  }

  /** The VM runs on elsewhere from now: what is typed from here on belongs there. */
  moved(vmId: string): void {
    this.#end(({ vmId: of }) => of === vmId, consoleMoved, 'the VM moves');
  }

  /** Throws `console-taken` where somebody of ours has it and is not to lose it. */
  #clear(vmId: string, takes: boolean): void {
    const isSame = (one: Open) => one.vmId === vmId && one.consoleType === 'serial';
    if (![...this.#open].some(isSame)) return;
    if (!takes) {
      throw new DroverError('console-taken', 'somebody else has its serial console');
    }
    this.#end(isSame, consoleCloses.taken, 'somebody else opened it');
  }

  #end(which: (one: Open) => boolean, code: number, reason: string): void {
    for (const one of this.#open) {
      if (!which(one)) continue;
      this.#open.delete(one);
      one.leave?.(code, reason);
      one.source.destroy();
    }
  }

  #hold(opened: Open): void {
    this.#open.add(opened);
    opened.source.on('error', (error: Error) => {
      this.#options.warn(`console of ${opened.vmId}: ${error.message}`);
    });
    opened.source.once('close', () => this.#open.delete(opened));
    if (this.#isDisposed) opened.source.destroy();
  }

  #opened(): Promise<ConsoleDoor> {
    const { host, port } = this.#options;
    // A name may stand for addresses that are not this host's alone.
    const options = { port, ...(isIP(host) ? { host } : {}) };
    this.#door ??= ConsoleDoor.listen(options).catch((error: unknown) => {
      this.#door = undefined;
      throw error;
    });
    return this.#door;
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    for (const { source } of this.#open) source.destroy();
    void this.#door?.then((door) => door[Symbol.dispose]()).catch(() => undefined);
  }
}
