/** Whether a VM is moved for balance: given with it, changed, shown. */
import { expect, it } from 'vitest';
import { vm } from './support/bodies.ts';
import { drover } from './support/drover.ts';
import { ok } from './support/scripted-api.ts';
import { serving } from './support/serve.ts';

const serve = serving();
const web = vm(1, 'web');
const set = (balance: 'recommend' | 'never') => ({ ...web, spec: { ...web.spec, balance } });

it.each([
  ['never', set('never'), 'web is never moved for balance, and not recommended\n'],
  [
    'recommend',
    set('recommend'),
    'web is moved for balance by a person’s word only: its moves are recommended\n',
  ],
  ['cluster', web, 'web is moved for balance as the cluster’s mode says\n'],
])('vm set --balance %s is sent alone, and said', async (balance, answer, said) => {
  const api = await serve({ 'PATCH /v1/vms/web': () => ok(answer) });
  const end = await drover(['--api', api.url, 'vm', 'set', 'web', '--balance', balance]);
  expect([end.code, end.stdout]).toEqual([0, said]);
  expect(api.requests.map(({ body }) => body)).toEqual([{ balance }]);
});

it('goes together with labels', async () => {
  const api = await serve({
    'PATCH /v1/vms/web': () => ok({ ...web, spec: { ...web.spec, labels: { tier: 'db' } } }),
  });
  const words = ['vm', 'set', 'web', '-l', 'tier=db', '--balance', 'cluster'];
  const { stdout } = await drover(['--api', api.url, ...words]);
  expect(stdout.split('\n')).toHaveLength(3);
  expect(api.requests[0]?.body).toEqual({ labels: { tier: 'db' }, balance: 'cluster' });
});

it('anything else is not sent', async () => {
  const api = await serve({});
  const end = await drover(['--api', api.url, 'vm', 'set', 'web', '--balance', 'automatic']);
  expect(end.code).toBe(64);
  expect(end.stderr).toContain('cluster, recommend, never');
  expect(api.requests).toEqual([]);
});

it('vm create --balance is part of the spec', async () => {
  const api = await serve({ 'POST /v1/vms': () => ok({ vm: set('never') }) });
  const words = ['vm', 'create', 'web', '--memory', '1GiB', '--balance', 'never', '--no-start'];
  expect((await drover(['--api', api.url, ...words])).code).toBe(0);
  expect(api.requests[0]?.body).toMatchObject({ spec: { balance: 'never' } });
});

it('vm show says it where it was set', async () => {
  const answers = [set('never'), web];
  const api = await serve({ 'GET /v1/vms/web': () => ok(answers.shift()) });
  const shown = async () => (await drover(['--api', api.url, 'vm', 'show', 'web'])).stdout;
  expect(await shown()).toMatch(/^Balance: +never moved for balance, and not recommended$/m);
  expect(await shown()).not.toContain('Balance');
});
