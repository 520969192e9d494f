/** P12b: heartbeats that the scheduler's model takes in, over what a bare subscription of NATS' own client delivers. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { connectBus } from '@drover/bus';
import { Heartbeat, parseAgentSubject, parseJson, subjects } from '@drover/protocol';
import { createScheduler } from '@drover/scheduler/logic';
import { connect } from '@nats-io/transport-node';
import type { RealServer } from '../../contract/support/real-servers.ts';
import { until } from '../../contract/support/until.ts';
import { type Goal, median, rounded } from '../htools/goal.ts';

const messages = 200_000;
const rounds = 5;

export async function heartbeatGoal(
  nats: RealServer,
  onStep: (text: string) => void,
): Promise<Goal> {
  const bare: number[] = [];
  const ours: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    onStep(`heartbeats, round ${round} of ${rounds}`);
    bare.push(await bareRate(nats));
    ours.push(await ourRate(nats));
  }
  const ratio = median(ours.map((one, at) => one / (bare[at] ?? 1)));
  return {
    id: 'P12b',
    what: 'heartbeats taken into the scheduler’s model for each second, over those that a bare subscription delivers: median',
    target: '≥ 0.6',
    reached: rounded(ratio, 3),
    ok: ratio >= 0.6,
    raw: { bare: bare.map(Math.round), ours: ours.map(Math.round) },
  };
}

/** Messages for each second from the first to the last that comes, and the sender's own end. */
async function rate(
  nats: RealServer,
  count: { handled: number; firstMs: number; lastMs: number },
): Promise<number> {
  const sender = fork(join(import.meta.dirname, 'flood.ts'), [nats.url, String(messages)]);
  const { promise, resolve } = Promise.withResolvers<void>();
  sender.once('exit', () => resolve());
  await promise;
  let before = -1;
  await until('nothing comes any more', async () => {
    if (count.handled === before) return true;
    before = count.handled;
    await new Promise((done) => {
      setTimeout(done, 200);
    });
    return false;
  });
  return (count.handled * 1_000) / (count.lastMs - count.firstMs);
}

async function bareRate(nats: RealServer): Promise<number> {
  const connection = await connect({ servers: [nats.url] });
  const count = { handled: 0, firstMs: 0, lastMs: 0 };
  connection.subscribe(subjects.allAgents(), {
    callback: () => {
      if (count.handled === 0) count.firstMs = performance.now();
      count.handled += 1;
      count.lastMs = performance.now();
    },
  });
  await connection.flush();
  const reached = await rate(nats, count);
  await connection.close();
  return reached;
}

async function ourRate(nats: RealServer): Promise<number> {
  await using bus = connectBus({ servers: [nats.url], name: 'model' });
  await until('the bus is connected', () => bus.state === 'connected');
  const logic = createScheduler({ instanceId: 's1' });
  const now = () => ({ monoMs: performance.now(), wallMs: Date.now() });
  logic.handle(now(), { type: 'elected', epoch: '5' });
  logic.handle(now(), { type: 'loaded', revision: 10, entries: [] });
  const count = { handled: 0, firstMs: 0, lastMs: 0 };
  bus.subscribe(
    subjects.allAgents(),
    (text, subject) => {
      if (count.handled === 0) count.firstMs = performance.now();
      const from = parseAgentSubject(subject);
      const parsed = parseJson(Heartbeat, text);
      if (from === undefined || !parsed.ok) throw new Error('no heartbeat');
      const message = { kind: 'heartbeat', body: parsed.value } as const;
      logic.handle(now(), { type: 'agent-said', hostId: from.hostId, message });
      count.handled += 1;
      count.lastMs = performance.now();
    },
    { queueLimit: messages, onOverflow: 'drop-oldest' },
  );
  await new Promise((done) => {
    setTimeout(done, 100);
  });
  return await rate(nats, count);
}
