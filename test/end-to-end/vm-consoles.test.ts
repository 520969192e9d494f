/** Both consoles of a VM in a real browser, on real hosts: who types goes on typing while it moves, and presses nothing. */
import { buildConsole } from '@drover/deploy/lab';
import type { api } from '@drover/protocol';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser, openPage, type Sheet } from '../console/support/browser.ts';
import { Cluster, type RunningVm } from './support/cluster.ts';
import { until } from './support/until.ts';

let cluster: Cluster;
let browser: Browser;
let vm: RunningVm;
let serial: Sheet;
let screen: Sheet;
const name = 'typed';

beforeAll(async () => {
  await buildConsole(() => undefined);
  cluster = await Cluster.observed();
  await cluster.clear();
  browser = await openBrowser();
  vm = await cluster.runVm(name);
  serial = await opened('serial');
  screen = await opened('vnc');
});
afterAll(async () => {
  await browser?.close();
  await cluster.leave();
});

async function opened(type: 'serial' | 'vnc'): Promise<Sheet> {
  const address = `${cluster.lab.apiUrl}/vms/${name}/console/${type}#token=${cluster.lab.token}`;
  const sheet = await openPage(browser, address);
  await connected(sheet, vm.hostId);
  return sheet;
}

const connected = (sheet: Sheet, host: string) =>
  sheet.page.getByText(`connected, on ${host}`).waitFor();

/** The shell in the VM computes the sum, so that what is read is its answer and no echo. */
async function answer(typing: Page, mark: string, onto = ''): Promise<string> {
  // A line that has lost letters to the switch-over is ended, and gone.
  return await until(`the shell answers ${mark}`, async () => {
    await type(typing, `\necho ${mark}-$((40+2))${onto}\n`);
    const seen = serial.page.getByText(`${mark}-42`).first();
    return seen.waitFor({ timeout: 5_000 }).then(
      () => `${mark}-42`,
      () => undefined,
    );
  });
}

/** A screen is sent keys and no letters: on an American keyboard these are below others. */
const withShift = new Map([
  ['$', 'Digit4'],
  ['(', 'Digit9'],
  [')', 'Digit0'],
  ['+', 'Equal'],
  ['>', 'Period'],
  ['S', 'KeyS'],
]);

async function type({ keyboard }: Page, text: string): Promise<void> {
  for (const letter of text) {
    const below = withShift.get(letter);
    const key = letter === '\n' ? 'Enter' : letter;
    await keyboard.press(below === undefined ? key : `Shift+${below}`);
  }
}

it('the serial line is typed into, and answers', async () => {
  expect(await answer(serial.page, 'line')).toBe('line-42');
});

it('what is typed on the screen reaches the same VM', async () => {
  expect(await answer(screen.page, 'screen', ' >/dev/ttyS0')).toBe('screen-42');
});

it('both go along while it moves: typing goes on, without a click', async () => {
  const target = cluster.lab.hosts.find((host) => host !== vm.hostId) ?? '';
  await cluster.slowDown(vm.hostId, name, 6);
  const path = `/v1/vms/${vm.id}/migrate`;
  const { id } = await cluster.api.expect<api.OperationBody>(202, 'POST', path, { target });
  await until('it is being moved', async () =>
    (await cluster.api.vm(vm.id)).state === 'migrating' ? true : undefined,
  );
  await answer(serial.page, 'amid');
  expect((await cluster.api.operation(id)).done).toBe(false);
  await answer(screen.page, 'seen', ' >/dev/ttyS0');
  await cluster.ended(id, 'succeeded');
  await connected(serial, target);
  await answer(serial.page, 'after');
  await connected(screen, target);
  await answer(screen.page, 'shown', ' >/dev/ttyS0');
  expect((await cluster.counts(await cluster.api.vm(vm.id))).boot).toBe(vm.boot);
  expect([...serial.wrong, ...screen.wrong]).toEqual([]);
  await cluster.expectNoHarm();
});
