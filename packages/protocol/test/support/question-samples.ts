/** What is asked of the leader in a word or two, and of it and of agents about what was used. */
import * as protocol from '../../src/index.ts';
import type { Sample } from './samples.ts';

const vmId = '22222222-2222-4222-8222-222222222222';
const grid = { fromMs: 60_000, stepMs: 300_000, points: 288 };

export const questionInputs: readonly Sample[] = [
  { name: 'query leader', schema: protocol.Query, value: { type: 'leader' } },
  { name: 'query hosts', schema: protocol.Query, value: { type: 'hosts', hostId: 'h1' } },
  { name: 'query observed', schema: protocol.Query, value: { type: 'observed', vmIds: [vmId] } },
  { name: 'query dump', schema: protocol.Query, value: { type: 'dump' } },
  { name: 'query progress', schema: protocol.Query, value: { type: 'progress' } },
  {
    name: 'the command read-usage',
    schema: protocol.AgentCommand,
    value: {
      v: 1,
      opId: 'ask-7',
      step: 2,
      epoch: '7',
      hostId: 'h1',
      incarnation: 'boot-7',
      freshness: 'nonce-9',
      vmId,
      body: { kind: 'read-usage', grid },
    },
  },
  {
    name: 'query usage',
    schema: protocol.Query,
    value: { type: 'usage', hostIds: ['h1', 'h2'], vmId, grid },
  },
];
