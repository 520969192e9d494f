/** The pure part: units, tables, harmless text, streams, and what counts as news of a drain. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { drainNews, nothingTold } from '../src/logic/drain-text.ts';
import { formatDuration, formatMeasured, parseDurationMs } from '../src/logic/durations.ts';
import { exitCodeMeanings, exitCodes } from '../src/logic/exit-code.ts';
import { parse } from 'yaml';
import { dataText, oneOfMany } from '../src/shell/data-text.ts';
import { oneLine } from '../src/logic/harmless.ts';
import { progressLine } from '../src/logic/operation-view.ts';
import { describeRejection } from '../src/logic/rejections.ts';
import { formatBytes, formatCpu, formatMib, parseMib } from '../src/logic/sizes.ts';
import { SseParser } from '../src/logic/sse.ts';
import { renderTable } from '../src/logic/table.ts';
import { buildProgram } from '../src/program.ts';
import { drain, item, operation } from './support/bodies.ts';

const docs = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');

describe('a line about what is under way', () => {
  const line = (type: 'reboot' | 'start', step: string) =>
    progressLine(operation(type, { state: 'running', step, vmName: 'web' }));
  it('names the step, unless it has but the one', () => {
    expect([line('reboot', 'act'), line('start', 'start'), line('start', 'place')]).toEqual([
      'rebooting web',
      'starting web',
      'starting web: place',
    ]);
  });
});

describe('sizes', () => {
  const taken = [
    ['128MiB', 128],
    ['2GiB', 2048],
    ['2 gib', 2048],
    ['1TiB', 1024 * 1024],
  ] as const;
  for (const [text, mib] of taken) {
    it(`“${text}” is ${mib} MiB`, () => expect(parseMib(text)).toBe(mib));
  }
  for (const text of ['128', '2GB', '1.5GiB', '-1GiB', '0MiB', '', 'GiB', '1KiB', '1MiBs']) {
    it(`“${text}” is refused`, () => expect(() => parseMib(text)).toThrow('is no size'));
  }

  it('are shown in the largest unit, never rounded up', () => {
    expect([0, 128, 1023, 1024, 1535, 1536, 1024 * 1024].map(formatMib)).toEqual([
      '0MiB',
      '128MiB',
      '1023MiB',
      '1GiB',
      '1.4GiB',
      '1.5GiB',
      '1TiB',
    ]);
    expect([999, 2048, 5 * 1024 * 1024].map(formatBytes)).toEqual(['999B', '2KiB', '5MiB']);
    expect([0, 50, 500, 1000, 1999].map(formatCpu)).toEqual(['0', '0', '0.5', '1', '1.9']);
  });
});

describe('durations', () => {
  const taken = [
    ['30s', 30_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
  ] as const;
  for (const [text, ms] of taken) {
    it(`“${text}” is ${ms} ms`, () => expect(parseDurationMs(text)).toBe(ms));
  }
  for (const text of ['10', '1.5h', '-1s', '0s', '', 's', '10 minutes', '999h', '5d']) {
    it(`“${text}” is refused`, () => expect(() => parseDurationMs(text)).toThrow('is no duration'));
  }

  it('are shown in two units at most', () => {
    const shown = [0, 850, 1000, 59_999, 60_000, 3_661_000, 100 * 3_600_000].map(formatDuration);
    expect(shown).toEqual(['0ms', '850ms', '1s', '59s', '1m00s', '1h01m', '4d4h']);
    expect([87, 1900, 9999, 41_000].map(formatMeasured)).toEqual(['87ms', '1.9s', '9.9s', '41s']);
  });
});

describe('text from elsewhere', () => {
  // oxlint-disable-next-line no-control-regex -- it is what must not be there
  const control = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

  it('is one line without anything a terminal obeys', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, (any) => {
        expect(oneLine(any)).not.toMatch(control);
      }),
    );
    expect(oneLine('a\u001b[31mb\nc')).toBe('a\\x1b[31mb c');
    expect(oneLine('web-1 → h2, 43 %')).toBe('web-1 → h2, 43 %');
  });

  it('as JSON or YAML means the same and is as harmless', () => {
    // -0 is none of JSON's numbers.
    const json = fc
      .jsonValue({ stringUnit: 'binary' })
      .map((any): unknown => JSON.parse(JSON.stringify(any)));
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, json, (name, any, value) => {
        const said = { [name]: any, value, again: value };
        for (const form of [dataText, oneOfMany]) {
          for (const [as, read] of [
            ['json', (from: string): unknown => JSON.parse(from)],
            ['yaml', (from: string): unknown => parse(from)],
          ] as const) {
            const written = form(said, as);
            expect(written.replaceAll('\n', '')).not.toMatch(control);
            expect(read(written)).toEqual(said);
          }
        }
      }),
    );
  });
});

describe('a table', () => {
  const columns = [
    { head: 'NAME', cell: (row: readonly string[]) => row[0] ?? '' },
    { head: 'WHY', cell: (row: readonly string[]) => row[1] ?? '' },
  ];

  it('aligns by what is seen, and ends no line in spaces', () => {
    const rows = [
      ['h1', 'x'],
      ['主机', 'y'],
      ['e\u0301', ''],
    ];
    expect(renderTable(columns, rows)).toEqual([
      'NAME  WHY',
      'h1    x',
      '主机  y',
      'e\u0301     -',
    ]);
  });

  it('has as many cells in each line as heads, whatever is in them', () => {
    const row = fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(row), (rows) => {
        expect(renderTable(columns, rows)).toHaveLength(rows.length + 1);
      }),
    );
  });
});

describe('a rejection', () => {
  it.each([
    ['cpu-differs', 'its CPU is AVA, the VM was given all of a REQ'],
    ['cpu-feature-missing', 'its CPU (AVA) lacks REQ'],
    ['not-enough-huge-pages', 'needs REQ of huge pages, has AVA left'],
    ['numa-cell-too-small', 'needs REQ and its CPUs in one NUMA cell, the largest has AVA'],
    ['pool-local', 'its disks are in pool AVA of REQ'],
    ['pool-full', 'its disks need REQ in the pool, AVA are free'],
    ['pool-promised', 'its disks may grow to REQ, AVA of the pool may still be promised'],
    ['held-by-device', 'the VM holds a device of its host (AVA)'],
    ['device-missing', 'needs REQ, has AVA left'],
    ['rule-broken', 'rule REQ (AVA) would be broken'],
    [
      'headroom-lost',
      'it has room, but then not all VMs of REQ would find a place if that host were lost',
    ],
  ])('for %s is a sentence', (reason, sentence) => {
    const no = { hostId: 'h1', reason, required: 'REQ', available: 'AVA' };
    expect(describeRejection(no)).toBe(`h1: ${sentence}`);
  });

  it('keeps its numbers, also for a reason that this program does not know', () => {
    const no = { hostId: 'h1', reason: 'disk-too-slow', required: 20, available: 7, unit: 'IOPS' };
    expect(describeRejection(no)).toBe('h1: disk-too-slow (needs 20 IOPS, has 7 IOPS)');
    expect(
      describeRejection({
        ...no,
        reason: 'not-enough-cpu',
        required: 2000,
        available: 500,
        unit: 'mCPU',
      }),
    ).toBe('h1: needs 2 cores of CPU, has 0.5 cores free');
  });
});

describe('server-sent events', () => {
  const text =
    ': comment\nevent: vm\nid: 7\ndata: {"a":\ndata: 1}\n\nevent: ignored\n\r\ndata: x\r\n\r\n';
  const events = [
    { event: 'vm', id: '7', data: '{"a":\n1}' },
    { event: 'message', id: '7', data: 'x' },
  ];

  it('are the same however the pieces are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: text.length })), (cuts) => {
        const parser = new SseParser();
        const at = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const pieces = at.slice(1).map((end, index) => text.slice(at[index], end));
        expect(pieces.flatMap((piece) => parser.push(piece))).toEqual(events);
      }),
    );
  });

  it('without an end do not fill the memory', () => {
    const parser = new SseParser();
    const push = () => {
      for (let pieces = 0; pieces < 10; pieces += 1) parser.push('x'.repeat(1024 * 1024));
    };
    expect(push).toThrow('without an end');
  });
});

describe('news of a drain', () => {
  const moving = item(1, 'web', { state: 'moving', operationId: 'm1' });
  const at = (percent: number) => new Map([['m1', percent]]);

  it('are told once, a percent every ten', () => {
    let told = nothingTold;
    const lines: string[] = [];
    for (const percent of [1, 5, 12, 19, 25]) {
      const news = drainNews(drain('running', [moving]), at(percent), told);
      told = news.told;
      lines.push(...news.lines);
    }
    expect(lines).toEqual([
      'web: moves to h1, 0 %',
      'web: moves to h1, 10 %',
      'web: moves to h1, 20 %',
    ]);
  });

  it('name a new attempt with its reason, and a change of target', () => {
    const again = item(1, 'web', { attempts: 1, reason: 'it did not converge' });
    const other = item(1, 'web', {
      state: 'moving',
      target: 'h3',
      reason: 'not h1: h1: it is cordoned',
    });
    const first = drainNews(drain('running', [again]), new Map(), nothingTold);
    const second = drainNews(drain('running', [other]), new Map(), first.told);
    expect([...first.lines, ...second.lines]).toEqual([
      'web: waits for attempt 2 (it did not converge)',
      'web: moves to h3 (not h1: h1: it is cordoned)',
    ]);
  });

  it('before it begins are why it waits', () => {
    const waiting = drain('pending', undefined, { reason: 'h3 has not passed the barrier' });
    expect(drainNews(waiting, new Map(), nothingTold).lines).toEqual([
      'waiting for the scheduler to begin: h3 has not passed the barrier',
    ]);
  });
});

describe('exit codes', () => {
  it('each have one meaning in help', () => {
    const numbers = exitCodeMeanings.map(([code]) => code);
    expect(numbers).toEqual(Object.values(exitCodes).toSorted((a, b) => a - b));
  });

  it('are in docs/cli.md as in help', () => {
    const rows = [...docs.matchAll(/^\| (\d+) \| (.+) \|$/gm)];
    expect(rows.map(([, code, text]) => [Number(code), text])).toEqual(exitCodeMeanings);
  });
});

describe('docs/cli.md', () => {
  it('names every command that there is', () => {
    const named = buildProgram().commands.flatMap((noun) =>
      noun.commands.length === 0
        ? [noun.name()]
        : noun.commands.map((verb) => `${noun.name()} ${verb.name()}`),
    );
    const missing = named.filter((name) => {
      const [noun = '', verb] = name.split(' ');
      const short = new RegExp(`^\\| \`${noun} .*\`${verb} `, 'm');
      return !docs.includes(`\`${name}`) && !(verb !== undefined && short.test(docs));
    });
    expect(missing).toEqual([]);
  });
});
