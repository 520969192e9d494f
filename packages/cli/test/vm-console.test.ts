/** `drover vm console|vnc`, and the words about consoles. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { consoleCloses } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { consoleEnd, listenAddress, newsText, typedBytes } from '../src/logic/console-text.ts';
import { idOf, vm } from './support/bodies.ts';
import { Drover, drover } from './support/drover.ts';
import { ok, problem, type ScriptedApi } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();

interface Console {
  readonly api: ScriptedApi;
  /** The so manieth WebSocket, from 0. */
  readonly socket: (index: number) => Promise<WebSocket>;
  readonly typed: () => string;
  readonly tickets: readonly string[];
}

async function consoleOf(type: 'vnc' | 'serial'): Promise<Console> {
  const tickets: string[] = [];
  const sockets: WebSocket[] = [];
  let typed = '';
  let given = 0;
  const api = await serve({
    'GET /v1/vms/web': () => ok(vm(1, 'web')),
    'POST /v1/vms/web/console': () => {
      given += 1;
      const body = { vmId: idOf(1), type, expiresAtMs: 1, ticket: `t${given}` };
      return { status: 201, body };
    },
  });
  const server = new WebSocketServer({
    noServer: true,
    handleProtocols: () => 'drover.console.v1',
  });
  api.onUpgrade = (request, socket, head) => {
    tickets.push(String(request.headers['sec-websocket-protocol']));
    server.handleUpgrade(request, socket, head, (one) => {
      one.on('message', (data, isBinary) => {
        if (isBinary) typed += String(data as Buffer);
      });
      sockets.push(one);
    });
  };
  const socket = (index: number) => until(`WebSocket ${index}`, () => sockets[index]);
  return { api, socket, typed: () => typed, tickets };
}

async function until<T>(what: string, ask: () => T | undefined): Promise<T> {
  const end = performance.now() + 10_000;
  while (performance.now() < end) {
    const answer = ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`after 10 s still not: ${what}`);
}

const connected = (stream: number, host = 'h1') =>
  JSON.stringify({ state: 'connected', host, stream });

describe('vm console', () => {
  it('shows what the VM says, types what a person types, and Ctrl-] leaves', async () => {
    const { api, socket, typed, tickets } = await consoleOf('serial');
    const program = new Drover(['--api', api.url, 'vm', 'console', 'web'], {}, 'pipe');
    const line = await socket(0);
    line.send(connected(1));
    line.send(Buffer.from('login: '));
    await program.says('login: ');
    await program.says('connected to web on h1; Ctrl-] leaves');
    program.child.stdin?.write('root\r');
    await until('it is typed', () => (typed() === 'root\r' ? true : undefined));
    program.child.stdin?.write('bye\u001dnot this');
    const { code, stdout } = await program.ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'login: ' });
    expect(typed()).toBe('root\rbye');
    expect(tickets).toEqual(['drover.console.v1,ticket.t1']);
  });

  it('comes back by itself with a new ticket, and nothing that was typed meanwhile is lost', async () => {
    const { api, socket, typed, tickets } = await consoleOf('serial');
    const program = new Drover(['--api', api.url, 'vm', 'console', 'web'], {}, 'pipe');
    (await socket(0)).send(JSON.stringify({ state: 'moving', to: 'h2' }));
    await program.says('web moves to h2; type on');
    (await socket(0)).close(1012);
    await program.says('trying again');
    program.child.stdin?.write('uptime\r');
    (await socket(1)).send(connected(1, 'h2'));
    await until('it is typed there', () => (typed() === 'uptime\r' ? true : undefined));
    expect(tickets).toEqual(['drover.console.v1,ticket.t1', 'drover.console.v1,ticket.t2']);
    program.child.stdin?.write('\u001d');
    expect((await program.ended).code).toBe(0);
  });

  it('ends where somebody else took the line, and does not take it back', async () => {
    const { api, socket, tickets } = await consoleOf('serial');
    const program = new Drover(['--api', api.url, 'vm', 'console', 'web']);
    (await socket(0)).close(consoleCloses.taken, 'somebody else opened it');
    const { code, stderr } = await program.ended;
    expect([code, stderr]).toEqual([7, expect.stringContaining('somebody else opened it')]);
    expect(tickets).toHaveLength(1);
  });

  it('says so where it gets no ticket', async () => {
    const api = await serve({
      'POST /v1/vms/web/console': () => problem('vm-not-found', 404, 'there is no VM web'),
    });
    const { code, stderr } = await drover(['--api', api.url, 'vm', 'console', 'web']);
    expect([code, stderr]).toEqual([3, expect.stringContaining('there is no VM web')]);
  });
});

describe('vm vnc', () => {
  it('gives viewers a port here, and each a screen; after a move they begin anew', async () => {
    const { api, socket, typed } = await consoleOf('vnc');
    const program = new Drover(['--api', api.url, 'vm', 'vnc', 'web']);
    await program.says('127.0.0.1:');
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(program.said)?.[1]);
    const first = connect(port, '127.0.0.1');
    const screen = await socket(0);
    screen.send(connected(1));
    screen.send(Buffer.from('RFB 003.008\n'));
    expect(String((await once(first, 'data'))[0])).toBe('RFB 003.008\n');
    first.write('RFB 003.008\n');
    await until('it is answered', () => (typed() === 'RFB 003.008\n' ? true : undefined));
    screen.send(connected(2, 'h2'));
    await once(first, 'close');
    const second = connect(port, '127.0.0.1');
    (await socket(1)).send(connected(1, 'h2'));
    (await socket(1)).send(Buffer.from('RFB'));
    expect(String((await once(second, 'data'))[0])).toBe('RFB');
    second.destroy();
    await once(await socket(1), 'close');
    program.child.kill('SIGINT');
    expect((await program.ended).code).toBe(0);
  });

  it('understands no address without a port', async () => {
    const { code } = await drover(['vm', 'vnc', 'web', '--listen', '127.0.0.1']);
    expect(code).toBe(64);
    expect(listenAddress('127.0.0.1:0')).toEqual({ host: '127.0.0.1', port: 0 });
    expect(listenAddress('[::1]:5901')).toEqual({ host: '::1', port: 5901 });
    expect(['::1', 'a:99999', ':1', 'a:b'].map(listenAddress)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('words', () => {
  it('of a person are the VM’s up to Ctrl-]', () => {
    const bytes = Buffer.from('a\u001db');
    expect(typedBytes(bytes)).toEqual({ bytes: bytes.subarray(0, 1), isOut: true });
    expect(typedBytes(Buffer.from('\u0003')).isOut).toBe(false);
  });

  it('about a VM say what to do', () => {
    expect(newsText('web', { state: 'off', vmState: 'stopped' })).toContain('drover vm start web');
    expect(newsText('web', { state: 'moving' })).toBe('web moves; type on');
  });

  it('about an end say whether to come back', () => {
    expect(consoleEnd(1012, '')).toEqual({ type: 'again' });
    expect(consoleEnd(1006, '')).toEqual({ type: 'again' });
    const codes = Object.values(consoleCloses).map((code) => consoleEnd(code, 'why').type);
    expect(codes).toEqual(['over', 'over', 'over', 'over']);
  });
});
