/**
 * A process of its own that makes noise at an API on this machine, from many addresses of the loopback network: requests
 * without a token, with one that is forged, for nothing that there is, what is no HTTP at all, and connections whose
 * heads come byte by byte. So many a second, whether they are answered or not. Its argument is an `Offering` as JSON; told to
 * stop, it says what it has `Offered`.
 */
import { connect, type Socket } from 'node:net';

export interface Offering {
  readonly url: string;
  /** Requests. */
  readonly perSecond: number;
  /** Connections that say next to nothing. */
  readonly slow: number;
}

export interface Offered {
  readonly seconds: number;
  /** Requests that were written to a connection. */
  readonly sent: number;
  /** Due, and not sent: more than this process can. */
  readonly missed: number;
  /** By status, of those that were answered: the rest was cut off with its connection. */
  readonly answered: Readonly<Record<string, number>>;
  /** Connections that were made; those given up because they had not been answered by their next turn. */
  readonly connections: number;
  readonly givenUp: number;
  /** Ends of slow ones by the API. */
  readonly slowCutOff: number;
}

/** Each has limits of its own there. */
const addresses = 64;
const connectionsEach = 8;
const tickMs = 5;
/** In one write: as a client that does not wait for answers does. */
const atOnce = 12;
const secret = 'drover_'.padEnd(48, 'x');
const requests = [
  'GET /v1/vms HTTP/1.1\r\nHost: x\r\n\r\n',
  `GET /v1/hosts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\n\r\n`,
  `GET /v1/vms HTTP/1.1\r\nHost: x\r\nCookie: drover-session=${secret}\r\n\r\n`,
  'GET /wp-login.php HTTP/1.1\r\nHost: x\r\n\r\n',
  'POST /v1/vms HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
  `GET /v1/vms HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.\r\n\r\n`,
  '\u0016\u0003\u0001 no HTTP\r\n\r\n',
];

const [, , text = '{}'] = process.argv;
const { url, perSecond, slow } = JSON.parse(text) as Offering;
const { hostname, port } = new URL(url);
if (!hostname.startsWith('127.')) throw new Error('noise is for loopback alone');

const answered: Record<string, number> = {};
const count = { sent: 0, missed: 0, connections: 0, givenUp: 0, slowCutOff: 0 };
interface Line {
  readonly socket: Socket;
  /** Requests without an answer. */
  waiting: number;
}

const pool: (Line | undefined)[] = Array.from({ length: addresses * connectionsEach });
const slowOnes = new Set<Socket>();
const begunMs = performance.now();
let isOver = false;
let next = 0;
let turn = 0;

function open(index: number): Socket {
  const localAddress = `127.0.1.${1 + (index % addresses)}`;
  const socket = connect({ host: hostname, port: Number(port), localAddress });
  count.connections += 1;
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  return socket;
}

function burst(): void {
  const index = next % pool.length;
  next += 1;
  let line = pool[index];
  if (line !== undefined && line.waiting > 0) {
    count.givenUp += 1;
    line.socket.destroy();
    line = undefined;
  }
  line ??= begin(index);
  pool[index] = line;
  let written = '';
  for (let at = 0; at < atOnce; at += 1) {
    // What is no HTTP ends its connection: it comes last.
    written += requests[at === atOnce - 1 ? turn % requests.length : (turn + at) % 6] ?? '';
  }
  turn += 1;
  line.waiting += atOnce;
  // Not before its connection is made, and never where it is given up first.
  line.socket.write(written, (error) => {
    if (!error) count.sent += atOnce;
  });
}

function begin(index: number): Line {
  const line = { socket: open(index), waiting: 0 };
  line.socket.on('data', (piece) => hear(line, piece));
  line.socket.on('close', () => {
    if (pool[index] === line) pool[index] = undefined;
  });
  return line;
}

function hear(line: Line, piece: Buffer): void {
  for (const [, status = ''] of piece.toString('latin1').matchAll(/HTTP\/1\.1 ([0-9]{3}) /g)) {
    answered[status] = (answered[status] ?? 0) + 1;
    line.waiting -= 1;
  }
}

function openSlow(index: number): void {
  if (isOver) return;
  const socket = open(index);
  slowOnes.add(socket);
  // Its end is only heard of where what comes is read.
  socket.resume();
  socket.write('GET /v1/vms HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  socket.on('close', () => {
    slowOnes.delete(socket);
    count.slowCutOff += 1;
    setTimeout(openSlow, 100, index);
  });
}

for (let index = 0; index < slow; index += 1) openSlow(index);
const drip = setInterval(() => {
  for (const socket of slowOnes) socket.write('x');
}, 1_000);
/** Bursts that were due by now, sent or missed. */
let due = 0;
const ticks = setInterval(() => {
  const wanted = Math.floor(((performance.now() - begunMs) / 1_000) * (perSecond / atOnce));
  const most = Math.ceil((perSecond / atOnce / 1_000) * tickMs) * 20;
  const missed = Math.max(0, wanted - due - most);
  count.missed += missed * atOnce;
  due += missed;
  for (; due < wanted; due += 1) burst();
}, tickMs);

// Whoever measures is gone.
process.once('disconnect', () => process.exit(1));
process.once('message', () => {
  process.removeAllListeners('disconnect');
  isOver = true;
  clearInterval(ticks);
  clearInterval(drip);
  const seconds = Number(((performance.now() - begunMs) / 1_000).toFixed(1));
  process.send?.({ seconds, answered, ...count } satisfies Offered, () => process.exit(0));
});
