/**
 * Balance on the real lab: what is recommended moves when a person says so in the console, stays when they say no, and
 * goes by itself where that was asked for; then nothing moves any more. Seen from outside as well.
 */
import { buildConsole, runningOn } from '@drover/deploy/lab';
import type { api } from '@drover/protocol';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openBrowser, openPage } from '../console/support/browser.ts';
import { Cluster, type RunningVm } from './support/cluster.ts';
import { until } from './support/until.ts';

/** The balancer looks once a minute, and wants to have seen it for one. */
const lookMs = { deadlineMs: 240_000, everyMs: 1_000 };

let cluster: Cluster;
let browser: Browser;
const vms: RunningVm[] = [];

beforeAll(async () => {
  await buildConsole(() => undefined);
  cluster = await Cluster.observed();
  await cluster.clear();
  browser = await openBrowser();
  await set({ aggressiveness: 5 });
  const others = cluster.lab.hosts.slice(1);
  for (const host of others) await cluster.api.send('POST', `/v1/hosts/${host}/cordon`);
  for (const name of ['one', 'two', 'three', 'four', 'five']) {
    const spec = cluster.tinySpec({ memoryMib: 256 });
    vms.push(await cluster.runVm(name, spec));
  }
  for (const host of others) await cluster.api.send('DELETE', `/v1/hosts/${host}/cordon`);
});
afterEach(() => cluster.expectNoHarm());
afterAll(async () => {
  await browser?.close();
  await set({});
  await cluster.leave();
});

/** What is not said is as ever. */
const set = (settings: object) =>
  cluster.api.expect<api.BalanceSettingsBody>(200, 'PUT', '/v1/settings/balance', settings);

const balance = () => cluster.api.expect<api.BalanceBody>(200, 'GET', '/v1/balance');

async function recommended(): Promise<readonly api.RecommendationBody[]> {
  const path = '/v1/recommendations';
  return (await cluster.api.expect<{ items: api.RecommendationBody[] }>(200, 'GET', path)).items;
}

/** One whose turn it is, and that hosts have nothing against. */
const first = () =>
  until(
    'a move is recommended',
    async () => (await recommended()).find((one) => one.after.length === 0 && one.checked),
    lookMs,
  );

async function moves(): Promise<readonly api.OperationBody[]> {
  const path = '/v1/operations?limit=200';
  const { items } = await cluster.api.expect<{ items: api.OperationBody[] }>(200, 'GET', path);
  return items.filter((one) => one.type === 'migrate' && vms.some(({ id }) => id === one.vmId));
}

it('a move is recommended with its reason, and made when a person approves it in the console', async () => {
  const [crowded = ''] = cluster.lab.hosts;
  expect(await runningOn(cluster.lab, crowded)).toHaveLength(5);
  const one = await first();
  expect(one.source).toBe(crowded);
  expect(one.unevenAfter).toBeLessThan(one.unevenBefore);
  expect(await moves()).toEqual([]);
  const { page, wrong } = await openPage(
    browser,
    `${cluster.lab.apiUrl}/recommendations#token=${cluster.lab.token}`,
  );
  const card = page.getByRole('article').filter({
    has: page.getByRole('heading', { name: one.vmName, exact: true }),
  });
  await card.getByText(one.source).first().waitFor();
  await card.getByRole('button', { name: 'Make the move' }).click();
  const move = await until('it moves', async () =>
    (await moves()).find(({ vmId }) => vmId === one.vmId),
  );
  const { target } = await cluster.ended(move.id, 'succeeded');
  expect(await cluster.hostsThatRun(one.vmName)).toEqual([target]);
  const { boot } = await cluster.counts(await cluster.api.vm(one.vmId));
  expect(boot).toBe(vms.find(({ id }) => id === one.vmId)?.boot);
  await card.waitFor({ state: 'detached' });
  expect(wrong).toEqual([]);
  await page.context().close();
});

it('a VM that a person does not want to be moved is left alone', async () => {
  const one = await first();
  await cluster.api.expect(200, 'POST', `/v1/recommendations/${one.id}/dismiss`, {});
  expect((await balance()).dismissed.map(({ vmId }) => vmId)).toEqual([one.vmId]);
  expect((await recommended()).map(({ vmId }) => vmId)).not.toContain(one.vmId);
});

it('balances by itself where that was asked for, until it is even; then nothing moves any more', async () => {
  const before = (await balance()).unevenBefore ?? 0;
  const made = (await moves()).length;
  await set({ aggressiveness: 5, mode: 'automatic', movesAtOnce: 1 });
  const calm = await until(
    'it is calm',
    async () => {
      const now = await balance();
      const all = await moves();
      const lastMs = Math.max(...all.map(({ endedAtMs = Infinity }) => endedAtMs));
      const isOver = all.length > made && (now.ranAtMs ?? 0) > lastMs;
      return now.calm !== undefined && isOver ? now : undefined;
    },
    lookMs,
  );
  expect(calm.unevenBefore ?? 0).toBeLessThan(before);
  const [dismissed] = calm.dismissed;
  const all = await moves();
  expect(all.every(({ state }) => state === 'succeeded')).toBe(true);
  // No VM twice: each was in its cooldown.
  expect(new Set(all.map(({ vmId }) => vmId)).size).toBe(all.length);
  expect(all.map(({ vmId }) => vmId)).not.toContain(dismissed?.vmId);
});
