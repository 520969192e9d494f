/** `drover host drain` from the plan to the end, against a scripted API. */
import { describe, expect, it } from 'vitest';
import type { api } from '@drover/protocol';
import { drainQuestion } from '../src/logic/plan-text.ts';
import { drain, idOf, item, migration, operation, plan, tooSmall } from './support/bodies.ts';
import { Drover, drover } from './support/drover.ts';
import { accepted, ok, problem, type Route } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();

/** A drain that looks as the list says, look by look; the last look stays. */
function draining(looks: readonly api.OperationBody[], shown = plan()): Record<string, Route> {
  let at = -1;
  return {
    'POST /v1/hosts/h2/drain?dryRun=true': () => ok(shown),
    'POST /v1/hosts/h2/drain': () => accepted(drain('pending')),
    'GET /v1/hosts/h2/drain': () => ok(looks[Math.max(0, at)] ?? drain('pending')),
    'GET /v1/operations/op-1': () => {
      at = Math.min(at + 1, looks.length - 1);
      return ok(looks[at]);
    },
    'GET /v1/operations/op-1-0-0': () =>
      ok(operation('migrate', { id: 'op-1-0-0', state: 'succeeded', downtimeMs: 87 })),
    'GET /v1/migrations': () => ok({ items: [migration('op-1-0-0', 43)] }),
  };
}

const moving = item(1, 'web', { state: 'moving', operationId: 'op-1-0-0' });
const moved = item(1, 'web', { state: 'moved', operationId: 'op-1-0-0' });
const underWay = drain('running', [moving, item(2, 'db', { target: 'h3' })]);
const blocked = item(2, 'db', {
  state: 'blocked',
  reason: 'h1: needs 4096 MiB, has 1228 MiB free',
  remedy: 'free memory on h1, or stop the VM',
});

it('moves nothing where some cannot leave and that was not wanted', async () => {
  const shown = plan({
    blockers: [
      { vmId: idOf(2), vmName: 'db', reason: 'device', rejections: [], remedy: 'detach it' },
    ],
  });
  const api = await serve(draining([], shown));
  const words = ['--api', api.url, 'host', 'drain', 'h2', '--yes', '--on-unmovable', 'fail'];
  const { code, stderr } = await drover(words);
  expect(code).toBe(4);
  expect(stderr).toContain('1 of its VMs cannot leave, and so nothing is moved');
  expect(api.sent('POST', '/v1/hosts/h2/drain')).toHaveLength(1);
});

describe('what is asked before a drain', () => {
  const held = { code: 'snapshot', message: 'libvirt has 1 snapshot of it', remedy: 'delete it' };
  const blocker = { vmId: idOf(2), vmName: 'db', rejections: [], remedy: 'delete it' };
  const blockers = [
    { ...blocker, reason: 'preflight-failed', reasons: [held] },
    { ...blocker, reason: 'no-host-fits' },
  ];
  it.each([
    [plan({ blockers }), 'leave', 'Cordon h2 and move 2 VMs, though 2 will stay?'],
    [
      plan({ blockers }),
      'shutdown',
      'Cordon h2, move 2 VMs, shut down 1 and start it elsewhere, though 1 will stay?',
    ],
    [
      plan({ moves: [], waves: [], blockers: blockers.slice(0, 1) }),
      'shutdown',
      'Cordon h2, shut down 1 and start it elsewhere?',
    ],
  ])('says who moves, who is shut down and who stays', (shown, onUnmovable, question) => {
    expect(drainQuestion(shown, onUnmovable)).toBe(question);
  });
});

describe('a dry run', () => {
  it('shows who goes where and why, in waves, and touches nothing', async () => {
    const { url, requests } = await serve(draining([]));
    const shown = await drover(['--api', url, 'host', 'drain', 'h2', '--dry-run']);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain('2 VMs move in 2 waves, about 6s');
    expect(shown.stdout).toMatch(/^1 +web +h2 +h1 +128MiB +best of 2 with 100 points$/m);
    expect(shown.stdout).toMatch(/^2 +db +h2 +h3 +256MiB +best of 2 with 200 points$/m);
    expect(requests.map((one) => one.query.get('dryRun'))).toEqual(['true']);
  });

  it('names each blocker with every host’s numbers and the remedy', async () => {
    const shown = plan({
      moves: [],
      waves: [],
      blockers: [
        {
          vmId: idOf(2),
          vmName: 'db',
          reason: 'no-host-fits',
          rejections: [tooSmall('h1')],
          remedy: 'free memory on h1, or stop the VM',
        },
      ],
    });
    const { url } = await serve(draining([], shown));
    const { stdout } = await drover(['--api', url, 'host', 'drain', 'h2', '-n']);
    expect(stdout).toContain('no VM can move; 1 cannot leave');
    expect(stdout).toContain('db: no other host can take it');
    expect(stdout).toContain('h1: needs 4GiB of memory, has 1.1GiB free');
    expect(stdout).toContain('remedy: free memory on h1, or stop the VM');
  });

  it('as JSON is the API’s plan and nothing else', async () => {
    const { url } = await serve(draining([]));
    const { stdout } = await drover(['--api', url, 'host', 'drain', 'h2', '-n', '-o', 'json']);
    expect(JSON.parse(stdout)).toEqual(plan());
  });
});

describe('a drain', () => {
  it('is not begun without --yes where nobody can be asked', async () => {
    const api = await serve(draining([]));
    const refused = await drover(['--api', api.url, 'host', 'drain', 'h2']);
    expect(refused.code).toBe(64);
    expect(refused.stderr).toContain('--yes');
    expect(refused.stdout).toContain('Plan to drain h2');
    expect(api.sent('POST', '/v1/hosts/h2/drain').every((one) => one.query.has('dryRun'))).toBe(
      true,
    );
  });

  it('sends exactly the plan that was shown, tells each move, and sums up', async () => {
    const end = drain(
      'succeeded',
      [moved, item(2, 'db', { target: 'h3', state: 'gone', reason: 'it is stopped' })],
      {
        startedAtMs: 1_700_000_000_000,
        endedAtMs: 1_700_000_041_000,
      },
    );
    const api = await serve(draining([drain('pending'), underWay, end]));
    const done = await drover([
      '--api',
      api.url,
      'host',
      'drain',
      'h2',
      '--yes',
      '--parallel',
      '2',
      '--deadline',
      '1h',
      '--message',
      'new kernel',
      '--on-unmovable',
      'fail',
    ]);
    expect(done.code).toBe(0);
    const [planned, started] = api.sent('POST', '/v1/hosts/h2/drain');
    // The time that is shown is that of the drain as it was asked for.
    expect(planned?.body).toEqual({ parallel: 2 });
    expect(started?.body).toEqual({
      plan: [
        { vmId: idOf(1), target: 'h1' },
        { vmId: idOf(2), target: 'h3' },
      ],
      parallel: 2,
      deadlineSeconds: 3_600,
      message: 'new kernel',
    });
    expect(done.stderr).toContain('web: moves to h1, 40 %');
    expect(done.stderr).toContain('web: moved to h1');
    expect(done.stdout).toContain(
      'h2 is drained: 1 VM moved, 1 had left by other means, nothing is left on it ' +
        '(took 41s, longest pause 87ms)',
    );
    expect(done.stdout).toContain('drover host uncordon h2');
  });

  it('that is blocked says who stays and why, and exits 4', async () => {
    const { url } = await serve(draining([underWay, drain('blocked', [moved, blocked])]));
    const end = await drover(['--api', url, 'host', 'drain', 'h2', '--yes']);
    expect(end.code).toBe(4);
    expect(end.stderr).toContain('h2 is not empty: 1 VM moved, 1 could not leave');
    expect(end.stderr).toContain('remedy: free memory on h1');
    expect(end.stdout + end.stderr).not.toContain('is drained');
  });

  it('that somebody cancels exits 7, and says that what moved stays moved', async () => {
    const stays = item(2, 'db', { state: 'cancelled' });
    const { url } = await serve(draining([drain('cancelled', [moved, stays])]));
    const end = await drover(['--api', url, 'host', 'drain', 'h2', '--yes']);
    expect(end.code).toBe(7);
    expect(end.stderr).toContain('was cancelled: 1 VM moved, 1 stay');
    expect(end.stderr).toContain('What has moved stays moved.');
  });

  it('that fails exits 1 with cause and code', async () => {
    const failed = drain('failed', [], {
      error: { code: 'host-not-found', message: 'no host h2 has ever reported' },
    });
    const { url } = await serve(draining([failed]));
    const end = await drover(['--api', url, 'host', 'drain', 'h2', '--yes']);
    expect(end.code).toBe(1);
    expect(end.stderr).toContain('no host h2 has ever reported');
    expect(end.stderr).toContain('host-not-found');
  });

  it('as JSON leaves stdout to the ended operation', async () => {
    const end = drain('succeeded', [moved]);
    const { url } = await serve(draining([underWay, end]));
    const { stdout, stderr } = await drover(['host', 'drain', 'h2', '--yes', '-o', 'json'], {
      DROVER_API: url,
    });
    expect(JSON.parse(stdout)).toEqual(end);
    expect(stderr).toContain('Plan to drain h2');
  });

  it('that is under way already is refused with the way to watch or cancel it', async () => {
    const { url } = await serve({
      ...draining([]),
      'POST /v1/hosts/h2/drain': () => problem('drain-under-way', 409, 'h2 is being drained'),
    });
    const end = await drover(['--api', url, 'host', 'drain', 'h2', '--yes']);
    expect(end.code).toBe(4);
    expect(end.stderr).toContain('drover host drain h2 --watch');
    expect(end.stderr).toMatch(/code: drain-under-way \(HTTP 409\), request req-\d+/);
  });
});

describe('Ctrl-C', () => {
  it('detaches: no cancel is sent, and the ways back are named', async () => {
    const api = await serve(draining([underWay]));
    const run = new Drover(['--api', api.url, 'host', 'drain', 'h2', '--yes']);
    await run.says('web: moves to h1');
    run.child.kill('SIGINT');
    const end = await run.ended;
    expect(end.code).toBe(130);
    expect(end.stderr).toContain('Detached. The drain of h2 goes on; nothing was cancelled.');
    expect(end.stderr).toContain('drover host drain h2 --watch');
    expect(end.stderr).toContain('drover operation wait op-1');
    expect(end.stderr).toContain('drover host drain h2 --cancel');
    expect(api.requests.filter((one) => one.method === 'DELETE')).toEqual([]);
  });

  it('while the API is away detaches as well', async () => {
    const api = await serve(draining([underWay]));
    const run = new Drover(['--api', api.url, 'host', 'drain', 'h2', '--yes']);
    await run.says('web: moves to h1');
    await api.stop();
    await run.says('the API is away');
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
  });
});

describe('an API that goes away in the middle', () => {
  it('is waited out, and the drain is followed to its end', async () => {
    const looks = [underWay];
    const api = await serve({
      ...draining([]),
      'GET /v1/operations/op-1': () => ok(looks.at(-1)),
    });
    const run = new Drover(['--api', api.url, 'host', 'drain', 'h2', '--yes']);
    await run.says('web: moves to h1');
    await api.stop();
    await run.says('the API is away');
    looks.push(drain('succeeded', [moved]));
    await api.start();
    const end = await run.ended;
    expect(end.code).toBe(0);
    expect(end.stderr).toContain('what was begun goes on; waiting up to 5m00s');
    expect(end.stderr).toContain('the API answers again, after');
    expect(end.stdout).toContain('h2 is drained: 1 VM moved');
  });

  it('for longer than --patience is an error that names the address', async () => {
    const api = await serve(draining([underWay]));
    const run = new Drover(['host', 'drain', 'h2', '--yes', '--patience', '300ms'], {
      DROVER_API: api.url,
    });
    await run.says('web: moves to h1');
    await api.stop();
    const end = await run.ended;
    expect(end.code).toBe(8);
    expect(end.stderr).toContain('waiting up to 300ms');
    expect(end.stderr).toContain(`the API at ${api.url} cannot be reached`);
    expect(end.stderr).toContain('the address is from DROVER_API');
  });

  it('answers 503 while no scheduler leads: that is waited out too', async () => {
    let asked = 0;
    const { url } = await serve({
      ...draining([]),
      'GET /v1/operations/op-1': () => {
        asked += 1;
        return asked === 2
          ? problem('no-leader', 503, 'no scheduler leads', { retry: 'later' })
          : ok(asked < 2 ? underWay : drain('succeeded', [moved]));
      },
    });
    const end = await drover(['--api', url, 'host', 'drain', 'h2', '--yes']);
    expect(end.code).toBe(0);
    expect(end.stderr).toContain('the API is away (title of no-leader)');
  });
});

describe('time', () => {
  it('that is over ends the waiting with 5, never the drain', async () => {
    const api = await serve(draining([underWay]));
    const end = await drover(['--api', api.url, 'host', 'drain', 'h2', '-y', '--timeout', '700ms']);
    expect(end.code).toBe(5);
    expect(end.stderr).toContain('Not ended in time: the drain of h2 goes on');
    expect(api.requests.filter((one) => one.method === 'DELETE')).toEqual([]);
  });
});

describe('a drain that goes on elsewhere', () => {
  it('is only asked for with --no-wait', async () => {
    const api = await serve(draining([underWay]));
    const end = await drover(['--api', api.url, 'host', 'drain', 'h2', '-y', '--no-wait']);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain('drover operation wait op-1');
    expect(api.sent('GET', '/v1/operations/op-1')).toEqual([]);
  });

  it('is followed again with --watch, and nothing new is begun', async () => {
    const api = await serve(draining([underWay, drain('succeeded', [moved])]));
    const end = await drover(['--api', api.url, 'host', 'drain', 'h2', '--watch']);
    expect(end.code).toBe(0);
    expect(end.stdout).toContain('h2 is drained');
    expect(api.requests.filter((one) => one.method !== 'GET')).toEqual([]);
  });

  it('is cancelled with --cancel, which succeeds when it is cancelled', async () => {
    const cancelled = drain('cancelled', [moved, item(2, 'db', { state: 'cancelled' })]);
    const api = await serve({
      ...draining([underWay, cancelled]),
      'DELETE /v1/hosts/h2/drain': () => accepted(underWay),
    });
    const end = await drover(['--api', api.url, 'host', 'drain', 'h2', '--cancel']);
    expect(end.code).toBe(0);
    expect(api.sent('DELETE', '/v1/hosts/h2/drain')).toHaveLength(1);
    expect(end.stderr).toContain('was cancelled');
  });

  it('that ended before it could be cancelled is not called cancelled', async () => {
    const { url } = await serve({
      ...draining([drain('succeeded', [moved])]),
      'DELETE /v1/hosts/h2/drain': () => accepted(underWay),
    });
    const end = await drover(['--api', url, 'host', 'drain', 'h2', '--cancel']);
    expect(end.code).toBe(4);
    expect(end.stderr).toContain('had ended before it could be cancelled');
  });
});
