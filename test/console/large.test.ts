/** 60 hosts with 2,000 VMs in a real browser: what a change costs, and that the page still follows a hand. */
import { buildConsole } from '@drover/deploy/lab';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser, openPage } from './support/browser.ts';
import { MadeUpCluster, madeUpToken } from './support/made-up-cluster.ts';

let browser: Browser;
let cluster: MadeUpCluster;
beforeAll(async () => {
  await buildConsole(() => undefined);
  [browser, cluster] = await Promise.all([
    openBrowser(),
    MadeUpCluster.start({ hosts: 60, vms: 2000 }),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await cluster?.[Symbol.asyncDispose]();
});

/**
 * What the browser's own thread spent on script, style and layout since the page is watched, in milliseconds: its own account,
 * not a wall clock that others on the machine share.
 */
async function watch(page: Page): Promise<() => Promise<number>> {
  const client = await page.context().newCDPSession(page);
  await client.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spent = async () => {
    const { metrics } = await client.send('Performance.getMetrics');
    const counted = ['ScriptDuration', 'LayoutDuration', 'RecalcStyleDuration'];
    const seconds = metrics.filter(({ name }) => counted.includes(name));
    return seconds.reduce((sum, { value }) => sum + value * 1000, 0);
  };
  const before = await spent();
  return async () => (await spent()) - before;
}

it('the map of 2,000 VMs shows all their names, and frames stay short while VMs move', async () => {
  const { page } = await openPage(browser, `${cluster.url}/?group=rack#token=${madeUpToken}`);
  await page.getByText('Memory promised').waitFor();
  expect(await page.locator('a.tile').count()).toBe(2000);
  expect(await page.locator('section.column').count()).toBe(60);
  const names = await page.locator('a.tile .name').allTextContents();
  expect(new Set(names).size).toBe(2000);

  const spent = await watch(page);
  let changes = 0;
  for (const name of cluster.vmNames.slice(0, 20)) {
    const target = cluster.hostOf(name) === 'h1' ? 'h2' : 'h1';
    const column = page.getByRole('region', { name: `Host ${target}`, exact: true });
    await cluster.fly(name, target, 50);
    await column.getByText('50 %').first().waitFor();
    await cluster.land(name, target);
    await column.locator(`a.tile[aria-label^="${name} "][aria-label$="running"]`).waitFor();
    changes += 2;
  }
  const ms = (await spent()) / changes;
  console.log(`a change costs ${ms.toFixed(1)} ms, its gliding included`);
  expect(ms).toBeLessThan(100);
  await page.context().close();
});

it('filtering 2,000 VMs answers to each letter', async () => {
  const { page } = await openPage(browser, `${cluster.url}/#token=${madeUpToken}`);
  await page.getByText('Memory promised').waitFor();
  const spent = await watch(page);
  const texts = ['d', 'db', 'db-', 'db-1', 'db-12', ''];
  for (const text of texts) {
    await page.getByLabel('Filter VMs by name').fill(text);
    const faded = page.locator('a.tile.dimmed');
    await (text === '' ? faded.first().waitFor({ state: 'detached' }) : faded.first().waitFor());
  }
  const ms = (await spent()) / texts.length;
  console.log(`a letter costs ${ms.toFixed(1)} ms`);
  expect(ms).toBeLessThan(100);
  await page.context().close();
});
