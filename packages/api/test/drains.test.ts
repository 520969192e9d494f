/** Two APIs whose clocks differ: what is under way comes before what ended, whatever time they wrote down. */
import { keys, RecordMirror } from '@drover/protocol';
import { beforeEach, expect, it } from 'vitest';
import { cancelDrain, startDrain, uncordon } from '../src/logic/index.ts';

const ask = { by: 'me', atMs: 3, id: 'new' };
const records = new RecordMirror();

beforeEach(() => {
  const drain = (id: string, state: string, createdAtMs: number) => ({
    v: 1,
    id,
    type: 'drain',
    state,
    step: 'moves',
    stepIndex: 0,
    hostId: 'h1',
    generation: 0,
    epoch: '1',
    reason: 'asked',
    by: 'me',
    createdAtMs,
  });
  const written = {
    [keys.host('h1')]: {
      v: 1,
      id: 'h1',
      hostUuid: '11111111-0000-4000-8000-000000000001',
      firstSeenMs: 1,
    },
    [keys.hostIntent('h1')]: {
      v: 1,
      id: 'h1',
      cordoned: true,
      cordonedByDrain: 'runs',
      by: 'me',
      atMs: 1,
    },
    [keys.request('runs')]: {
      v: 1,
      id: 'runs',
      type: 'drain',
      hostId: 'h1',
      by: 'me',
      createdAtMs: 1,
    },
    [keys.operation('runs')]: drain('runs', 'running', 1),
    [keys.operation('over')]: drain('over', 'succeeded', 600_000),
  };
  const entries = Object.entries(written).map(([key, value]) => ({
    key,
    value: JSON.stringify(value),
    modRevision: 5,
  }));
  records.load(5, entries);
});

it('the records are read', () => {
  expect([[...records.unreadable], records.operations.size]).toEqual([[], 2]);
});

it('a drain that runs is found by who asks for another one', () => {
  expect(() => startDrain(records, 'h1', {}, ask)).toThrow('by operation runs already');
});

it('the one that runs is cancelled', () => {
  const write = cancelDrain(records, 'h1', ask);
  expect(write?.puts.map(({ key }) => key)).toEqual([keys.request('runs'), keys.hostIntent('h1')]);
});

it('its cordon is not taken away under it', () => {
  expect(() => uncordon(records, 'h1', ask)).toThrow('by operation runs');
});

it('its deadline counts from when it was asked for, and its message goes along', () => {
  const over = new RecordMirror();
  over.load(5, [
    {
      key: keys.host('h1'),
      value: JSON.stringify(records.hosts.get('h1')?.value),
      modRevision: 5,
    },
  ]);
  const { puts } = startDrain(over, 'h1', { deadlineSeconds: 60, message: 'new kernel' }, ask);
  const request = puts.find(({ key }) => key === keys.request('new'));
  expect(JSON.parse(request?.value ?? '{}')).toMatchObject({
    deadlineMs: 60_003,
    message: 'new kernel',
  });
});
