/** The resolver: the table of docs/operations.md row by row, and what no observation may ever lead to. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type MigrationVerdict,
  type Observation,
  type ObservedVm,
  type ObservedVmState,
  resolveMigration,
} from '../src/index.ts';

const state = (is: ObservedVmState, migrating = false): ObservedVm => ({ state: is, migrating });
const gone = ['absent', 'shut-off', 'crashed'] as const;
const stayed = { type: 'stayed', resumeSource: false, destroyTarget: false } as const;
const going = { type: 'going' } as const;
const running = state('running');
const left = state('paused-migrating');

const all: readonly Observation[] = [
  'silent',
  ...(
    [
      'absent',
      'running',
      'paused-migrating',
      'paused-io-error',
      'paused',
      'shut-off',
      'crashed',
    ] as const
  ).flatMap((is) => [state(is), state(is, true)]),
];

describe('the table', () => {
  const rows: [string, Observation, Observation, 'live' | 'paused', MigrationVerdict][] = [
    ['paused copy on the target', running, left, 'live', { ...stayed, destroyTarget: true }],
    ['left paused, target runs', left, running, 'live', { type: 'moved', destroySource: true }],
    ['switch-over', left, left, 'live', { type: 'wait', forHost: 'either' }],
    ['both run', running, running, 'live', { type: 'both-running' }],
    ['both silent', 'silent', 'silent', 'live', { type: 'wait', forHost: 'either' }],
  ];
  for (const is of gone) {
    rows.push(
      [`target ${is}`, running, state(is), 'live', stayed],
      [`left paused, target ${is}`, left, state(is), 'live', { ...stayed, resumeSource: true }],
      [`${is}, target runs`, state(is), running, 'live', { type: 'moved', destroySource: false }],
      [`${is}, paused mode`, state(is), state('paused'), 'paused', { type: 'resume-target' }],
      [`${is}, target migrating`, state(is), left, 'live', { type: 'wait', forHost: 'target' }],
      ...gone.map((other): (typeof rows)[number] => [
        `${is} and ${other}`,
        state(is),
        state(other),
        'live',
        { type: 'lost' },
      ]),
    );
  }
  for (const target of all.filter((one) => one !== 'silent')) {
    const name = JSON.stringify(target);
    rows.push(
      [`running with a job, ${name}`, state('running', true), target, 'live', going],
      [`paused with a job, ${name}`, state('paused-migrating', true), target, 'live', going],
      [`silent source, ${name}`, 'silent', target, 'live', { type: 'wait', forHost: 'source' }],
      [`silent target, ${name}`, target, 'silent', 'live', { type: 'wait', forHost: 'target' }],
    );
  }
  for (const [name, source, target, mode, verdict] of rows) {
    it(name, () => expect(resolveMigration({ source, target, mode })).toEqual(verdict));
  }

  it('has a target that a person paused, or an I/O error did, counted as moved', () => {
    for (const is of ['paused', 'paused-io-error'] as const) {
      expect(
        resolveMigration({ source: state('absent'), target: state(is), mode: 'live' }),
      ).toEqual({ type: 'moved', destroySource: false });
    }
  });
});

describe('whatever is seen', () => {
  const sides = fc.record({
    source: fc.constantFrom(...all),
    target: fc.constantFrom(...all),
    mode: fc.constantFrom('live' as const, 'paused' as const),
  });
  const runs = (one: Observation) => one !== 'silent' && one.state === 'running';
  const settled = (verdict: MigrationVerdict) => !['wait', 'going'].includes(verdict.type);
  const holds = (claim: (given: Parameters<typeof resolveMigration>[0]) => void) =>
    fc.assert(fc.property(sides, claim), { numRuns: 1000 });

  it('nothing that runs is destroyed', () => {
    holds((given) => {
      const verdict = resolveMigration(given);
      if (verdict.type === 'moved' && verdict.destroySource) expect(runs(given.source)).toBe(false);
      if (verdict.type === 'stayed' && verdict.destroyTarget) {
        expect(runs(given.target)).toBe(false);
      }
    });
  });

  it('a copy is only destroyed while the other one runs', () => {
    holds((given) => {
      const verdict = resolveMigration(given);
      if (verdict.type === 'moved' && verdict.destroySource) expect(runs(given.target)).toBe(true);
      if (verdict.type === 'stayed' && verdict.destroyTarget) expect(runs(given.source)).toBe(true);
    });
  });

  it('nothing is resumed or declared moved while the source runs', () => {
    holds((given) => {
      if (runs(given.source)) {
        expect(['moved', 'resume-target', 'lost']).not.toContain(resolveMigration(given).type);
      }
    });
  });

  it('nothing is resumed while the other copy could run', () => {
    holds((given) => {
      const verdict = resolveMigration(given);
      const idle = (one: Observation) =>
        one !== 'silent' && (gone as readonly string[]).includes(one.state);
      if (verdict.type === 'resume-target') expect(idle(given.source)).toBe(true);
      if (verdict.type === 'stayed' && verdict.resumeSource) expect(idle(given.target)).toBe(true);
    });
  });

  it('silence decides nothing', () => {
    holds((given) => {
      if (given.source === 'silent' || given.target === 'silent') {
        expect(settled(resolveMigration(given))).toBe(false);
      }
    });
  });

  it('a job on a source that is still there is waited for', () => {
    holds(({ target, mode, source }) => {
      if (source === 'silent' || (gone as readonly string[]).includes(source.state)) return;
      const verdict = resolveMigration({ source: { ...source, migrating: true }, target, mode });
      expect(settled(verdict)).toBe(false);
    });
  });

  it('lost means that both hosts were heard and neither has it', () => {
    holds((given) => {
      if (resolveMigration(given).type !== 'lost') return;
      for (const one of [given.source, given.target]) {
        expect(one !== 'silent' && (gone as readonly string[]).includes(one.state)).toBe(true);
      }
    });
  });
});
