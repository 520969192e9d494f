/** What was used is asked of the hosts that the API names; the leader keeps none of it. */
import type { Query, QueryReply } from '@drover/protocol';
import { expect, it } from 'vitest';
import { Lab, vmA } from './lab.ts';
import { failed } from './scripted-host.ts';

const grid = { fromMs: 60_000, stepMs: 60_000, points: 3 };

function asked(lab: Lab, hostIds: string[], more: { vmId?: string } = {}) {
  const query: Query = { type: 'usage', hostIds, grid, ...more };
  lab.leader.said.length = 0;
  lab.ask(query);
  return () => {
    const said = lab.leader.said.findLast((one) => one.type === 'reply')?.reply;
    return said as Extract<QueryReply, { type: 'usage' }> | undefined;
  };
}

it('is what each host that is asked says, of the VM or of itself', () => {
  const lab = Lab.withHosts(3);
  lab.host('h2').usedMilli = 700;
  const reply = asked(lab, ['h1', 'h2'], { vmId: vmA })();
  expect(reply).toMatchObject({
    answered: {
      h1: { looks: [1, 1, 1], cpuMilli: { mean: [100, 100, 100] } },
      h2: { cpuMilli: { mean: [700, 700, 700] } },
    },
    silent: [],
  });
  expect(Object.keys(reply?.answered ?? {})).toEqual(['h1', 'h2']);
  const sent = lab.leader.sends('read-usage');
  expect(sent.map(({ hostId, vmId }) => [hostId, vmId])).toEqual([
    ['h1', vmA],
    ['h2', vmA],
  ]);
  asked(lab, ['h1']);
  expect(lab.leader.sends('read-usage')).toMatchObject([{ hostId: 'h1' }]);
  expect(lab.leader.sends('read-usage')[0]).not.toHaveProperty('vmId');
});

it('is asked anew each time, for what was used since', () => {
  const lab = Lab.withHosts(1);
  asked(lab, ['h1']);
  lab.host('h1').usedMilli = 900;
  expect(asked(lab, ['h1'])()?.answered['h1']?.cpuMilli?.mean).toEqual([900, 900, 900]);
});

it('comes without a host that does not answer, which is named, before its asker has gone', () => {
  const lab = Lab.withHosts(2);
  lab.host('h2').scripts.set('read-usage', () => undefined);
  const reply = asked(lab, ['h1', 'h2']);
  expect(reply()).toBeUndefined();
  lab.pass(4_000);
  expect(Object.keys(reply()?.answered ?? {})).toEqual(['h1']);
  expect(reply()?.silent).toMatchObject([{ hostId: 'h2', code: 'host-silent' }]);
});

it('does not wait for a host that is down, or that nobody has heard of', () => {
  const lab = Lab.withHosts(2);
  lab.host('h2').silent = true;
  lab.pass(40_000);
  expect(asked(lab, ['h1', 'h2', 'h9'])()?.silent.map(({ hostId }) => hostId)).toEqual([
    'h2',
    'h9',
  ]);
});

it('says why of a host whose agent knows no such question', () => {
  const lab = Lab.withHosts(1);
  lab.host('h1').scripts.set('read-usage', () => failed('unknown-command'));
  expect(asked(lab, ['h1'])()).toEqual({
    type: 'usage',
    answered: {},
    silent: [{ hostId: 'h1', code: 'unknown-command', message: 'unknown-command' }],
  });
});
