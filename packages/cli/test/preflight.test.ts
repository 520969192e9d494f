/** What is in the way of a move, as a person reads it: in its plan, in a drain's, and when it was refused. */
import type { api } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { idOf, operation, plan } from './support/bodies.ts';
import { drover } from './support/drover.ts';
import { accepted, ok } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();

const snapshot = {
  code: 'snapshot',
  message: 'libvirt has 1 snapshot of it',
  remedy: 'delete it',
};
const iso = {
  code: 'path-missing',
  hostId: 'h3',
  subject: '/iso/a.iso',
  required: 'cdrom',
  message: 'h3: it lacks /iso/a.iso (cdrom)',
  remedy: 'eject it',
};
const movePlan = (changes: Partial<api.MovePlanBody>): api.MovePlanBody => ({
  vmId: idOf(1),
  vmName: 'web',
  source: 'h2',
  reasons: [],
  rejections: [],
  checked: true,
  ...changes,
});
const planned = (body: api.MovePlanBody) =>
  serve({ 'POST /v1/vms/web/migrate?dryRun=true': () => ok(body) });
const moved = (changes = {}) => operation('migrate', { vmId: idOf(1), vmName: 'web', ...changes });

describe('vm migrate --dry-run', () => {
  it('tells everything that is in the way with what helps, and exits as the move would', async () => {
    const api = await planned(movePlan({ reasons: [snapshot, iso] }));
    const end = await drover(['--api', api.url, 'vm', 'migrate', 'web', '--to', 'h3', '--dry-run']);
    expect(end.code).toBe(4);
    expect(end.stdout.split('\n')).toEqual([
      'web cannot move live:',
      '  libvirt has 1 snapshot of it',
      '    remedy: delete it',
      '  h3: it lacks /iso/a.iso (cdrom)',
      '    remedy: eject it',
      '  or: drover vm migrate web --cold',
      '',
    ]);
    expect(api.requests.map(({ body }) => body)).toEqual([{ target: 'h3' }]);
  });

  it('says what it is expected to take', async () => {
    const forecast = {
      elapsedMs: 12_400,
      downtimeMs: 180,
      transferredMib: 700,
      rounds: 3,
      converges: true,
      throttlePercent: 20,
    };
    const { url } = await planned(movePlan({ target: 'h3', mode: 'live', forecast }));
    const end = await drover(['--api', url, 'vm', 'migrate', 'web', '-n']);
    expect(end.stdout.split('\n')).toEqual([
      'web would move live (h2 → h3)',
      '  expected: 12s, 180 ms pause, 700MiB, slowed down by 20 %',
      '',
    ]);
  });

  it.each([
    ['a job on its disk', { ...snapshot, code: 'block-job' }],
    ['a target that has no room', { ...iso, code: 'memory-short' }],
  ])('does not send to a cold move where that does not help: %s', async (_, reason) => {
    const { url } = await planned(movePlan({ reasons: [snapshot, reason] }));
    const { stdout } = await drover(['--api', url, 'vm', 'migrate', 'web', '--dry-run']);
    expect(stdout).not.toContain('--cold');
  });

  it('sends to a cold move where one of several hosts could take it so', async () => {
    const full = { ...iso, hostId: 'h1', code: 'memory-short' };
    const { url } = await planned(movePlan({ reasons: [full, iso] }));
    const { stdout } = await drover(['--api', url, 'vm', 'migrate', 'web', '--dry-run']);
    expect(stdout).toContain('or: drover vm migrate web --cold');
  });

  it('says where it would go, and why not live', async () => {
    const how = { target: 'h3', mode: 'paused', modeReason: 'no lock guards vda' };
    const { url } = await planned(movePlan(how));
    const end = await drover(['--api', url, 'vm', 'migrate', 'web', '-n']);
    expect(end).toMatchObject({
      code: 0,
      stdout: 'web would move live, in paused mode (h2 → h3): no lock guards vda\n',
    });
  });

  it('does not say that nothing is in the way where nobody answered', async () => {
    const { url } = await planned(movePlan({ checked: false }));
    const end = await drover(['--api', url, 'vm', 'migrate', 'web', '-n']);
    expect(end.code).toBe(8);
    expect(end.stdout).toContain('did not say in time');
  });
});

describe('vm migrate', () => {
  it('that is refused tells each reason with its remedy, and what else there is', async () => {
    const error = { code: 'preflight-failed', message: 'long', reasons: [snapshot, iso] };
    const { url } = await serve({
      'POST /v1/vms/web/migrate': () => accepted(moved()),
      'GET /v1/operations/op-1': () => ok(moved({ state: 'failed', error })),
    });
    const end = await drover(['--api', url, 'vm', 'migrate', 'web']);
    expect(end.code).toBe(4);
    expect(end.stderr).toContain('it cannot move as it runs');
    expect(end.stderr).toContain('  h3: it lacks /iso/a.iso (cdrom)\n    remedy: eject it\n');
    expect(end.stderr).toContain('drover vm migrate web --cold');
    expect(end.stderr).not.toContain('long');
  });

  it('--cold that is refused does not send to a cold move', async () => {
    const elsewhere = { ...snapshot, code: 'disk-elsewhere', remedy: 'merge it' };
    const error = { code: 'preflight-failed', message: 'long', reasons: [elsewhere] };
    const { url } = await serve({
      'POST /v1/vms/web/migrate': () => accepted(moved()),
      'GET /v1/operations/op-1': () => ok(moved({ state: 'failed', error })),
    });
    const end = await drover(['--api', url, 'vm', 'migrate', 'web', '--cold', '--yes']);
    expect(end.stderr).toContain('remedy: merge it');
    expect(end.stderr).toContain('next: do what helps, then again');
    expect(end.stderr).not.toContain('--cold');
  });

  it('--cold asks first: without anybody to ask it needs --yes, and sends nothing', async () => {
    const api = await serve({
      'POST /v1/vms/web/migrate': () => accepted(moved()),
      'GET /v1/operations/op-1': () =>
        ok(moved({ state: 'succeeded', mode: 'cold', source: 'h2', target: 'h3' })),
    });
    const asked = ['--api', api.url, 'vm', 'migrate', 'web', '--cold', '--to', 'h3'];
    expect((await drover(asked)).code).toBe(64);
    expect(api.requests).toEqual([]);
    expect((await drover([...asked, '--yes'])).code).toBe(0);
    expect(api.requests[0]?.body).toEqual({ cold: true, target: 'h3' });
  });

  it('--cold takes no policy: there is no memory to copy', async () => {
    const asked = ['vm', 'migrate', 'web', '--cold', '--yes', '--migration', 'gentle'];
    const end = await drover(asked);
    expect(end.code).toBe(64);
    expect(end.stderr).toContain('--migration');
  });
});

describe('host drain --dry-run', () => {
  it('shows what holds a VM, and what each host found, with the remedies', async () => {
    const blockers: api.DrainPlanBody['blockers'] = [
      {
        vmId: idOf(4),
        vmName: 'held',
        reason: 'preflight-failed',
        rejections: [],
        reasons: [snapshot],
        remedy: 'delete it',
      },
      {
        vmId: idOf(5),
        vmName: 'medium',
        reason: 'no-host-fits',
        rejections: [{ hostId: 'h3', reason: 'preflight-failed', reasons: [iso] }],
        remedy: 'eject it',
      },
    ];
    const moves = plan().moves.map((move, index) => ({ ...move, checked: index === 0 }));
    const { url } = await serve({
      'POST /v1/hosts/h2/drain?dryRun=true': () => ok(plan({ blockers, moves })),
    });
    const end = await drover(['--api', url, 'host', 'drain', 'h2', '--dry-run']);
    expect(end.stdout).toContain(
      [
        'Not looked at in time, and only just before they move: db',
        '',
        'Cannot leave:',
        '  held: it cannot move as it runs',
        '    libvirt has 1 snapshot of it',
        '      remedy: delete it',
        '  medium: no other host can take it',
        '    h3: it lacks /iso/a.iso (cdrom)',
        '      remedy: eject it',
      ].join('\n'),
    );
  });
});

describe('cluster cpu', () => {
  const cpu = { arch: 'x86_64', accelerator: 'kvm', cpu: '<cpu/>', model: 'EPYC' } as const;

  it('show says what it is, from which hosts, for whom, and who cannot give it', async () => {
    const { url } = await serve({
      'GET /v1/cluster/cpu': () =>
        ok({ cpus: [{ ...cpu, hosts: ['h1', 'h2'] }], by: 'anna', atMs: 0, lacking: ['h3'] }),
    });
    const end = await drover(['--api', url, 'cluster', 'cpu', 'show']);
    expect(end.stdout).toBe(
      'x86_64, kvm: EPYC, from h1, h2\ncomputed for anna, 1970-01-01T00:00:00.000Z\nh3 cannot give it: no new VMs\n',
    );
  });

  it('show says how to find one where there is none', async () => {
    const { url } = await serve({ 'GET /v1/cluster/cpu': () => ok({ cpus: [], lacking: [] }) });
    const end = await drover(['--api', url, 'cluster', 'cpu', 'show']);
    expect(end.stdout).toContain('drover cluster cpu recompute');
  });

  it('recompute waits for its end', async () => {
    const { url } = await serve({
      'POST /v1/cluster/cpu': () => accepted(operation('cpu-baseline')),
      'GET /v1/operations/op-1': () => ok(operation('cpu-baseline', { state: 'succeeded' })),
    });
    const end = await drover(['--api', url, 'cluster', 'cpu', 'recompute']);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain('the cluster’s CPU is computed: new VMs start with it');
  });
});
