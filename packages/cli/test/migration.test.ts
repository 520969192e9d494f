/** `drover migration`, and `--migration`: what is sent, and how a move is told. */
import { describe, expect, it } from 'vitest';
import {
  migrationWishForms,
  parseMigrationWish,
  policyFields,
} from '../src/logic/migration-wish.ts';
import { idOf, operation } from './support/bodies.ts';
import { drover } from './support/drover.ts';
import { accepted, ok } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();
const mib = 1024 * 1024;

const policy = {
  streams: 1,
  downtimeLadderMs: [200, 500],
  throttle: { startPercent: 10, stepPercent: 10, atMostPercent: 70 },
  stallSeconds: 15,
  timeoutFactor: 10,
  timeoutAtLeastSeconds: 300,
  whenStuck: 'give-up' as const,
  restMinutes: 30,
};

const round = (number: number, atMs: number, left: number, sent: number, throttle = 0) => ({
  round: number,
  atMs,
  remainingBytes: left * mib,
  transferredBytes: sent * mib,
  throttlePercent: throttle,
});

const move = operation('migrate', {
  state: 'failed',
  vmId: idOf(1),
  vmName: 'web',
  source: 'h1',
  target: 'h2',
  error: { code: 'migration-stuck', message: 'it did not converge' },
  startedAtMs: 1_700_000_000_000,
  endedAtMs: 1_700_000_032_000,
  migration: {
    policy,
    from: { streams: 'preset balanced', downtimeLadderMs: 'label tier=web' },
    timeoutMs: 600_000,
    forecast: {
      elapsedMs: 12_000,
      downtimeMs: 180,
      transferredMib: 700,
      rounds: 3,
      converges: true,
      throttlePercent: 20,
    },
  },
  timeline: {
    setupMs: 12,
    elapsedMs: 30_500,
    totalBytes: 512 * mib,
    transferredBytes: 2_900 * mib,
    bytesPerSecond: 95 * mib,
    throttlePercent: 30,
    roundCount: 41,
    rounds: [round(1, 12, 512, 0), round(2, 5_400, 300, 512), round(41, 30_000, 290, 2_900, 30)],
    interventions: [
      { atMs: 21_000, type: 'set-downtime', downtimeMs: 500, why: '290 MiB are left' },
      { atMs: 30_000, type: 'give-up', why: '290 MiB are left, 3.0 s at 95 MiB/s' },
    ],
  },
});

describe('migration show', () => {
  it('tells what was expected, how it went, what was done, and the policy with who said so', async () => {
    const { url } = await serve({ 'GET /v1/operations/op-1': () => ok(move) });
    const { stdout, code } = await drover(['--api', url, 'migration', 'show', 'op-1']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Expected: +12s, 180 ms pause, 700MiB, slowed down by 20 %$/m);
    expect(stdout).toMatch(/^Measured: +32s$/m);
    expect(stdout).toMatch(/^Course: 12 ms to set up, 30s in all, 95MiB\/s, 41 rounds$/m);
    expect(stdout).toMatch(/^41 +30s +290MiB +2.8GiB +30 %$/m);
    expect(stdout).toMatch(/^21s: allows a pause of 500 ms: 290 MiB are left$/m);
    expect(stdout).toMatch(/^30s: gives up: 290 MiB are left, 3.0 s at 95 MiB\/s$/m);
    expect(stdout).toMatch(/^downtime +200, 500 ms +label tier=web$/m);
  });

  it('says where to look for what is no migration', async () => {
    const { url } = await serve({ 'GET /v1/operations/op-1': () => ok(operation('start')) });
    const { stderr, code } = await drover(['--api', url, 'migration', 'show', 'op-1']);
    expect(code).toBe(64);
    expect(stderr).toContain('is a start, not a migration; see “drover operation show”');
  });
});

describe('migration policy', () => {
  const body = {
    settings: {
      cluster: { preset: 'gentle', bandwidthMibps: 400 },
      byLabel: [{ label: 'tier=db', wish: { throttle: false } }],
    },
    presets: { gentle: policy, balanced: { ...policy, throttle: undefined } },
  };

  it('shows what is set, and every preset field by field', async () => {
    const { url } = await serve({ 'GET /v1/settings/migration': () => ok(body) });
    const { stdout } = await drover(['--api', url, 'migration', 'policy', 'show']);
    expect(stdout).toMatch(/^All VMs: preset gentle, bandwidth 400$/m);
    expect(stdout).toMatch(/^With label tier=db: throttle off$/m);
    expect(stdout).toMatch(/^PRESET +GENTLE +BALANCED$/m);
    expect(stdout).toMatch(/^throttle +from 10 % by 10 to 70 % +off$/m);
  });

  it('sends all that is to hold', async () => {
    const api = await serve({ 'PUT /v1/settings/migration': () => ok(body) });
    const flags = ['--cluster', 'gentle,bandwidth=400', '-l', 'tier=db:throttle=off'];
    const end = await drover(['--api', api.url, 'migration', 'policy', 'set', ...flags]);
    expect(end.code).toBe(0);
    expect(api.sent('PUT', '/v1/settings/migration')[0]?.body).toEqual(body.settings);
  });
});

describe('--migration', () => {
  it('goes with a move', async () => {
    const api = await serve({ 'POST /v1/vms/web/migrate': () => accepted(operation('migrate')) });
    const flags = ['--migration', 'must-finish,downtime=100/900', '--no-wait'];
    await drover(['--api', api.url, 'vm', 'migrate', 'web', ...flags]);
    expect(api.sent('POST', '/v1/vms/web/migrate')[0]?.body).toEqual({
      migration: { preset: 'must-finish', downtimeLadderMs: [100, 900] },
    });
  });

  it.each([
    ['gentle', { preset: 'gentle' }],
    ['bandwidth=5', { bandwidthMibps: 5 }],
    [
      'streams=4,stall=1m,timeout=2h',
      { streams: 4, stallSeconds: 60, timeoutAtLeastSeconds: 7200 },
    ],
    ['throttle=10/20/90', { throttle: { startPercent: 10, stepPercent: 20, atMostPercent: 90 } }],
    ['throttle=off,stuck=post-copy', { throttle: false, whenStuck: 'post-copy' }],
    ['factor=3,rest=90m', { timeoutFactor: 3, restMinutes: 90 }],
    ['rest=0m', { restMinutes: 0 }],
  ])('takes %s', (text, wish) => {
    expect(parseMigrationWish(text)).toEqual(wish);
  });

  it('is told in help, each form as it is taken', () => {
    const forms = migrationWishForms.flatMap((line) =>
      line
        .slice(2, 32)
        .trim()
        .split(', ')
        .filter((form) => form.includes('=')),
    );
    const names = forms.map((form) => form.slice(0, form.indexOf('=')));
    expect(names).toEqual(policyFields.map(({ name }) => name));
    for (const form of forms) expect(Object.keys(parseMigrationWish(form))).toHaveLength(1);
  });

  it.each([
    ['brutal', 'preset'],
    ['gentle,must-finish', 'is not known here'],
    ['speed=3', 'changes are bandwidth, streams'],
    ['throttle=10', 'start/step/limit'],
    ['stuck=panic', 'whenStuck'],
    ['stall=1500ms', 'whole seconds'],
    ['stall=0s', '1ms to 168h'],
    ['rest=90s', 'whole minutes'],
    ['rest=200h', '0m to 168h'],
    ['', 'preset'],
  ])('refuses %j and says what would be right', (text, why) => {
    expect(() => parseMigrationWish(text)).toThrow(why);
  });
});
