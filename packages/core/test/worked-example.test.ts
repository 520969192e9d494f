/** The example that ARCHITECTURE.md tells, word for word: the dump it begins with, and every line that follows. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import {
  applyMoves,
  explainMove,
  explainPlacement,
  explainStay,
  headroomOf,
  loadCluster,
  place,
  planBalance,
  planDrain,
  planRestore,
  planRule,
  type Rule,
  whyItStays,
} from '../src/index.ts';
import { aVm } from './builders.ts';

const folder = new URL('../../../', import.meta.url);
const architecture = await readFile(new URL('ARCHITECTURE.md', folder), 'utf8');
const dump = await readFile(new URL('docs/examples/three-hosts.json', folder), 'utf8');

/** The blocks of the example, in their order. */
const told = architecture
  .slice(architecture.indexOf('### A worked example'))
  .split('```text\n')
  .slice(1)
  .map((rest) => rest.slice(0, rest.indexOf('\n```')));

const apart: Rule = {
  id: 'databases-apart',
  type: 'apart',
  over: 'host',
  strength: 'hard',
  vms: { labels: { app: 'db' } },
};

it('is what the deciding core says today', () => {
  const cluster = loadCluster(dump);
  const asked = aVm('new', { request: { cpuMilli: 2000, memoryMib: 4096 } });
  const placement = explainPlacement(place(cluster, { shape: asked }));

  const rule = planRule(cluster, apart);
  const ruled = { ...applyMoves(cluster, rule.moves), rules: [apart] };
  const ruleLines = [
    `broken by ${rule.broken}, feasible: ${rule.feasible}; breaks without ${rule.breaksWithout?.join(' and ')}`,
    ...rule.moves.map((move) => `${move.vmName}, ${move.source} to ${move.target}: ${move.reason}`),
  ];

  const balance = planBalance(ruled);
  const balanced = applyMoves(ruled, balance.moves);
  const balanceLines = [
    ...balance.moves.flatMap(explainMove),
    `why db-2 stays: ${explainStay(whyItStays(ruled, 'v3')).join(' ')}`,
  ];

  const drain = planDrain(balanced, 'h1');
  const drained = applyMoves(balanced, drain.moves);
  const drainLines = [
    ...drain.moves.map(({ vmName, target, reason }) => `${vmName} to ${target}: ${reason}`),
    ...drain.blockers.map(({ vmName, remedy }) => `${vmName} cannot leave: ${remedy}`),
    `about ${drain.estimatedSeconds} s`,
  ];

  const { bears, worst } = headroomOf(drained);
  const home = planRestore(drained, new Map(drain.moves.map(({ vmId, source }) => [vmId, source])));
  const afterLines = [
    `bears the loss of ${bears} host, not that of ${worst?.hostIds.join(' and ')}:`,
    ...(worst?.left ?? []).map(({ vmName, remedy }) => `no place for ${vmName}: ${remedy}`),
    ...home.moves.map(({ vmName, reason }) => `${vmName} ${reason}`),
  ];
  const all = [placement, ruleLines, balanceLines, drainLines, afterLines];
  expect(all.map((lines) => lines.join('\n'))).toEqual(told);
});
