/** Asks the APIs that a join token names, one after the other, until one says yes or no. */
import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { isProof, keyOf, proofOf } from '@drover/join';
import {
  api,
  DroverError,
  joinAnswerText,
  joinRequestText,
  type JoinToken,
  parseJson,
} from '@drover/protocol';
import { chainOf, notPinned } from './pinned.ts';

export interface Accepted {
  readonly natsServers: readonly string[];
  /** Of this host, as the API was reached from: without the other end's word. */
  readonly localAddress: string;
}

const patienceMs = 10_000;
const longestAnswer = 65_536;

/** Throws `join-refused` with what the API said, or `api-unreachable` with what went wrong at each address. */
export async function askToJoin(
  token: JoinToken,
  host: string,
  publicKey: string,
): Promise<Accepted> {
  const nonce = randomBytes(24).toString('base64url');
  const said = { tokenId: token.id, host, publicKey, nonce };
  const key = keyOf(token.secret);
  const body: api.Join = { ...said, proof: proofOf(key, joinRequestText(said)) };
  const failures: string[] = [];
  for (const address of token.addresses) {
    let reply: Reply;
    try {
      reply = await send(token, address, JSON.stringify(body));
    } catch (error) {
      failures.push(`${address}: ${messageOf(error)}`);
      continue;
    }
    const problem = parseJson(api.Problem, reply.text);
    if (problem.ok && problem.value.code === 'join-refused') {
      throw new DroverError('join-refused', problem.value.detail);
    }
    const joined = parseJson(api.Joined, reply.text);
    if (!joined.ok) {
      const why = problem.ok
        ? problem.value.detail
        : `HTTP ${reply.status}, and no answer of Drover’s`;
      failures.push(`${address}: ${why}`);
    } else if (isProof(joined.value.proof, key, joinAnswerText(said, joined.value.natsServers))) {
      return { natsServers: joined.value.natsServers, localAddress: reply.localAddress };
    } else {
      failures.push(
        `${address}: who answers there does not know the token; it may be somebody else’s`,
      );
    }
  }
  throw new DroverError('api-unreachable', `no API took the request:\n  ${failures.join('\n  ')}`);
}

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly localAddress: string;
}

async function send(token: JoinToken, address: string, body: string): Promise<Reply> {
  const url = new URL('/v1/join', address);
  const socket = await open(token, url);
  const { localAddress = '' } = socket;
  try {
    return await new Promise<Reply>((resolve, reject) => {
      const request = httpRequest(
        url.href.replace(/^https:/, 'http:'),
        {
          method: 'POST',
          createConnection: () => socket,
          headers: {
            host: url.host,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
          },
          signal: AbortSignal.timeout(patienceMs),
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (part: string) => {
            text += part;
            if (text.length > longestAnswer) response.destroy(new Error('the answer does not end'));
          });
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text, localAddress }),
          );
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  } finally {
    socket.destroy();
  }
}

/** Nothing is said before it is known who is there. */
async function open({ caSha256 }: JoinToken, url: URL): Promise<Socket> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isTls = url.protocol === 'https:';
  const port = Number(url.port === '' ? (isTls ? 443 : 80) : url.port);
  if (!isTls) return opened(connect({ host, port }), 'connect');
  const isPinned = caSha256 !== undefined;
  const name = /^[0-9.:]+$/.test(host) || host.includes(':') ? {} : { servername: host };
  const socket = connectTls({ host, port, ...name, rejectUnauthorized: !isPinned });
  await opened(socket, 'secureConnect');
  const why = isPinned ? notPinned(chainOf(socket), host, caSha256) : undefined;
  if (why === undefined) return socket;
  socket.destroy();
  throw new Error(why);
}

function opened<S extends Socket | TLSSocket>(socket: S, event: string): Promise<S> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => socket.destroy(new Error(`no answer in ${patienceMs / 1000} s`)),
      patienceMs,
    );
    socket.once(event, () => {
      clearTimeout(late);
      socket.removeListener('error', reject);
      resolve(socket);
    });
    socket.once('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
  });
}

function messageOf(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  return message === '' ? (code ?? 'nothing answers') : message;
}
