/** Places that are asked for: what the leader is asked, and how its answers are told. */
import type { PlacementAnswer } from '@drover/core';
import type { Query } from '@drover/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { spec, World } from './support/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(async () => world[Symbol.asyncDispose]());

const no = { hostId: 'h1', reason: 'host-cordoned' } as const;
const placed: PlacementAnswer = {
  type: 'placed',
  hostId: 'h2',
  candidates: [
    {
      hostId: 'h2',
      score: 900,
      terms: [{ name: 'free memory after', weight: 1, value: 900, points: 900 }],
    },
  ],
  rejections: [no],
};
const whereAlone: PlacementAnswer = {
  type: 'placed',
  hostId: 'h2',
  candidates: [],
  rejections: [],
};
const refused: PlacementAnswer = { type: 'refused', rejections: [no] };

function lead(...answers: PlacementAnswer[]): Query[] {
  const asked: Query[] = [];
  world.answer = (query) => {
    asked.push(query);
    return { type: 'place', answers };
  };
  return asked;
}

const ask = async (body: object) => {
  const { status, body: answered } = await world.send('POST', '/v1/placements', body);
  expect(status).toBe(200);
  return answered['items'];
};

it('come with every host’s score or refusal, and in sentences', async () => {
  const asked = lead(placed);
  expect(await ask({ spec })).toEqual([
    {
      ...placed,
      rejections: [expect.objectContaining(no)],
      sentences: [expect.stringContaining('h2'), expect.stringContaining('h1')],
    },
  ]);
  expect(asked).toEqual([{ type: 'place', spec, count: 1 }]);
});

it('come without them where nobody wants to know, and with them where there is none', async () => {
  const asked = lead(whereAlone, refused);
  expect(await ask({ spec, count: 2, explain: false })).toEqual([
    { ...whereAlone, sentences: [] },
    {
      ...refused,
      candidates: [],
      rejections: [expect.objectContaining(no)],
      sentences: expect.arrayContaining([expect.stringContaining('h1')]),
    },
  ]);
  expect(asked).toEqual([{ type: 'place', spec, count: 2, explain: false }]);
});

it('are asked for without what a VM is told at its first boot', async () => {
  const asked = lead(placed);
  const cloudInit = { userData: '#cloud-config' };
  await ask({ spec: { ...spec, cloudInit }, only: 'h2' });
  expect(asked).toEqual([{ type: 'place', spec, count: 1, only: 'h2' }]);
});
