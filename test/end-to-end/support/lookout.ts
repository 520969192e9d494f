/**
 * Runs on a host of the lab, beside Drover and libvirt: asks every QEMU there what it does, over a socket of its
 * own, and libvirt for its list. Writes what it hears to standard output, a line of JSON each; ends with its input.
 * What it means is `witness.ts`'s.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Answer, Sight } from './witness.ts';

const folder = '/run/watched-qemu';
const betweenMs = 200;
const betweenListsMs = 1_000;

interface QmpMessage {
  readonly event?: string;
  readonly timestamp?: { readonly seconds: number; readonly microseconds: number };
  readonly return?: { readonly status?: string };
}

/** One QEMU, named `<uuid>.<pid>`. */
class Qemu {
  readonly name: string;
  readonly incoming: boolean;
  /** What was asked and not answered yet, oldest first; nothing for what only opens the conversation. */
  readonly #asked: (number | undefined)[] = [];
  #socket: Socket | undefined;
  #rest = '';

  constructor(name: string) {
    this.name = name;
    this.incoming = argumentsOf(name).includes('-incoming');
  }

  get isAlive(): boolean {
    return existsSync(`/proc/${pidOf(this.name)}/exe`);
  }

  /** Nothing more while an answer is awaited: a QEMU that stands still is seen by its silence. */
  ask(): void {
    this.#socket ??= this.#connect();
    if (this.#asked.length > 0) return;
    this.#send('query-status', Date.now());
  }

  /** What it said at last and was not read yet is no news of a living one. */
  forget(): void {
    this.#socket?.removeAllListeners('data').destroy();
  }

  #connect(): Socket {
    const socket = connect(`${folder}/${this.name}`);
    this.#asked.length = 0;
    this.#rest = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => this.#hear(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#socket = undefined;
    });
    this.#socket = socket;
    this.#send('qmp_capabilities', undefined);
    return socket;
  }

  #send(execute: string, sentMs: number | undefined): void {
    this.#asked.push(sentMs);
    this.#socket?.write(`${JSON.stringify({ execute })}\n`);
  }

  #hear(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const message = JSON.parse(line) as QmpMessage;
      if (message.event !== undefined) this.#hearEvent(message.event, message.timestamp);
      else if ('return' in message || 'error' in message) {
        this.#hearAnswer(message.return?.status ?? 'unknown');
      }
    }
  }

  #hearEvent(event: string, timestamp: QmpMessage['timestamp']): void {
    if (timestamp === undefined || (event !== 'STOP' && event !== 'RESUME')) return;
    const atMs = timestamp.seconds * 1000 + timestamp.microseconds / 1000;
    tell({ type: 'event', ...this.#who, event, atMs });
  }

  #hearAnswer(status: string): void {
    const sentMs = this.#asked.shift();
    if (sentMs === undefined) return;
    tell({ type: 'answer', ...this.#who, status, sentMs, receivedMs: Date.now() });
  }

  get #who(): Pick<Answer, 'name' | 'incoming'> {
    return { name: this.name, incoming: this.incoming };
  }
}

function pidOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function argumentsOf(name: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pidOf(name)}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function tell(sight: Sight): void {
  process.stdout.write(`${JSON.stringify(sight)}\n`);
}

const known = new Map<string, Qemu>();

async function look(): Promise<never> {
  for (;;) {
    const names = existsSync(folder) ? readdirSync(folder) : [];
    const alive: string[] = [];
    for (const name of names) {
      const qemu = known.get(name) ?? new Qemu(name);
      known.set(name, qemu);
      if (!qemu.isAlive) {
        qemu.forget();
        continue;
      }
      alive.push(name);
      qemu.ask();
    }
    tell({ type: 'look', atMs: Date.now(), alive });
    await pause(betweenMs);
  }
}

async function list(): Promise<never> {
  for (;;) {
    const sentMs = Date.now();
    const text = await virsh(['list', '--state-running', '--id', '--uuid']);
    if (text !== undefined) {
      const rows = text.split('\n').map((line) => line.trim().split(/\s+/));
      const running = rows.flatMap(([uuid, id]) => (id && uuid ? [{ id, uuid }] : []));
      tell({ type: 'list', sentMs, receivedMs: Date.now(), running });
    }
    await pause(betweenListsMs);
  }
}

function virsh(args: readonly string[]): Promise<string | undefined> {
  const all = ['--quiet', '--readonly', '--connect', 'qemu:///system', ...args];
  return new Promise((resolve) => {
    execFile('virsh', all, { timeout: 5_000 }, (error, stdout) =>
      resolve(error ? undefined : stdout),
    );
  });
}

process.stdin.on('end', () => process.exit(0)).resume();
process.stdout.on('error', () => process.exit(0));
void list();
await look();
