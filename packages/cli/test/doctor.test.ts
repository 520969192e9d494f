/** `drover doctor`: what is well is said in a line, what is not with its cause and what helps, and scripts can tell. */
import { protocolVersion } from '@drover/protocol';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cluster, host, idOf, image, operation, pool, vm } from './support/bodies.ts';
import { drover } from './support/drover.ts';
import { ok, problem, type Route } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();
const dump = readFileSync(
  new URL('../../../docs/examples/three-hosts.json', import.meta.url),
  'utf8',
);

interface Told {
  readonly checks: readonly {
    readonly level: string;
    readonly check: string;
    readonly what: string;
    readonly next?: string;
  }[];
  readonly fail: number;
}

const sound = { ...pool('vms'), status: undefined, doctor: undefined };
const poolStatus = pool('vms').status;
if (poolStatus === undefined) throw new Error('the pool of the tests has a status');
const goodPool = {
  ...sound,
  status: { ...poolStatus, alarms: [], hosts: poolStatus.hosts.slice(0, 1) },
  doctor: {
    operationId: 'op-7',
    by: 'lab',
    atMs: 1,
    hosts: ['h1'],
    protection: 'image-lock',
    verdict: 'image locks',
    findings: [{ code: 'lock-seen', level: 'good', message: 'it sees a lock' }],
  },
};
const kvm = { qemuVersion: '8.2.0', libvirtVersion: '10.0.0' };
const balance = {
  mode: 'recommend',
  recommendations: 0,
  terms: [],
  movesLeft: 6,
  dismissed: [],
  calm: { code: 'even', text: 'it is as even as it gets' },
};
const list =
  (...items: readonly unknown[]): Route =>
  () =>
    ok({ items });

function routes(changes: Readonly<Record<string, Route>> = {}): Readonly<Record<string, Route>> {
  return {
    'GET /v1': () => ok({ version: 'v1', protocol: protocolVersion, features: [] }),
    'GET /v1/session': () => ok({ name: 'lab', role: 'admin', via: 'configured' }),
    'GET /v1/cluster': () => ok(cluster()),
    'GET /v1/cluster/cpu': () => ok({ cpus: [], lacking: [] }),
    'GET /v1/hosts': list(host('h1', kvm), host('h2', kvm)),
    'GET /v1/pools': list(goodPool),
    'GET /v1/images': list(image('debian-13')),
    'GET /v1/vms': list(vm(1, 'web')),
    'GET /v1/rules': list(),
    'GET /v1/operations': list(),
    'GET /v1/balance': () => ok(balance),
    'GET /v1/dump': () => (response) => void response.end(dump),
    ...changes,
  };
}

async function ask(changes: Readonly<Record<string, Route>>) {
  const { url } = await serve(routes(changes));
  const { code, stdout } = await drover(['--api', url, 'doctor', '--json']);
  return { code, told: JSON.parse(stdout) as Told };
}

describe('a cluster that is well', () => {
  it('gets a line for each thing, no advice, and exit code 0', async () => {
    const { url } = await serve(routes());
    const { code, stdout, stderr } = await drover(['--api', url, 'doctor']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.at(-1)).toBe('16 ok, 0 warn, 0 fail');
    expect(stdout).toMatch(/^ok +host h1 +ready, heard 900ms ago, libvirt 10.0.0.* -$/m);
    expect(stdout).toMatch(/^ok +headroom +any one host may be lost/m);
    expect(stdout).toMatch(/^ok +token +lab, admin \(configured\)/m);
  });

  it('is not changed by being looked at', async () => {
    const api = await serve(routes());
    await drover(['--api', api.url, 'doctor']);
    expect(new Set(api.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
  });
});

const ailing: readonly (readonly [string, Readonly<Record<string, Route>>, object])[] = [
  [
    'nobody leads',
    { 'GET /v1/cluster': () => ok(withoutLeader()) },
    { level: 'fail', check: 'leader', next: expect.stringContaining('drover-scheduler') },
  ],
  [
    'the cluster decides nothing, for a reason and with a remedy',
    { 'GET /v1/cluster': () => ok(cluster({ problem: { message: 'held', remedy: 'raise it' } })) },
    { level: 'fail', check: 'leader', what: 'held', next: 'raise it' },
  ],
  [
    'a host is down',
    { 'GET /v1/hosts': list(host('h1'), host('h2', { state: 'down', reportAgeMs: 200_000 })) },
    {
      level: 'fail',
      check: 'host h2',
      what: 'down, heard 3m20s ago',
      next: expect.stringContaining('drover host recover h2'),
    },
  ],
  [
    'a host takes no new VMs',
    { 'GET /v1/hosts': list(host('h1', { state: 'cordoned', schedulable: false })) },
    { level: 'warn', check: 'host h1', next: 'drover host uncordon h1' },
  ],
  [
    'hosts have different versions of QEMU',
    { 'GET /v1/hosts': list(host('h1'), host('h2', { qemuVersion: '9.0.0' })) },
    { level: 'warn', check: 'versions', what: 'QEMU 8.2.0 on h1; 9.0.0 on h2' },
  ],
  [
    'a host has no KVM',
    { 'GET /v1/hosts': list(host('h1', { accelerator: 'tcg', acceleratorReason: 'no /dev/kvm' })) },
    { level: 'warn', check: 'host h1', what: expect.stringContaining('no /dev/kvm') },
  ],
  [
    'no host has reported',
    { 'GET /v1/hosts': list() },
    { level: 'fail', check: 'hosts', what: 'none has ever reported' },
  ],
  [
    'a pool is another directory on one host',
    { 'GET /v1/pools': list(pool('vms')) },
    {
      level: 'fail',
      check: 'pool vms',
      what: 'wrong-mount on h2: it is not the directory that other hosts have',
      next: 'drover pool doctor vms',
    },
  ],
  [
    'a pool’s doctor was never asked',
    { 'GET /v1/pools': list({ ...goodPool, doctor: undefined }) },
    { level: 'warn', check: 'pool vms', next: 'drover pool doctor vms' },
  ],
  [
    'a VM has crashed',
    { 'GET /v1/vms': list(vm(1, 'web', { state: 'crashed' })) },
    { level: 'fail', check: 'vm web', what: 'crashed on h2', next: 'drover vm start web' },
  ],
  [
    'an image is not what it was',
    { 'GET /v1/images': list(image('debian-13', { state: 'altered' })) },
    { level: 'warn', check: 'image debian-13@1', next: 'drover image verify debian-13@1' },
  ],
  [
    'moves are recommended that nobody makes',
    { 'GET /v1/balance': () => ok({ ...balance, recommendations: 2 }) },
    { level: 'warn', check: 'balance', next: 'drover recommendations list' },
  ],
  [
    'an operation waits for too long',
    {
      'GET /v1/operations': ({ query }) =>
        ok({
          items:
            query.get('state') === 'pending'
              ? [operation('start', { vmName: 'web', reason: 'no host fits' })]
              : [],
        }),
    },
    {
      level: 'warn',
      check: 'operation op-1',
      what: expect.stringMatching(/^start of web waits, for .*: no host fits$/),
      next: 'drover operation show op-1',
    },
  ],
  [
    'an operation has failed lately',
    { 'GET /v1/operations': ({ query }) => ok({ items: query.has('state') ? [] : [failed(9)] }) },
    { level: 'warn', check: 'operation op-9', what: expect.stringContaining('no room') },
  ],
  [
    'the clocks differ',
    { 'GET /v1': () => ({ ...features(), headers: { date: httpDate(60_000) } }) },
    { level: 'warn', check: 'clock', what: expect.stringMatching(/^this machine’s is .* behind/) },
  ],
  [
    'the API speaks another protocol',
    { 'GET /v1': () => ok({ version: 'v1', protocol: 999, features: [] }) },
    { level: 'warn', check: 'API', next: expect.stringContaining('release') },
  ],
  [
    'the token ends soon',
    {
      'GET /v1/session': () =>
        ok({ name: 'ci', role: 'operator', via: 'token', expiresAtMs: Date.now() + 3_600_000 }),
    },
    { level: 'warn', check: 'token', next: expect.stringContaining('drover token create') },
  ],
  [
    'a host’s loss is not borne',
    {
      'GET /v1/dump': () => (response) =>
        void response.end(
          dump.replaceAll(/"health":"up","id":"h([23])"/g, '"health":"down","id":"h$1"'),
        ),
    },
    { level: 'warn', check: 'headroom', what: expect.stringMatching(/^the loss of h1.*db-/) },
  ],
  [
    'an answer is not understood',
    { 'GET /v1/dump': () => (response) => void response.end('{}') },
    { level: 'warn', check: 'headroom', what: expect.stringContaining('format is missing') },
  ],
  [
    'one thing cannot be looked at',
    { 'GET /v1/rules': () => problem('no-leader', 503, 'nobody leads') },
    { level: 'warn', check: 'rules', what: 'could not be looked at: nobody leads' },
  ],
];

function features() {
  return { status: 200, body: { version: 'v1', protocol: protocolVersion, features: [] } };
}

function httpDate(aheadMs: number): string {
  return new Date(Date.now() + aheadMs).toUTCString();
}

function withoutLeader() {
  const { leader: _, ...rest } = cluster();
  return rest;
}

function failed(number: number) {
  return operation('migrate', {
    id: `op-${number}`,
    state: 'failed',
    vmName: 'web',
    vmId: idOf(1),
    createdAtMs: Date.now(),
    endedAtMs: Date.now(),
    error: { code: 'no-host-fits', message: 'no room' },
  });
}

describe('the doctor finds that', () => {
  for (const [what, changes, expected] of ailing) {
    it(`is told: ${what}`, async () => {
      const { code, told } = await ask(changes);
      const found = told.checks.filter(({ level }) => level !== 'ok');
      expect(found).toContainEqual(expect.objectContaining(expected));
      expect(told.fail).toBe(found.filter(({ level }) => level === 'fail').length);
      expect(code).toBe(told.fail > 0 ? 4 : 0);
    });
  }
});

it('of a host that this leader has never heard it says that, and makes nothing of what is not known', async () => {
  const unknown = { accelerator: '', acceleratorReason: '', qemuVersion: '', libvirtVersion: '' };
  const silent = host('h2', {
    ...unknown,
    state: 'down',
    reportAgeMs: 1_700_000_000_000,
    reasons: ['the leading scheduler has not heard from it since it was elected'],
  });
  const { told } = await ask({
    'GET /v1/hosts': list(host('h1'), silent),
    'GET /v1/cluster/cpu': () => ok({ cpus: [], lacking: ['h2'] }),
  });
  expect(told.checks.filter(({ level }) => level !== 'ok')).toEqual([
    {
      level: 'fail',
      check: 'host h2',
      what: 'down: the leading scheduler has not heard from it since it was elected',
      next: expect.stringContaining('drover host recover h2'),
    },
  ]);
});

it('what has failed and was done since is no trouble any more', async () => {
  const done = operation('migrate', {
    id: 'op-10',
    state: 'succeeded',
    vmName: 'web',
    vmId: idOf(1),
  });
  const { told } = await ask({
    'GET /v1/operations': ({ query }) => ok({ items: query.has('state') ? [] : [done, failed(9)] }),
  });
  expect(told.checks).toContainEqual(expect.objectContaining({ level: 'ok', check: 'operations' }));
});

it('what has failed on a VM that is deleted since is no trouble any more', async () => {
  const gone = operation('delete', {
    id: 'op-10',
    state: 'succeeded',
    vmName: 'web',
    vmId: idOf(1),
  });
  const { told } = await ask({
    'GET /v1/operations': ({ query }) => ok({ items: query.has('state') ? [] : [gone, failed(9)] }),
  });
  expect(told.checks).toContainEqual(expect.objectContaining({ level: 'ok', check: 'operations' }));
});

describe('what ends the look at once', () => {
  it('a token that is not taken: exit code 6', async () => {
    const { code, told } = await ask({
      'GET /v1': () => problem('unauthenticated', 401, 'no such token'),
    });
    expect(code).toBe(6);
    expect(told.checks).toEqual([
      {
        level: 'fail',
        check: 'token',
        what: 'no such token',
        next: expect.stringContaining('--token-file'),
      },
    ]);
  });

  it('an API that does not answer: exit code 8', async () => {
    const { code, stdout } = await drover(['--api', 'http://127.0.0.1:1', 'doctor']);
    expect(code).toBe(8);
    expect(stdout).toMatch(/^fail +API +the API at http:\/\/127.0.0.1:1 cannot be reached/m);
  });
});
