import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cliLines, quoted } from '../src/logic/cli-lines.ts';
import { drainRows, drainSentence, sumOf, targetsOf } from '../src/logic/drain-view.ts';
import { explainView } from '../src/logic/explain-view.ts';
import { find } from '../src/logic/find.ts';
import { ganttOf } from '../src/logic/gantt.ts';
import { createLine, type NewVm, specOf } from '../src/logic/new-vm.ts';
import { pages } from '../src/logic/pages.ts';
import { problemView } from '../src/logic/problem-view.ts';
import { createRuleLine, emptyRule, missing, ruleSpecOf } from '../src/logic/rule-form.ts';
import { routeOfPath, sectionOf } from '../src/logic/routes.ts';
import { filterVms, sortVms, statesOf, verbsOf } from '../src/logic/vm-list.ts';
import { host, migration, state, vm } from './support/made-up.ts';

describe('addresses', () => {
  it.each([
    ['/', { page: 'map' }],
    ['/vms', { page: 'vms' }],
    ['/vms/', { page: 'vms' }],
    ['/vms/new', { page: 'new-vm' }],
    ['/vms/web%201', { page: 'vm', id: 'web 1' }],
    ['/hosts/h2', { page: 'host', id: 'h2' }],
    ['/hosts/h2/drain', { page: 'drain', id: 'h2' }],
    ['/pools/vms', { page: 'pool', id: 'vms' }],
    ['/operations/01K', { page: 'operation', id: '01K' }],
  ])('%s is a page', (path, route) => expect(routeOfPath(path)).toEqual(route));

  it.each(['/nothing', '/hosts', '/hosts/h2/drain/x', '/vms/a/b', '/vms/%zz', '/constructor'])(
    '%s is none',
    (path) => expect(routeOfPath(path).page).toBe('not-found'),
  );

  it('of the navigation are pages, and know their own entry', () => {
    for (const { href } of pages) expect(sectionOf(routeOfPath(href))).toBe(href);
    expect(new Set(pages.map(({ key }) => key)).size).toBe(pages.length);
  });
});

describe('a rule in its form', () => {
  const form = { ...emptyRule, name: 'db', vms: ['db1', 'tier=db'] };

  it.each([
    [{ ...emptyRule }, 'It needs a name.'],
    [{ ...emptyRule, name: 'db' }, 'Say which VMs it is about.'],
    [{ ...form, type: 'pinned' as const }, 'Say which hosts it is about.'],
    [form, undefined],
  ])('says what is missing still', (one, lacks) => expect(missing(one)).toBe(lacks));

  it.each([
    [
      form,
      {
        type: 'apart',
        over: 'host',
        strength: 'hard',
        vms: { ids: ['db1'], labels: { tier: 'db' } },
      },
      'drover rule create db apart --vm db1 --vm-label tier=db',
    ],
    [
      { ...form, type: 'spread' as const, over: 'zone' as const, maxSkew: 2, isSoft: true },
      {
        type: 'spread',
        over: 'zone',
        maxSkew: 2,
        strength: 'soft',
        weight: 10,
        vms: { ids: ['db1'], labels: { tier: 'db' } },
      },
      'drover rule create db spread --vm db1 --vm-label tier=db --over zone --max-skew 2 --soft',
    ],
    [
      { ...form, vms: ['db1'], type: 'away' as const, hosts: ['h1', 'rack=r2'], bends: true },
      {
        type: 'away',
        strength: 'hard',
        bendsForDrain: true,
        vms: { ids: ['db1'] },
        hosts: { ids: ['h1'], labels: { rack: 'r2' } },
      },
      'drover rule create db away --vm db1 --host h1 --host-label rack=r2 --bends',
    ],
  ])('is what the API takes, and what the command line says', (one, spec, line) => {
    expect(ruleSpecOf(one)).toEqual(spec);
    expect(createRuleLine(one)).toBe(line);
  });
});

describe('commands beside buttons', () => {
  it('are commands that the command line has', () => {
    const docs = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
    const lines = Object.values(cliLines).map((line) =>
      (line as (...words: readonly string[]) => string)('h2', 'x', 'vms'),
    );
    expect(lines.length).toBeGreaterThan(20);
    const missing = lines.filter((line) => {
      const [, noun = '', verb = ''] = line.split(' ');
      return !docs.includes(`${noun} ${verb}`) && !new RegExp(`\`${noun}[ \`]`).test(docs);
    });
    expect(missing).toEqual([]);
  });

  it('can be pasted as they are', () => {
    expect(cliLines.drain('h2', { parallel: 3 })).toBe('drover host drain h2 --parallel 3');
    expect(cliLines.drain('h2', { deadline: '1h', message: 'new kernel' })).toBe(
      "drover host drain h2 --deadline 1h --message 'new kernel'",
    );
    expect(quoted("it's $HOME")).toBe(String.raw`'it'\''s $HOME'`);
  });
});

describe('a drain', () => {
  const drain = migration('d', 'x', {
    type: 'drain',
    hostId: 'h1',
    items: [
      { vmId: 'id-a', vmName: 'a', target: 'h2', state: 'moving', attempts: 1, operationId: 'm' },
      {
        vmId: 'id-b',
        vmName: 'b',
        state: 'blocked',
        attempts: 1,
        reason: 'held',
        remedy: 'stop it',
      },
      { vmId: 'id-c', vmName: 'c', target: 'h2', state: 'moved', attempts: 1, operationId: 'n' },
    ],
  });
  const of = {
    ...state({ operations: [migration('m', 'a'), migration('n', 'c', { downtimeMs: 87 })] }),
    progress: new Map([
      [
        'm',
        {
          percent: 50,
          elapsedMs: 2000,
          totalBytes: 1000,
          remainingBytes: 500,
          transferredBytes: 4000,
          iteration: 2,
        },
      ],
    ]),
  };

  it('shows each VM with its bytes, rate, round and pause', () => {
    const [moving, blocked, moved] = drainRows(drain, of);
    expect(moving).toMatchObject({
      percent: 50,
      remainingBytes: 500,
      bytesPerSecond: 2000,
      round: 2,
    });
    expect(blocked).toMatchObject({ tone: 'bad', note: 'held', remedy: 'stop it' });
    expect(moved).toMatchObject({ percent: 100, pauseMs: 87 });
  });

  it('is called empty only when it is', () => {
    const sum = sumOf(drainRows(drain, of));
    expect(sum).toEqual({ moved: 1, blocked: 1, all: 3, percent: 50, longestPauseMs: 87 });
    expect(drainSentence({ ...drain, state: 'blocked' }, sum)).toBe(
      'h1 is not empty: 1 moved, 1 could not leave',
    );
    expect(drainSentence({ ...drain, state: 'succeeded' }, sum)).toContain('h1 is empty');
    const paused = { by: 'anna', atMs: 1 };
    expect(drainSentence({ ...drain, paused }, sum)).toMatch(/^Paused by anna: 1 of 3 moved/);
  });

  it('tells what it does to the other hosts', () => {
    const move = { vmId: 'v', vmName: 'v', source: 'h1', mode: 'live', reason: '', checked: true };
    const moves = [
      { ...move, target: 'h2', memoryMib: 1000 },
      { ...move, target: 'h2', memoryMib: 500 },
    ];
    const hosts = state({ hosts: [host('h2', { promised: { cpuMilli: 0, memoryMib: 100 } })] });
    expect(targetsOf({ moves }, hosts)).toEqual([
      { hostId: 'h2', arriving: 2, beforeMib: 100, afterMib: 1600, ofMib: 16_000 },
    ]);
  });
});

it('explains a place as a table: best first, refused hosts with their reason', () => {
  const terms = (points: number) => [
    { name: 'free memory after', weight: 4, value: points / 4, points },
  ];
  const { rows } = explainView({
    hostId: 'h3',
    candidates: [
      { hostId: 'h2', score: 400, terms: terms(400) },
      { hostId: 'h3', score: 800, terms: terms(800) },
    ],
    rejections: [{ hostId: 'h1', reason: 'host-cordoned' }],
  });
  expect(rows.map(({ hostId, score, refusal }) => [hostId, score ?? refusal])).toEqual([
    ['h3', 800],
    ['h2', 400],
    ['h1', 'it is cordoned'],
  ]);
});

describe('migrations over time', () => {
  const at = (id: string, from: number, to: number, changes = {}) =>
    migration(id, id, {
      startedAtMs: from,
      endedAtMs: to,
      done: true,
      state: 'succeeded',
      ...changes,
    });

  it('that overlap have lanes of their own, under the host that they left', () => {
    const view = ganttOf(
      [at('a', 0, 50_000), at('b', 10_000, 60_000), at('c', 70_000, 80_000)],
      100_000,
      0,
    );
    expect(view.rows).toHaveLength(1);
    expect(view.rows[0]?.lanes).toBe(2);
    expect(view.rows[0]?.bars.map(({ lane, left }) => [lane, left])).toEqual([
      [0, 0],
      [1, 10],
      [0, 70],
    ]);
  });

  it('are wide enough to be clicked, and stay inside', () => {
    const view = ganttOf([at('a', 99_999, 100_000)], 100_000, 100_000);
    const [bar] = view.rows[0]?.bars ?? [];
    expect((bar?.left ?? 0) + (bar?.width ?? 0)).toBeLessThanOrEqual(100);
    expect(bar?.width).toBeGreaterThan(0.5);
  });

  it('before the time that is shown are left out; of a drain they say so', () => {
    const view = ganttOf(
      [at('a', 0, 1000), at('b', 95_000, 96_000, { parentId: 'd' })],
      100_000,
      50_000,
    );
    expect(view.all).toBe(1);
    expect(view.rows[0]?.bars[0]?.cause).toBe('drain');
  });

  it('moves say why they were made, each as the scheduler says it', () => {
    const reasons = [
      'drain of h1',
      'goes back to h1',
      'for the rule apart',
      'balance: h1 is full',
      '',
    ];
    const bars = ganttOf(
      reasons.map((reason, index) => at(`m${index}`, index * 10, index * 10 + 5, { reason })),
      100,
      0,
    ).rows.flatMap((row) => row.bars);
    expect(bars.map(({ cause }) => cause)).toEqual(['drain', 'back', 'rule', 'balance', 'person']);
  });
});

describe('a new VM', () => {
  const form: NewVm = {
    name: 'web',
    image: 'debian-13',
    pool: 'vms',
    vcpus: 2,
    memory: '2GiB',
    disk: '20GiB',
    bridge: 'br0',
    sshKey: '',
    userData: '',
    balance: 'cluster',
    start: true,
  };

  it('is asked for as it was said', () => {
    expect(specOf(form)).toEqual({
      ok: true,
      value: {
        vcpus: 2,
        memoryMib: 2048,
        disks: [{ pool: 'vms', image: 'debian-13', sizeMib: 20_480 }],
        networks: [{ bridge: 'br0' }],
      },
    });
  });

  it('names what is missing', () => {
    expect(specOf({ ...form, image: '' })).toEqual({ ok: false, missing: 'an image' });
    expect(specOf({ ...form, memory: '2GB' })).toMatchObject({ ok: false });
    expect(specOf({ ...form, disk: 'much' })).toMatchObject({ ok: false });
  });

  it('says what balance may do with it, where that is not what the cluster says', () => {
    expect(specOf({ ...form, balance: 'never' })).toMatchObject({ value: { balance: 'never' } });
    expect(createLine({ ...form, balance: 'never' }, true)).toMatch(/ --balance never$/);
    expect(createLine(form, true)).not.toContain('--balance');
  });

  it('has its command, with a file of a pool named by its pool', () => {
    expect(createLine(form, true)).toBe(
      'drover vm create web --memory 2GiB --vcpus 2 --image debian-13,size=20GiB --network br0',
    );
    expect(createLine({ ...form, image: 'a.qcow2', disk: '', start: false }, false)).toBe(
      'drover vm create web --memory 2GiB --vcpus 2 --image vms/a.qcow2 --network br0 --no-start',
    );
  });
});

describe('VMs in a table', () => {
  const all = [
    vm('b10', 'h1'),
    vm('b9', 'h2', { spec: { ...vm('x').spec, labels: { tier: 'db' } } }),
    vm('c'),
  ];

  it('are chosen by state, and the choice stays when the last VM leaves that state', () => {
    const vms = [vm('a', 'h1'), vm('b')];
    expect(statesOf(vms, '')).toEqual(['running', 'stopped']);
    expect(statesOf(vms.slice(0, 1), 'stopped')).toEqual(['running', 'stopped']);
  });

  it('are found by name, label, state and host', () => {
    const names = (filter: Parameters<typeof filterVms>[1]) =>
      filterVms(all, filter).map((one) => one.name);
    expect(names({ text: 'tier=db', state: '', host: '' })).toEqual(['b9']);
    expect(names({ text: 'B', state: '', host: 'h1' })).toEqual(['b10']);
    expect(names({ text: '', state: 'stopped', host: '' })).toEqual(['c']);
  });

  it('are sorted as people count', () => {
    expect(sortVms(all, 'name', false).map((one) => one.name)).toEqual(['b9', 'b10', 'c']);
    expect(sortVms(all, 'host', true).map((one) => one.name)).toEqual(['b9', 'b10', 'c']);
  });

  it('offer what can be asked of them', () => {
    const offered = (one: (typeof all)[number]) =>
      Object.entries(verbsOf(one)).flatMap(([verb, isOffered]) => (isOffered ? [verb] : []));
    expect(offered(vm('a', 'h1'))).toEqual(['stop', 'save', 'pause', 'reboot', 'move', 'resize']);
    expect(offered(vm('a'))).toEqual(['start', 'rename', 'clone', 'resize', 'remove']);
    expect(offered(vm('a', undefined, { state: 'saved' }))).toEqual(['resume']);
    expect(offered(vm('a', 'h1', { state: 'paused' }))).toEqual(['unpause', 'resize']);
    const busy = vm('a', 'h1', { operationId: 'o' });
    expect(Object.values(verbsOf(busy)).some(Boolean)).toBe(false);
  });
});

it('finds by the first letters first, then by others, then by labels', () => {
  const of = state({
    hosts: [host('web')],
    vms: [
      vm('my-web', 'web'),
      vm('webby', 'web'),
      vm('db', 'web', { spec: { ...vm('x').spec, labels: { of: 'web' } } }),
    ],
  });
  expect(find(of, 'web').map(({ name }) => name)).toEqual(['web', 'webby', 'my-web', 'db']);
});

it('says of an error what, why on each host, and what next', () => {
  const view = problemView(
    {
      type: 'urn:drover:error:no-host-fits',
      code: 'no-host-fits',
      title: 'No host fits',
      status: 409,
      detail: 'no host can take web',
      retry: 'later',
      rejections: [{ hostId: 'h1', reason: 'host-cordoned' }],
    },
    'web',
  );
  expect(view.reasons).toEqual(['h1: it is cordoned']);
  expect(view.next).toContain('drover explain web');
});
