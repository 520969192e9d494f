/** The console in a real browser on the real lab: what an operator does with it, seen from outside as well. */
import { buildConsole, runningOn } from '@drover/deploy/lab';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser, openPage } from '../console/support/browser.ts';
import { Cluster } from './support/cluster.ts';
import { until } from './support/until.ts';

let cluster: Cluster;
let browser: Browser;
let page: Page;
let wrong: readonly string[];
const name = 'console-1';

beforeAll(async () => {
  await buildConsole(() => undefined);
  cluster = await Cluster.attach();
  await cluster.clear();
  browser = await openBrowser();
  ({ page, wrong } = await openPage(browser, cluster.lab.apiUrl));
});
afterAll(async () => {
  await browser?.close();
  await cluster.clear();
});

const column = (host: string) => page.getByRole('region', { name: `Host ${host}` });
const tile = (host: string) =>
  column(host).getByRole('link', { name: new RegExp(`^${name} .*running$`) });
const hostOf = async () => (await cluster.api.vm(name)).hostId ?? '';

it('signs in with a token, and shows the hosts', async () => {
  await page.getByLabel('Token').fill(cluster.lab.token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  for (const host of cluster.lab.hosts) await column(host).waitFor();
  expect(await page.getByRole('region', { name: /^Host / }).count()).toBe(cluster.lab.hosts.length);
});

it('makes a VM where the form said it would run, and the map shows it', async () => {
  await page.keyboard.press('n');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Image', { exact: true }).fill('tiny.qcow2');
  await page.getByLabel('Memory', { exact: true }).fill('128MiB');
  await page.getByText(/^On h\d, as things are now/).waitFor();
  await page.getByRole('button', { name: 'Make and start it' }).click();
  await page.getByRole('heading', { name }).waitFor();
  const host = await until('it runs', async () => {
    const vm = await cluster.api.vm(name);
    return vm.state === 'running' ? vm.hostId : undefined;
  });
  expect(await runningOn(cluster.lab, host)).toContain(name);
  await page.getByRole('link', { name: 'Drover, hosts' }).click();
  await tile(host).waitFor();
});

it('drains a host from its page: the plan first, then the VM as it goes, and the map has it elsewhere', async () => {
  const source = await hostOf();
  await column(source).getByRole('link', { name: source, exact: true }).click();
  await page.getByRole('link', { name: 'Drain', exact: true }).click();
  await page.getByText('1 VM moves').waitFor();
  await page.getByRole('link', { name }).waitFor();
  expect(await hostOf()).toBe(source);
  await page.getByRole('button', { name: 'Start the drain', exact: true }).click();
  await page.getByText(`${source} is empty: nothing is left on it`).waitFor();
  const target = await hostOf();
  expect(target).not.toBe(source);
  expect(await runningOn(cluster.lab, source)).toEqual([]);
  expect(await runningOn(cluster.lab, target)).toContain(name);
  await page.getByRole('button', { name: 'Uncordon', exact: true }).click();
  await cluster.ready();
  await page.getByRole('link', { name: 'Drover, hosts' }).click();
  await tile(target).waitFor();
});

it('cancels a drain: what was under way is aborted, and the VM runs on where it was', async () => {
  const source = await hostOf();
  await cluster.slowDown(source, name, 6);
  await page.goto(cluster.lab.apiUrl);
  await column(source).getByRole('link', { name: source, exact: true }).click();
  await page.getByRole('link', { name: 'Drain', exact: true }).click();
  await page.getByRole('button', { name: 'Start the drain', exact: true }).click();
  await page.getByRole('cell', { name: 'moving' }).waitFor();
  await page.getByRole('button', { name: 'Cancel the drain', exact: true }).click();
  await page.getByText(/^Cancelled: 0 of 1 had moved/).waitFor();
  expect(await hostOf()).toBe(source);
  expect(await runningOn(cluster.lab, source)).toContain(name);
  await cluster.ready();
});

it('stops and deletes a VM, each after a question', async () => {
  await page.goto(`${cluster.lab.apiUrl}/vms/${name}`);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Stop', exact: true }).click();
  await until('it is off', async () =>
    (await cluster.api.vm(name)).state === 'stopped' ? true : undefined,
  );
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  const question = page.getByRole('dialog');
  expect(await question.getByRole('button', { name: 'Delete', exact: true }).isDisabled()).toBe(
    true,
  );
  await question.getByLabel(`Type ${name} to go on`).fill(name);
  await question.getByRole('button', { name: 'Delete', exact: true }).click();
  await until('it is gone', async () => {
    const { status } = await cluster.api.send('GET', `/v1/vms/${name}`);
    return status === 404 ? true : undefined;
  });
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('VMs');
});

it('did all of it without a request that left the site, and without an error', () => {
  expect(wrong).toEqual([]);
});
