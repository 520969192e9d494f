/** `drover vm`: what is sent, what is asked first, and what is said at the end. */
import type { api } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { migration, operation, placement, tooSmall, vm, idOf } from './support/bodies.ts';
import { drover } from './support/drover.ts';
import { accepted, ok, problem, type Route } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();

const start = (changes = {}) => operation('start', { vmId: idOf(1), vmName: 'web', ...changes });
const readme = ['--memory', '128MiB', '--image', 'vms/tiny.qcow2', '--network', 'br-guest'];

function creating(end: Route): Record<string, Route> {
  return {
    'POST /v1/placements': () => ok({ items: [placement('h1')] }),
    'POST /v1/vms': () => accepted({ vm: vm(1, 'web', { state: 'stopped' }), operation: start() }),
    'GET /v1/operations/op-1': end,
    [`GET /v1/vms/${idOf(1)}`]: () => ok(vm(1, 'web', { hostId: 'h1' })),
  };
}

describe('vm create', () => {
  it('waits, and says where it runs and why', async () => {
    const api = await serve(creating(() => ok(start({ state: 'succeeded', target: 'h1' }))));
    const end = await drover(['--api', api.url, 'vm', 'create', 'web', ...readme]);
    expect(end.code).toBe(0);
    expect(end.stdout).toBe(
      'web runs on h1\n  why: h1 is best with 740 points: memory 4×185\n  MAC 52:54:00:00:00:01\n',
    );
    expect(api.sent('POST', '/v1/vms')[0]?.body).toEqual({
      name: 'web',
      spec: {
        vcpus: 1,
        memoryMib: 128,
        disks: [{ pool: 'vms', image: 'tiny.qcow2' }],
        networks: [{ bridge: 'br-guest' }],
      },
    });
  });

  it('takes everything that a spec can say', async () => {
    const api = await serve({
      'POST /v1/vms': () => accepted({ vm: vm(1, 'db', { state: 'stopped' }) }),
    });
    const flags =
      '--memory 2GiB --vcpus 2 --volume vms/db.raw,format=raw --arch x86_64 --machine q35 ' +
      '--network br0,mac=52:54:00:AA:00:01 -l tier=data -l owner= --no-start';
    const end = await drover(['--api', api.url, 'vm', 'create', 'db', ...flags.split(' ')]);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain('drover vm start db');
    expect(api.requests.map((one) => one.body)).toEqual([
      {
        name: 'db',
        start: false,
        spec: {
          vcpus: 2,
          memoryMib: 2048,
          arch: 'x86_64',
          machine: 'q35',
          disks: [{ pool: 'vms', volume: 'db.raw', format: 'raw' }],
          networks: [{ bridge: 'br0', mac: '52:54:00:aa:00:01' }],
          labels: { tier: 'data', owner: '' },
        },
      },
    ]);
  });

  it('that fits nowhere prints each host’s refusal with its numbers, and exits 4', async () => {
    const error = {
      code: 'no-host-fits',
      message: 'no host fits: h1: it is cordoned; h2: needs 9 MiB, has 1 MiB free',
      rejections: [tooSmall('h1'), { hostId: 'h2', reason: 'host-cordoned' }],
    };
    const { url } = await serve(creating(() => ok(start({ state: 'failed', error }))));
    const end = await drover(['--api', url, 'vm', 'create', 'web', ...readme]);
    expect({ code: end.code, stdout: end.stdout.trim() }).toEqual({ code: 4, stdout: '' });
    expect(end.stderr).toContain('no host can take web');
    expect(end.stderr).not.toContain('no host fits: h1');
    expect(end.stderr).toContain('h1: needs 4GiB of memory, has 1.1GiB free');
    expect(end.stderr).toContain('h2: it is cordoned');
    expect(end.stderr).toContain('drover explain web');
  });

  it('that hosts tried in vain tells what each said, and not to explain what fits', async () => {
    const available = 'pool vms: there is no tiny.qcow';
    const error = {
      code: 'no-host-fits',
      message: `no host fits: h1 tried: ${available}`,
      rejections: [{ hostId: 'h1', reason: 'host-excluded', available }],
    };
    const { url } = await serve(creating(() => ok(start({ state: 'failed', error }))));
    const { stderr } = await drover(['--api', url, 'vm', 'create', 'web', ...readme]);
    expect(stderr).toContain('  h1: it tried: pool vms: there is no tiny.qcow\n  next: mend what');
    expect(stderr).not.toContain('explain');
  });

  it('with --dry-run only asks, and exits by the answer', async () => {
    const refused = { ...placement('h1'), type: 'refused', candidates: [] } as const;
    const { hostId: _, ...nowhere } = refused;
    const api = await serve({ 'POST /v1/placements': () => ok({ items: [nowhere] }) });
    const end = await drover(['--api', api.url, 'vm', 'create', 'web', ...readme, '-n']);
    expect(end.code).toBe(4);
    expect(end.stdout).toMatch(/^h3 +no/m);
    expect(api.requests.map((one) => one.path)).toEqual(['/v1/placements']);
  });

  it('as JSON is the VM and nothing else', async () => {
    const { url } = await serve(creating(() => ok(start({ state: 'succeeded', target: 'h1' }))));
    const { stdout } = await drover(['--api', url, 'vm', 'create', 'web', ...readme, '-o', 'json']);
    expect(JSON.parse(stdout)).toEqual(vm(1, 'web', { hostId: 'h1' }));
  });
});

describe('vm stop', () => {
  const stopping: Record<string, Route> = {
    'POST /v1/vms/web/stop': () => accepted(operation('stop', { vmName: 'web' })),
    'GET /v1/operations/op-1': () => ok(operation('stop', { vmName: 'web', state: 'succeeded' })),
  };

  it('presses the power button unless the word is said', async () => {
    const api = await serve(stopping);
    const end = await drover(['--api', api.url, 'vm', 'stop', 'web']);
    expect({ code: end.code, stdout: end.stdout }).toEqual({ code: 0, stdout: 'web is stopped\n' });
    expect(api.sent('POST', '/v1/vms/web/stop')[0]?.body).toEqual({ mode: 'graceful' });
  });

  it('--force needs --yes where nobody can be asked', async () => {
    const api = await serve(stopping);
    const unasked = await drover(['--api', api.url, 'vm', 'stop', 'web', '--force']);
    expect(unasked.code).toBe(64);
    expect(unasked.stderr).toContain('--yes');
    expect(api.requests).toEqual([]);
    await drover(['--api', api.url, 'vm', 'stop', 'web', '--force', '--yes']);
    expect(api.sent('POST', '/v1/vms/web/stop')[0]?.body).toEqual({ mode: 'force' });
  });

  it('that did not end in time exits 1 and names the next step', async () => {
    const error = { code: 'stop-timeout', message: 'web did not shut down within 120 s' };
    const { url } = await serve({
      ...stopping,
      'GET /v1/operations/op-1': () =>
        ok(operation('stop', { vmName: 'web', state: 'failed', error })),
    });
    const end = await drover(['--api', url, 'vm', 'stop', 'web']);
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('web did not shut down within 120 s');
    expect(end.stderr).toContain('“drover vm stop web --force”');
  });
});

describe('vm save, vm resume', () => {
  const ends = (type: api.OperationBody['type'], more = {}) =>
    ok(operation(type, { vmName: 'web', state: 'succeeded', ...more }));

  it('says where its memory is to go, and that it is saved', async () => {
    const api = await serve({
      'POST /v1/vms/web/save': () => accepted(operation('save', { vmName: 'web' })),
      'GET /v1/operations/op-1': () => ends('save'),
    });
    const end = await drover(['--api', api.url, 'vm', 'save', 'web', '--pool', 'archive']);
    expect({ code: end.code, stdout: end.stdout }).toEqual({ code: 0, stdout: 'web is saved\n' });
    expect(api.sent('POST', '/v1/vms/web/save')[0]?.body).toEqual({ pool: 'archive' });
  });

  it('goes on, and one that is not saved is told how it starts', async () => {
    const { url } = await serve({
      'POST /v1/vms/web/resume': () => accepted(start()),
      'GET /v1/operations/op-1': () => ends('start', { target: 'h3' }),
      'POST /v1/vms/db/resume': () => problem('vm-not-saved', 409, 'db is stopped'),
    });
    expect((await drover(['--api', url, 'vm', 'resume', 'web'])).stdout).toBe('web runs on h3\n');
    const other = await drover(['--api', url, 'vm', 'resume', 'db']);
    expect(other.code).toBe(4);
    expect(other.stderr).toContain('“drover vm start db” boots it');
  });

  it('throws saved memory away only by a word and a yes', async () => {
    const api = await serve({
      'POST /v1/vms/web/start': () => accepted(start()),
      'GET /v1/operations/op-1': () => ends('start', { target: 'h1' }),
    });
    const words = ['--api', api.url, 'vm', 'start', 'web'];
    const unasked = await drover([...words, '--discard-saved']);
    expect(unasked.code).toBe(64);
    expect(api.requests).toEqual([]);
    await drover(words);
    await drover([...words, '--discard-saved', '--yes']);
    const bodies = api.sent('POST', '/v1/vms/web/start').map(({ body }) => body);
    expect(bodies).toEqual([{}, { discardSaved: true }]);
  });

  it('shows where its memory lies, and why it could not go on', async () => {
    const saved = {
      pool: 'vms',
      file: 'web.memory',
      storedBytes: 1,
      allocatedBytes: 2 ** 30,
      hostId: 'h2',
      operationId: 'op-1',
      atMs: 1,
      problem: 'the file is gone',
    };
    const { url } = await serve({
      'GET /v1/vms/web': () => ok({ ...vm(1, 'web', { state: 'saved' }), saved }),
    });
    const { stdout } = await drover(['--api', url, 'vm', 'show', 'web']);
    expect(stdout).toMatch(/Saved: .* on h2, 1GiB in pool vms\n/);
    expect(stdout).toContain('cannot be resumed: the file is gone');
  });
});

describe('vm delete', () => {
  it('is not sent without a yes', async () => {
    const api = await serve({});
    expect((await drover(['--api', api.url, 'vm', 'delete', 'web'])).code).toBe(64);
    expect(api.requests).toEqual([]);
  });

  it('of a running VM says to stop it first', async () => {
    const { url } = await serve({
      'DELETE /v1/vms/web': () => problem('vm-running', 409, 'web is running on h2'),
    });
    const end = await drover(['--api', url, 'vm', 'delete', 'web', '--yes']);
    expect(end.code).toBe(4);
    expect(end.stderr).toContain('web is running on h2');
    expect(end.stderr).toContain('drover vm stop web');
  });
});

describe('vm migrate', () => {
  it('sends the host that was named, follows, and tells route and pause', async () => {
    const moving = { vmName: 'web', source: 'h2', target: 'h3' };
    const looks = [
      operation('migrate', { ...moving, state: 'running' }),
      operation('migrate', { ...moving, state: 'succeeded', downtimeMs: 87 }),
    ];
    const api = await serve({
      'POST /v1/vms/web/migrate': () => accepted(operation('migrate', moving)),
      'GET /v1/operations/op-1': () => ok(looks.length > 1 ? looks.shift() : looks[0]),
    });
    const end = await drover(['--api', api.url, 'vm', 'migrate', 'web', '--to', 'h3']);
    expect(end.code).toBe(0);
    expect(api.sent('POST', '/v1/vms/web/migrate')[0]?.body).toEqual({ target: 'h3' });
    expect(end.stderr).toContain('moving web (h2 → h3): perform');
    expect(end.stdout).toBe('web has moved (h2 → h3, paused for 87ms)\n');
  });

  it('is aborted by its operation, which is a success', async () => {
    const aborted = operation('migrate', { vmName: 'web', state: 'cancelled' });
    const api = await serve({
      'DELETE /v1/migrations/op-1': () => accepted(operation('migrate', { vmName: 'web' })),
      'GET /v1/operations/op-1': () => ok(aborted),
    });
    expect((await drover(['--api', api.url, 'migration', 'abort', 'op-1'])).code).toBe(0);
  });
});

describe('a conflict', () => {
  it('is tried again, because nothing has happened', async () => {
    let asked = 0;
    const { url } = await serve({
      'POST /v1/vms/web/start': () => {
        asked += 1;
        return asked === 1
          ? problem('conflict', 409, 'somebody was first', { retry: 'now' })
          : accepted(start());
      },
    });
    const end = await drover(['--api', url, 'vm', 'start', 'web', '--no-wait', '-o', 'name']);
    expect({ code: end.code, stdout: end.stdout }).toEqual({ code: 0, stdout: 'op-1\n' });
  });
});

describe('vm show', () => {
  const shown = async (changes: Partial<api.VmBody>) => {
    const api = await serve({ [`GET /v1/vms/web`]: () => ok(vm(1, 'web', changes)) });
    return (await drover(['--api', api.url, 'vm', 'show', 'web'])).stdout;
  };

  it('tells of the move that is under way', async () => {
    const move = migration('op-7', 40, { mode: 'paused' });
    expect(await shown({ migration: move })).toMatch(/^Moves: +h2 → h1, paused: perform 40 %$/m);
  });

  it('tells why a move was given up, and how long nobody but a person moves it', async () => {
    const rest = {
      untilMs: Date.now() + 7_199_000,
      reason: 'it writes too fast',
      operationId: 'o',
    };
    const text = await shown({ rest });
    expect(text).toMatch(/^Rests: +for 1h59m: only a person moves it$/m);
    expect(text).toContain('a move was given up: it writes too fast');
    expect(text).toContain('drover migration show o');
  });

  it('tells no more of a rest that is over', async () => {
    const rest = { untilMs: Date.now() - 1, reason: 'it writes too fast', operationId: 'o' };
    expect(await shown({ rest })).not.toContain('Rests');
  });

  it('tells where one that is off starts next, and how it may be moved', async () => {
    const spec = { ...vm(1, 'web').spec, migration: { preset: 'gentle', streams: 2 } as const };
    const text = await shown({ state: 'stopped', nextHostId: 'h3', spec });
    expect(text).toMatch(/^Starts next: +on h3, if that takes it then$/m);
    expect(text).toMatch(/^Policy: +preset gentle, streams 2$/m);
  });
});
