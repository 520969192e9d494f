/**
 * What there is of a made-up VM: a screen that speaks RFB as far as noVNC asks, and a serial line that says what it hears, in
 * capitals. Each move gives it another host; what it was told it still knows.
 */
import type { Query, QueryReply } from '@drover/protocol';
import { consoleMoved } from '@drover/protocol';
import { ConsoleDoor } from '@drover/transfer';

type Socket = Parameters<Parameters<ConsoleDoor['await']>[2]>[0];
type Asked = Extract<Query, { type: 'open-console' }>;

const secret = 'ef'.repeat(32);
const width = 320;
const height = 200;
/** Of what a viewer says after its greetings: how long each message is, beside the longer ones. */
const lengths: Readonly<Record<number, number>> = { 0: 20, 3: 10, 4: 8, 5: 6 };

export class MadeUpVm implements Disposable {
  hostId = 'h1';
  /** Keys that were pressed on the screen, by their number. */
  readonly keys: number[] = [];
  readonly #door: ConsoleDoor;
  readonly #open = new Set<Socket>();

  private constructor(door: ConsoleDoor) {
    this.#door = door;
  }

  static async start(): Promise<MadeUpVm> {
    return new MadeUpVm(await ConsoleDoor.listen({ host: '127.0.0.1', port: 0 }));
  }

  answer({ consoleId, consoleType }: Asked): QueryReply {
    const take = (socket: Socket) => {
      this.#open.add(socket);
      socket.on('close', () => this.#open.delete(socket));
      if (consoleType === 'serial') this.#talk(socket);
      else this.#show(socket);
    };
    this.#door.await(consoleId, secret, take, () => undefined);
    const end = { host: '127.0.0.1', port: this.#door.port, secret };
    return { type: 'open-console', hostId: this.hostId, end };
  }

  move(to: string): void {
    this.hostId = to;
    for (const socket of this.#open) socket.close(consoleMoved);
  }

  #talk(socket: Socket): void {
    socket.send(Buffer.from(`\r\n${this.hostId}> `));
    socket.on('message', (data, isBinary) => {
      if (isBinary) socket.send(Buffer.from(String(data as Buffer).toUpperCase()));
    });
  }

  #show(socket: Socket): void {
    let heard = Buffer.alloc(0);
    let step = 0;
    socket.send(Buffer.from('RFB 003.008\n'));
    const take = (bytes: number): Buffer | undefined => {
      if (heard.length < bytes) return undefined;
      const taken = heard.subarray(0, bytes);
      heard = heard.subarray(bytes);
      return taken;
    };
    socket.on('message', (data, isBinary) => {
      if (!isBinary) return;
      heard = Buffer.concat([heard, data as Buffer]);
      // Version, security, whether shared: each is answered with what comes next.
      const greetings = [12, 1, 1];
      const answers = [Buffer.from([1, 1]), Buffer.alloc(4), serverInit()];
      while (step < 3) {
        if (take(greetings[step] ?? 0) === undefined) return;
        socket.send(answers[step] as Buffer);
        step += 1;
      }
      for (let message = this.#message(heard); message !== undefined;) {
        heard = heard.subarray(message.length);
        if (message[0] === 3 && message[1] === 0) socket.send(picture());
        if (message[0] === 4 && message[1] === 1) this.keys.push(message.readUInt32BE(4));
        message = this.#message(heard);
      }
    });
  }

  /** The first of them that is whole. */
  #message(heard: Buffer): Buffer | undefined {
    const type = heard[0];
    if (type === undefined || heard.length < 4) return undefined;
    const length = type === 2 ? 4 + 4 * heard.readUInt16BE(2) : lengths[type];
    if (length === undefined) throw new Error(`a viewer said ${type}`);
    return heard.length < length ? undefined : heard.subarray(0, length);
  }

  [Symbol.dispose](): void {
    this.#door[Symbol.dispose]();
  }
}

function serverInit(): Buffer {
  const name = Buffer.from('made up');
  const init = Buffer.alloc(24 + name.length);
  init.writeUInt16BE(width, 0);
  init.writeUInt16BE(height, 2);
  // 32 bits, 24 of them colour, red at 16, green at 8, blue at 0.
  init.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0], 4);
  init.writeUInt32BE(name.length, 20);
  init.set(name, 24);
  return init;
}

/** Stripes, uncompressed. */
function picture(): Buffer {
  const update = Buffer.alloc(16 + width * height * 4);
  update.writeUInt16BE(1, 2);
  update.writeUInt16BE(width, 8);
  update.writeUInt16BE(height, 10);
  for (let at = 0; at < width * height; at += 1) {
    const isLight = Math.floor((at % width) / 20) % 2 === 0;
    update.writeUInt32LE(isLight ? 0x6cc7bb : 0x17605c, 16 + 4 * at);
  }
  return update;
}
