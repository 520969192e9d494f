/** Orders and messages are read as they are meant, or not at all. */
import { describe, expect, it } from 'vitest';
import { readAgentMessage, readCommand, subjects } from '../src/index.ts';

const order = {
  v: 1,
  opId: 'r1',
  step: 2,
  epoch: '5',
  hostId: 'h1',
  incarnation: 'i1',
  freshness: 'n1',
  body: { kind: 'sync' },
};

describe('an order', () => {
  it('of this version is what it says', () => {
    expect(readCommand(JSON.stringify(order))).toEqual({ type: 'command', command: order });
  });

  it.each([
    ['of a later version', { ...order, v: 2 }],
    ['of a kind that is not there', { ...order, body: { kind: 'fly' } }],
    ['with more than is known', { ...order, body: { kind: 'sync', quick: true } }],
  ])('%s names its step, and is not guessed at', (_, value) => {
    const { v, opId, step, hostId, incarnation } = value;
    expect(readCommand(JSON.stringify(value))).toMatchObject({
      type: 'unknown',
      address: { v, opId, step, hostId, incarnation },
    });
  });

  it.each(['', 'null', '[[[', '{"v":1}', '{"v":2,"opId":"../x","step":1}'])(
    'that is none is malformed: %s',
    (text) => {
      expect(readCommand(text).type).toBe('malformed');
    },
  );
});

describe('a message', () => {
  const result = { opId: 'r1', step: 2, outcome: 'done' };
  const body = { v: 1, incarnation: 'i1', result };

  it('is of the host and the kind that its subject says', () => {
    expect(readAgentMessage(subjects.agent('h1', 'result'), JSON.stringify(body))).toEqual({
      ok: true,
      value: { hostId: 'h1', message: { kind: 'result', body } },
    });
  });

  it('of another kind, of a later version or under another subject is refused with the reason', () => {
    const heartbeat = readAgentMessage(subjects.agent('h1', 'heartbeat'), JSON.stringify(body));
    expect(heartbeat).toMatchObject({ ok: false });
    const later = JSON.stringify({ ...body, v: 2 });
    expect(readAgentMessage(subjects.agent('h1', 'result'), later)).toMatchObject({ ok: false });
    expect(readAgentMessage(subjects.query(), JSON.stringify(body))).toMatchObject({
      ok: false,
      reason: 'drover.query is no agent’s subject',
    });
  });
});
