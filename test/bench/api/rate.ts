/** How many answers a second: clients that each ask again as soon as they have been answered, over connections kept open. */
import { Agent, request } from 'node:http';
import { rounded } from '../htools/goal.ts';

export interface Asks {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** One after the other, and from the first again: who asks the same as somebody else gets the same answer. */
  readonly requests: readonly OneRequest[];
}

export interface OneRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

export interface Rate {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly bytesEach: number;
}

export interface Load {
  readonly clients: number;
  readonly ms: number;
}

/** Throws where an answer is none: a rate of refusals says nothing. */
export async function rateOf(asks: Asks, { clients, ms }: Load): Promise<Rate> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const times: number[] = [];
  let bytes = 0;
  const begunMs = performance.now();
  let asked = 0;
  const one = async () => {
    while (performance.now() - begunMs < ms) {
      const sentMs = performance.now();
      const request = asks.requests[asked % asks.requests.length];
      asked += 1;
      if (request === undefined) throw new Error('nothing to ask');
      const came = await answered(asks, request, agent);
      bytes += came;
      times.push(performance.now() - sentMs);
    }
  };
  try {
    await Promise.all(Array.from({ length: clients }, one));
  } finally {
    agent.destroy();
  }
  const seconds = (performance.now() - begunMs) / 1_000;
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => rounded(sorted[Math.floor(sorted.length * share)] ?? 0, 2);
  return {
    perSecond: rounded(times.length / seconds, 1),
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    bytesEach: Math.round(bytes / times.length),
  };
}

function answered(
  { url, headers }: Asks,
  { method, path, body }: OneRequest,
  agent: Agent,
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const sent = request(`${url}${path}`, { method, headers, agent }, (reply) => {
    let bytes = 0;
    reply.on('data', (chunk: Buffer) => (bytes += chunk.length));
    reply.on('error', reject);
    reply.on('end', () => {
      if (reply.statusCode === 200) resolve(bytes);
      else reject(new Error(`${method} ${path}: ${reply.statusCode}`));
    });
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}
