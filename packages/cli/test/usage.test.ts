/** What was used: bars for people at a terminal, plain numbers for everybody else. */
import type { api } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { sparkline, usagePage } from '../src/logic/usage-view.ts';
import { drover } from './support/drover.ts';
import { ok } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();

const stepMs = 300_000;
const fromMs = 1_700_000_100_000;

function usage(changes: Partial<api.UsageBody> = {}): api.UsageBody {
  const point = (step: number, cpuMilli: number, hosts: string[]) => ({
    atMs: fromMs + step * stepMs,
    hosts,
    cpuMilli,
    mostCpuMilli: 2 * cpuMilli,
  });
  return {
    fromMs,
    untilMs: fromMs + 4 * stepMs,
    stepMs,
    points: [point(0, 100, ['h1']), point(1, 400, ['h1', 'h2']), point(3, 250, ['h2'])],
    hosts: ['h1', 'h2'],
    silent: [{ host: 'h3', code: 'host-silent', message: 'h3 is not heard' }],
    ...changes,
  };
}

describe('the bars', () => {
  it('are as high as the most of their steps, however few there is room for', () => {
    expect(sparkline([0, 100, 50, 0], 4)).toBe('▁█▅▁');
    expect(sparkline([0, 100, 50, 0], 2)).toBe('█▅');
    expect(sparkline([0, 0, 0, 0, 0, 7], 3)).toBe('▁▁█');
  });

  it('leave a gap where nothing was measured, and only there', () => {
    expect(sparkline([1, undefined, undefined, 1], 4)).toBe('█··█');
    expect(sparkline([1, undefined, undefined, 1], 2)).toBe('██');
    expect(sparkline([undefined, undefined], 9)).toBe('··');
  });

  it('stand with mean and most, and with who is missing', () => {
    expect(usagePage('web', usage(), 20)).toEqual([
      'Usage of:     web',
      'Time:         the last 20m, in steps of 5m',
      'Measured on:  h1, h2',
      'Missing:      what h3 knows: h3 is not heard',
      'CPU:          ▃█·▅  mean 0.2 cores, most 0.8 cores',
    ]);
  });

  it('of nothing are none, and that is said', () => {
    const lines = usagePage('web', usage({ points: [], hosts: [], silent: [] }), 20);
    expect(lines.at(-1)).toBe('Points:       none: nothing was measured');
  });
});

describe('drover', () => {
  it('vm usage gives a row for each point where no terminal is, and names silent hosts', async () => {
    let asked: unknown;
    const { url } = await serve({
      'GET /v1/vms/web/usage': ({ query }) => {
        asked = Object.fromEntries(query);
        return ok(usage());
      },
    });
    const args = ['--api', url, 'vm', 'usage', 'web', '--since', '2h', '--step', '5m'];
    const { code, stdout, stderr } = await drover(args);
    expect({ code, asked }).toEqual({ code: 0, asked: { since: '120m', step: '5m' } });
    expect(stdout.split('\n')).toEqual([
      'AT                        CPU-MILLI  MOST-CPU-MILLI  HOSTS',
      '2023-11-14T22:15:00.000Z  100        200             h1',
      '2023-11-14T22:20:00.000Z  400        800             h1,h2',
      '2023-11-14T22:30:00.000Z  250        500             h2',
      '',
    ]);
    expect(stderr).toBe('Missing: what h3 knows: h3 is not heard.\n');
  });

  it('host usage as JSON is what the API answered, of a day unless said', async () => {
    let asked: unknown;
    const { url } = await serve({
      'GET /v1/hosts/h1/usage': ({ query }) => {
        asked = Object.fromEntries(query);
        return ok(usage());
      },
    });
    const { stdout } = await drover(['--api', url, 'host', 'usage', 'h1', '-o', 'json']);
    expect(JSON.parse(stdout)).toEqual(usage());
    expect(asked).toEqual({ since: '1440m' });
  });
});
