/** `drover vm reboot|pause|unpause|rename|clone` */
import { describe, expect, it } from 'vitest';
import { idOf, operation, vm } from './support/bodies.ts';
import { drover } from './support/drover.ts';
import { accepted, ok } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();
const about = { vmId: idOf(1), vmName: 'web' };
const plan = { ...about, hostId: 'h2', what: 'its power button is pressed' };

describe('vm reboot', () => {
  const ended = operation('reboot', { ...about, state: 'succeeded', done: true });
  const routes = {
    'POST /v1/vms/web/reboot': () => accepted(operation('reboot', about)),
    'POST /v1/vms/web/reboot?dryRun=true': () => ok(plan),
    'GET /v1/operations/op-1': () => ok(ended),
  };

  it('is graceful unless --force says otherwise, which asks first', async () => {
    const api = await serve(routes);
    const words = ['--api', api.url, 'vm', 'reboot', 'web'];
    const { code, stdout } = await drover(words);
    expect([code, stdout]).toEqual([0, expect.stringContaining('web has restarted')]);
    expect((await drover([...words, '--force'])).code).toBe(64);
    expect((await drover([...words, '--force', '--yes'])).code).toBe(0);
    expect(api.sent('POST', '/v1/vms/web/reboot').map(({ body }) => body)).toEqual([
      { mode: 'graceful' },
      { mode: 'force' },
    ]);
  });

  it('only says what it would do with --dry-run', async () => {
    const api = await serve(routes);
    const { stdout } = await drover(['--api', api.url, 'vm', 'reboot', 'web', '--dry-run']);
    expect(stdout).toBe('web on h2: its power button is pressed\n');
  });
});

it.each(['pause', 'unpause'] as const)('vm %s waits for its end', async (verb) => {
  const ended = operation(verb, { ...about, state: 'succeeded', done: true });
  const api = await serve({
    [`POST /v1/vms/web/${verb}`]: () => accepted(operation(verb, about)),
    [`POST /v1/vms/web/${verb}?dryRun=true`]: () => ok(plan),
    'GET /v1/operations/op-1': () => ok(ended),
  });
  const { code, stdout } = await drover(['--api', api.url, 'vm', verb, 'web']);
  expect([code, stdout]).toEqual([0, expect.stringContaining('web ')]);
  expect((await drover(['--api', api.url, 'vm', verb, 'web', '-n'])).stdout).toContain('on h2');
});

describe('vm resize', () => {
  const ended = operation('resize', { ...about, state: 'succeeded', done: true });
  const sized = { ...plan, when: 'now', what: 'it gets 4 vCPUs and 2048 MiB while it runs' };
  const routes = {
    'POST /v1/vms/web/resize': () => accepted(operation('resize', about)),
    'POST /v1/vms/web/resize?dryRun=true': () => ok(sized),
    'GET /v1/operations/op-1': () => ok(ended),
  };

  it('waits for its end, and asks for what was said alone', async () => {
    const api = await serve(routes);
    const words = ['--api', api.url, 'vm', 'resize', 'web'];
    const { code, stdout } = await drover([...words, '--vcpus', '4', '--memory', '2GiB']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('web is resized')]);
    await drover([...words, '--memory', '512MiB', '--at-next-start']);
    expect(api.sent('POST', '/v1/vms/web/resize').map(({ body }) => body)).toEqual([
      { vcpus: 4, memoryMib: 2048 },
      { memoryMib: 512, atNextStart: true },
    ]);
  });

  it('only says what it would do with --dry-run', async () => {
    const api = await serve(routes);
    const words = ['--api', api.url, 'vm', 'resize', 'web', '--vcpus', '4', '-n'];
    expect((await drover(words)).stdout).toBe(
      'web on h2: it gets 4 vCPUs and 2048 MiB while it runs\n',
    );
  });

  it('of nothing is no resize', async () => {
    const { code, stderr } = await drover(['vm', 'resize', 'web', '--at-next-start']);
    expect([code, stderr]).toEqual([64, expect.stringContaining('--vcpus, --memory, or both')]);
  });
});

it('vm rename gives it the other name', async () => {
  const api = await serve({ 'POST /v1/vms/web/rename': () => ok(vm(1, 'shop')) });
  const { code, stdout } = await drover(['--api', api.url, 'vm', 'rename', 'web', 'shop']);
  expect([code, stdout]).toEqual([0, 'web is called shop now\n']);
  expect(api.sent('POST', '/v1/vms/web/rename')[0]?.body).toEqual({ name: 'shop' });
});

describe('vm clone', () => {
  const copy = operation('volume-create', { vmId: idOf(2) });
  const web2 = vm(2, 'web2');
  const { hostId: _host, ...off } = { ...web2, state: 'stopped' };
  const cloning = (end: Partial<ReturnType<typeof operation>>) =>
    serve({
      'POST /v1/vms/web/clone': () => accepted({ vm: off, operations: [copy] }),
      'GET /v1/operations/op-1': () => ok({ ...copy, ...end, done: true }),
      [`GET /v1/vms/${idOf(2)}`]: () => ok(off),
    });

  it('waits until its disks are there', async () => {
    const api = await cloning({ state: 'succeeded' });
    const { code, stdout } = await drover(['--api', api.url, 'vm', 'clone', 'web', 'web2']);
    expect([code, stdout]).toEqual([0, 'web2 is there, and stopped\n']);
    expect(api.sent('POST', '/v1/vms/web/clone')[0]?.body).toEqual({ name: 'web2' });
  });

  it('that comes to nothing says what to do with what is left', async () => {
    const error = { code: 'pool-full', message: 'no room' };
    const api = await cloning({ state: 'failed', error });
    const { code, stderr } = await drover(['--api', api.url, 'vm', 'clone', 'web', 'web2']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('web2 is not whole: drover vm delete web2');
  });
});
