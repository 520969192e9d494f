/** The resolver: the table of docs/operations.md row by row, and what no observation may ever lead to. */
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
    [
      'left paused, paused copy of paused mode',
      left,
      state('paused'),
      'paused',
      { type: 'stayed', resumeSource: true, destroyTarget: true },
    ],
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
    it(`${name}`, () => expect(resolveMigration({ source, target, mode })).toEqual(verdict));
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
  const modes = ['live', 'paused'] as const;
  const cases = all.flatMap((source) =>
    all.flatMap((target) =>
      modes.map((mode) => ({
        source,
        target,
        mode,
        verdict: resolveMigration({ source, target, mode }),
      })),
    ),
  );
  type Case = (typeof cases)[number];
  const is = (one: Observation, ...states: readonly ObservedVmState[]) =>
    one !== 'silent' && states.includes(one.state);
  const isGone = (one: Observation) => is(one, ...gone);
  const isSettled = ({ verdict }: Case) => !['wait', 'going'].includes(verdict.type);
  const destroysSource = ({ verdict }: Case) => verdict.type === 'moved' && verdict.destroySource;
  const destroysTarget = ({ verdict }: Case) => verdict.type === 'stayed' && verdict.destroyTarget;
  const resumesSource = ({ verdict }: Case) => verdict.type === 'stayed' && verdict.resumeSource;

  it('nothing that runs is destroyed', () => {
    const wrong = cases.filter(
      (one) =>
        (destroysSource(one) && is(one.source, 'running')) ||
        (destroysTarget(one) && is(one.target, 'running')),
    );
    expect(wrong).toEqual([]);
  });

  it('a copy is only destroyed while the other one runs, or is whole and will', () => {
    const wrong = cases.filter(
      (one) =>
        (destroysSource(one) && !is(one.target, 'running')) ||
        (destroysTarget(one) &&
          !is(one.source, 'running') &&
          !(is(one.source, 'paused-migrating') && resumesSource(one))),
    );
    expect(wrong).toEqual([]);
  });

  it('nothing is declared moved or lost, nor its copy resumed, while the source runs', () => {
    const wrong = cases.filter(
      ({ source, verdict }) =>
        is(source, 'running') && ['moved', 'lost', 'resume-target'].includes(verdict.type),
    );
    expect(wrong).toEqual([]);
  });

  it('nothing is resumed while the other copy is there, unless that one is destroyed first', () => {
    const wrong = cases.filter(
      (one) =>
        (one.verdict.type === 'resume-target' && !isGone(one.source)) ||
        (resumesSource(one) && !isGone(one.target) && !destroysTarget(one)),
    );
    expect(wrong).toEqual([]);
  });

  it('silence decides nothing', () => {
    const silent = cases.filter(({ source, target }) => [source, target].includes('silent'));
    expect(silent.filter(isSettled)).toEqual([]);
    expect(silent.length).toBeGreaterThan(0);
  });

  it('a job on a source that is still there is waited for', () => {
    const withJob = cases.filter(
      ({ source }) => source !== 'silent' && source.migrating && !isGone(source),
    );
    expect(withJob.filter(isSettled)).toEqual([]);
    expect(withJob.length).toBeGreaterThan(0);
  });

  it('lost means that both hosts were heard and neither has it', () => {
    const lost = cases.filter(({ verdict }) => verdict.type === 'lost');
    expect(lost.filter(({ source, target }) => !isGone(source) || !isGone(target))).toEqual([]);
    expect(lost.length).toBeGreaterThan(0);
  });
});
