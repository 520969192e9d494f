/**
 * The console in a real browser, on a made-up cluster behind the real API: every page in both themes and on a narrow
 * screen, without anything that axe calls wrong, and without a request that leaves the site.
 */
import { mkdirSync } from 'node:fs';
import { buildConsole } from '@drover/deploy/lab';
import { decodeJoinToken } from '@drover/join';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OidcLogin, oidcLogin } from '../../packages/api/src/shell/oidc-login.ts';
import { Issuer } from '../../packages/api/test/support/issuer.ts';
import { openBrowser, openPage, type Theme, violations } from './support/browser.ts';
import { MadeUpCluster, madeUpToken } from './support/made-up-cluster.ts';

let browser: Browser;
let cluster: MadeUpCluster;
let moving: string;
beforeAll(async () => {
  await buildConsole(() => undefined);
  [browser, cluster] = await Promise.all([
    openBrowser(),
    MadeUpCluster.start({ hosts: 6, vms: 42 }),
  ]);
  moving = cluster.someVmOn('h2');
});
afterAll(async () => {
  await browser?.close();
  await cluster?.[Symbol.asyncDispose]();
});

const signedIn = (path: string) => `${cluster.url}${path}#token=${madeUpToken}`;

const kept =
  /^(map|drain|vm|migrations|recommendations)-|-moving-|-filled-|rules-|^(vms|login|host|images)-light|^(pools|operations|settings)-dark|^vms-narrow/;

/** With `DROVER_SCREENSHOTS=1` what was seen of the main pages is kept for docs/. */
async function keep(page: Page, name: string): Promise<void> {
  if (process.env['DROVER_SCREENSHOTS'] === undefined || !kept.test(name)) return;
  const folder = new URL('../../docs/screenshots/', import.meta.url).pathname;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}${name}.png` });
}

const pages: readonly (readonly [name: string, path: () => string, shows: string])[] = [
  ['map', () => '/', 'Memory promised'],
  ['host', () => '/hosts/h2', 'What it is made of'],
  ['drain', () => '/hosts/h2/drain', 'Who moves'],
  ['vms', () => '/vms?sort=-memory', 'vCPUs'],
  ['vm', () => `/vms/${cluster.someVmOn('h3')}`, 'no CPU pressure'],
  ['screen', () => `/vms/${cluster.someVmOn('h3')}/console/vnc`, 'connected, on'],
  ['serial-line', () => `/vms/${cluster.someVmOn('h3')}/console/serial`, 'connected, on'],
  ['new-vm', () => '/vms/new', 'Where it would run'],
  ['migrations', () => '/migrations', 'Over time'],
  ['recommendations', () => '/recommendations', 'Make the move'],
  ['rules', () => '/rules', 'Make it hold'],
  ['pools', () => '/pools', 'Who reaches what'],
  ['pool', () => '/pools/fast', 'As the hosts find it'],
  ['images', () => '/images', 'Used by'],
  ['operations', () => '/operations', 'Asked'],
  ['operation', () => '/operations/01K00000000000000000000009', 'What was in the way'],
  ['events', () => '/events', 'Nothing has happened since'],
  ['settings', () => '/settings', 'How VMs are moved'],
  ['not-found', () => '/nothing', 'no such page'],
];

describe.each(['light', 'dark'] as const)('every page in %s colours', (theme: Theme) => {
  it.each(pages)('%s', async (name, path, shows) => {
    const { page, wrong } = await openPage(browser, signedIn(path()), { theme });
    await page.getByText(shows).first().waitFor();
    expect(await violations(page)).toEqual([]);
    expect(wrong).toEqual([]);
    await keep(page, `${name}-${theme}`);
    await page.context().close();
  });
});

it.each(pages)('%s fits a screen of 390 pixels', async (name, path, shows) => {
  const { page } = await openPage(browser, signedIn(path()), { width: 390, height: 844 });
  await page.getByText(shows).first().waitFor();
  const width = await page.evaluate<number>('document.documentElement.scrollWidth');
  expect(width).toBeLessThanOrEqual(390);
  await keep(page, `${name}-narrow`);
  await page.context().close();
});

it('what was used is drawn with its gap, said in words, and tells who is silent', async () => {
  const { page, wrong } = await openPage(browser, signedIn('/hosts/h2'));
  const cpu = page.getByRole('img', { name: /^CPU: mean .* cores, most .* at .* not measured/ });
  await cpu.waitFor();
  expect(await page.getByRole('img', { name: /: mean .*, most / }).count()).toBe(4);
  const drawn = await cpu.locator('path.mean').getAttribute('d');
  expect(drawn?.match(/M/g)).toHaveLength(2);
  await page.goto(signedIn(`/vms/${moving}`));
  await page.getByRole('img', { name: /^CPU wait: mean/ }).waitFor();
  expect(wrong).toEqual([]);
  await page.context().close();
});

describe('consoles', () => {
  it('go along with a VM that moves: who types goes on typing, and presses nothing', async () => {
    const vm = cluster.consoleVm;
    const path = `/vms/${moving}/console/serial`;
    const { page: serial, wrong } = await openPage(browser, signedIn(path));
    await serial.getByText('h1>').first().waitFor();
    await serial.keyboard.type('one');
    await serial.getByText('ONE').first().waitFor();
    const { page: screen } = await openPage(browser, signedIn(`/vms/${moving}/console/vnc`));
    await screen.locator('canvas').waitFor();
    await screen.keyboard.press('a');
    await seen('the screen has heard a key', () => vm.keys.includes(97));
    vm.move('h2');
    await serial.getByText('connected, on h2').waitFor();
    await serial.keyboard.type('two');
    await serial.getByText('TWO').first().waitFor();
    await screen.getByText('connected, on h2').waitFor();
    await screen.locator('canvas').waitFor();
    await seen('the screen hears keys again', async () => {
      await screen.keyboard.press('b');
      return vm.keys.includes(98);
    });
    vm.move('h1');
    expect(wrong).toEqual([]);
    await serial.context().close();
    await screen.context().close();
  });
});

async function seen(what: string, ask: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await ask())) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('signing in', () => {
  it('takes a token, and says what is wrong with one that is not known', async () => {
    const { page } = await openPage(browser, `${cluster.url}/vms`);
    await page.getByLabel('Token').fill('not-a-token');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('unauthenticated').waitFor();
    expect(await violations(page)).toEqual([]);
    await keep(page, 'login-light');
    await page.getByLabel('Token').fill(madeUpToken);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'VMs' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/vms');
    await page.context().close();
  });

  it('by a link leaves no token in the address, and none where a script could read it', async () => {
    const { page } = await openPage(browser, signedIn('/'));
    await page.getByRole('heading', { name: 'Hosts' }).waitFor();
    expect(page.url()).toBe(`${cluster.url}/`);
    const kept = 'JSON.stringify([document.cookie, { ...sessionStorage }, { ...localStorage }])';
    expect(await page.evaluate(kept)).toBe('["",{},{}]');
    await page.context().close();
  });
});

describe('signing in at an issuer', () => {
  it('comes back signed in as who the issuer says, or says why not', async () => {
    await using issuer = await Issuer.start();
    // Where the browser comes back to is known once the API listens.
    const later: { login?: OidcLogin } = {};
    const login = () => later.login ?? never();
    await using own = await MadeUpCluster.start({
      hosts: 2,
      vms: 4,
      oidcLogin: {
        label: 'the company',
        redirectUri: '',
        begin: () => login().begin(),
        end: (query, pass) => login().end(query, pass),
      },
    });
    const made = oidcLogin({
      issuer: issuer.url,
      audience: 'unused',
      jwksUri: `${issuer.url}/keys`,
      nameClaim: 'email',
      roleClaim: 'groups',
      roles: { ops: 'operator' },
      login: { clientId: issuer.clientId, redirectUri: `${own.url}/v1/login/oidc/callback` },
    });
    if (made !== undefined) later.login = made;
    const { page } = await openPage(browser, `${own.url}/vms`);
    const link = page.getByRole('link', { name: 'Sign in with the company' });
    await link.waitFor();
    expect(await violations(page)).toEqual([]);
    await keep(page, 'login-filled-light');
    issuer.claims = { sub: '2', email: 'eve', groups: ['others'] };
    await link.click();
    await page.getByText('oidc/eve: nothing in').waitFor();
    expect(page.url()).toBe(`${own.url}/`);
    issuer.claims = { sub: '1', email: 'anna', groups: ['ops'] };
    await page.getByRole('link', { name: 'Sign in with the company' }).click();
    await page.getByText('Memory promised').waitFor();
    const who = "fetch('/v1/session').then(async (answer) => (await answer.json()).name)";
    expect(await page.evaluate<string>(who)).toBe('oidc/anna');
    await page.goto(`${own.url}/settings`);
    await page.getByText('An admin makes tokens').waitFor();
    await page.context().close();
  });
});

function never(): never {
  throw new Error('nobody logs in before the API listens');
}

describe('a session', () => {
  it('outlives a reload, and makes changes', async () => {
    const { page, wrong } = await openPage(browser, signedIn('/hosts/h5'));
    await page.getByText('What it is made of').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Cordon', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cordon', exact: true }).click();
    await seen('it is cordoned', async () => {
      const response = await fetch(`${cluster.url}/v1/hosts/h5`, {
        headers: { authorization: `Bearer ${madeUpToken}` },
      });
      return ((await response.json()) as { state: string }).state === 'cordoned';
    });
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  it('is over once one signs out, in every tab', async () => {
    const { page } = await openPage(browser, signedIn('/'));
    await page.getByText('Memory promised').waitFor();
    const other = await page.context().newPage();
    await other.goto(`${cluster.url}/vms`);
    await other.getByRole('heading', { name: 'VMs' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Token').waitFor();
    await other.getByText('Your session has ended.').waitFor();
    await page.reload();
    await page.getByLabel('Token').waitFor();
    expect(await page.context().cookies()).toEqual([]);
    await page.context().close();
  });
});

describe('keys', () => {
  it('find a VM and go to it', async () => {
    const { page } = await openPage(browser, signedIn('/'));
    await page.getByText('Memory promised').waitFor();
    await page.keyboard.press('/');
    await page.getByRole('combobox').fill(moving);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: moving }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/vms/${moving}`);
    await page.context().close();
  });

  it('go from page to page, tell of themselves, and do nothing while one types', async () => {
    const { page } = await openPage(browser, signedIn('/'));
    await page.getByText('Memory promised').waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('p');
    await page.getByRole('heading', { name: 'Pools' }).waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('v');
    await page.getByLabel('Filter VMs by name').fill('gp');
    expect(new URL(page.url()).pathname).toBe('/vms');
    await page.context().close();
  });

  it('reach everything in order, first of all the way past the navigation', async () => {
    const { page } = await openPage(browser, signedIn('/'));
    await page.getByText('Memory promised').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate<string>('document.activeElement.textContent')).toBe(
      'Skip to the page',
    );
    await page.context().close();
  });
});

describe('a VM that moves', () => {
  it('is drawn on both hosts with a line and its percent, and glides when it has arrived', async () => {
    const { page, wrong } = await openPage(browser, signedIn('/'));
    const source = page.getByRole('region', { name: 'Host h2' });
    const target = page.getByRole('region', { name: 'Host h4' });
    await source.getByRole('link', { name: new RegExp(`^${moving} `) }).waitFor();
    await cluster.fly(moving, 'h4', 20);
    await source
      .getByRole('link', { name: `${moving}`, exact: false })
      .getByText('20 %')
      .waitFor();
    await target
      .getByRole('link', { name: `${moving}`, exact: false })
      .getByText('20 %')
      .waitFor();
    await cluster.fly(moving, 'h4', 63);
    await target.getByText('63 %').waitFor();
    expect(await page.locator('svg path.done').count()).toBe(1);
    expect(await violations(page)).toEqual([]);
    await keep(page, 'map-moving-light');

    // Where its tile is drawn, from one frame to the next, once it has landed.
    const glide = page.evaluate<readonly number[]>(`new Promise((resolve) => {
      const seen = [];
      const look = () => {
        const host = document.querySelector('[aria-label="Host h4"]');
        const tile = [...host.querySelectorAll('a.tile')].find((one) => one.textContent.includes('${moving}') && !one.textContent.includes('%'));
        if (tile) seen.push(Math.round(tile.getBoundingClientRect().left - host.getBoundingClientRect().left));
        if (seen.length > 10 && seen.at(-1) === seen.at(-4)) resolve(seen);
        else requestAnimationFrame(look);
      };
      look();
    })`);
    await cluster.land(moving, 'h4');
    const places = await glide;
    expect(places[0]).toBeLessThan(-100);
    expect(new Set(places).size).toBeGreaterThan(3);
    await source
      .getByRole('link', { name: new RegExp(`^${moving} `) })
      .waitFor({ state: 'detached' });
    expect(wrong).toEqual([]);
    await page.context().close();
  });
});

it('the head of the map says what loss is borne, and opened why, with the command that says more', async () => {
  const { page, wrong } = await openPage(browser, signedIn('/'));
  await page.getByText('may be lost').click();
  await page.getByText('Every VM would be started again elsewhere.').waitFor();
  await page.getByRole('button', { name: 'Copy “drover cluster headroom”' }).waitFor();
  expect(await violations(page)).toEqual([]);
  expect(wrong).toEqual([]);
  await page.context().close();
});

it('a VM that runs can be saved and paused, each with what comes of it and its command', async () => {
  const name = cluster.someVmOn('h3');
  const { page } = await openPage(browser, signedIn(`/vms/${name}`));
  for (const [verb, says] of [
    ['Save', 'written to a file'],
    ['Pause', 'keeps its memory and its place'],
  ] as const) {
    await page.getByRole('button', { name: verb, exact: true }).click();
    const dialog = page.getByRole('dialog', { name: `${verb} ${name}` });
    await dialog.getByText(says).waitFor();
    const command = `drover vm ${verb.toLowerCase()} ${name}`;
    await dialog.getByRole('button', { name: `Copy “${command}”` }).waitFor();
    expect(await violations(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Not now' }).click();
  }
  expect(await page.getByRole('button', { name: /^(Resume|Unpause)$/ }).count()).toBe(0);
  await page.context().close();
});

describe('a drain under way', () => {
  it('is paused and resumed, says that its deadline goes on, and tries one that stays again', async () => {
    await using own = await MadeUpCluster.start({ hosts: 4, vms: 16 });
    const stuck = await own.draining('h2');
    const address = `${own.url}/hosts/h2/drain#token=${madeUpToken}`;
    const { page, wrong } = await openPage(browser, address);
    await page.getByText('No move begins after').waitFor();
    await page.getByRole('button', { name: 'Copy “drover host drain h2 --pause”' }).waitFor();
    await page.getByRole('button', { name: 'Pause', exact: true }).press('Enter');
    await page.getByText(/^Paused by anna: 0 of \d+ moved, 1 cannot leave/).waitFor();
    await page.getByText('that time goes on while it is paused').waitFor();
    await page.getByRole('button', { name: 'Copy “drover host drain h2 --resume”' }).waitFor();
    expect(await violations(page)).toEqual([]);
    const command = `drover host drain h2 --retry ${stuck}`;
    await page.getByRole('button', { name: `Copy “${command}”` }).waitFor();
    const asking = page.waitForRequest((one) => one.url().endsWith('/drain/retry'));
    await page.getByRole('button', { name: `Try again: ${stuck}` }).click();
    expect((await asking).postDataJSON()).toEqual({ vm: stuck });
    await page.getByRole('button', { name: 'Go on', exact: true }).click();
    await page.getByText(/^0 of \d+ moved, 1 cannot leave/).waitFor();
    expect(await read(own, '/v1/hosts/h2/drain')).not.toHaveProperty('paused');
    expect(wrong).toEqual([]);
    await page.context().close();
  });
});

describe('a host that was emptied', () => {
  it('gets the VMs back that the drain moved away, those that were shown and no others', async () => {
    await using own = await MadeUpCluster.start({ hosts: 4, vms: 16 });
    const [paused = '', ...others] = await own.drained('h2');
    expect(others.length).toBeGreaterThan(1);
    await own.pause(paused);
    const address = `${own.url}/hosts/h2#token=${madeUpToken}`;
    const { page, wrong } = await openPage(browser, address);
    await page.getByText('drained').first().waitFor();
    await page.getByRole('button', { name: 'Bring VMs back' }).click();
    const dialog = page.getByRole('dialog', { name: 'Bring the VMs of h2 back' });
    await dialog.getByText(`${others.length} VMs go back, in about`).waitFor();
    await dialog.getByText('1 VM cannot go back.').waitFor();
    await dialog.getByText(`${paused} stays where it runs. unpause it, or stop it`).waitFor();
    const rows = await dialog.getByRole('row').allInnerTexts();
    const shown = rows.slice(1).map((text) => text.split('\t')[0] ?? '');
    expect(shown.toSorted()).toEqual(others.toSorted());
    const command = 'drover host restore h2 --move-back';
    await dialog.getByRole('button', { name: `Copy “${command}”` }).waitFor();
    expect(await violations(page)).toEqual([]);
    const asking = page.waitForRequest((one) => one.url().endsWith('/restore'));
    await dialog.getByRole('button', { name: 'Bring them back' }).click();
    const { plan } = (await asking).postDataJSON() as { plan: readonly { target: string }[] };
    expect(plan.map(({ target }) => target)).toEqual(others.map(() => 'h2'));
    await page.waitForURL(/\/operations\//);
    expect(await operationOf(own, page)).toMatchObject({ type: 'restore', hostId: 'h2' });
    // It takes VMs again from the moment on that it was asked for.
    expect(await read(own, '/v1/hosts/h2')).toMatchObject({ state: 'ready' });
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  it('of which nobody is away any more says so, and only takes VMs again', async () => {
    await using own = await MadeUpCluster.start({ hosts: 4, vms: 0 });
    await own.drained('h2');
    const address = `${own.url}/hosts/h2#token=${madeUpToken}`;
    const { page } = await openPage(browser, address);
    await page.getByRole('button', { name: 'Bring VMs back' }).click();
    await page
      .getByRole('dialog')
      .getByText(/^No drain has moved a VM away .* takes new VMs again/)
      .waitFor();
    expect(await page.getByRole('dialog').getByRole('table').count()).toBe(0);
    await page.context().close();
  });
});

describe('a host that is down', () => {
  it('is forgotten once its name was typed; one that has VMs is not, and says which', async () => {
    await using own = await MadeUpCluster.start({ hosts: 4, vms: 16 });
    await own.drained('h2');
    own.lose('h2');
    own.lose('h1');
    const addressOf = (host: string) => `${own.url}/hosts/${host}#token=${madeUpToken}`;
    const { page, wrong } = await openPage(browser, addressOf('h3'));
    await page.getByText('What it is made of').waitFor();
    expect(await page.getByRole('button', { name: 'Forget this host' }).count()).toBe(0);

    await page.goto(addressOf('h1'));
    const busy = await forgetDialog(page, 'h1');
    await busy.getByLabel('Type h1 to go on').fill('h1');
    await busy.getByRole('button', { name: 'Forget this host' }).click();
    await busy.getByText('host-in-use').waitFor();
    await busy.getByText(/are on h1: start its VMs elsewhere/).waitFor();
    await busy.getByRole('button', { name: 'Not now' }).click();

    await page.goto(addressOf('h2'));
    const dialog = await forgetDialog(page, 'h2');
    const go = dialog.getByRole('button', { name: 'Forget this host' });
    expect(await go.isDisabled()).toBe(true);
    await dialog.getByLabel('Type h2 to go on').fill('h1');
    expect(await go.isDisabled()).toBe(true);
    await dialog.getByLabel('Type h2 to go on').fill('h2');
    await dialog.getByRole('button', { name: 'Copy “drover host forget h2”' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await go.click();
    await page.waitForURL(/\/operations\//);
    expect(await operationOf(own, page)).toMatchObject({ type: 'forget-host', hostId: 'h2' });
    expect(wrong).toEqual([]);
    await page.context().close();
  });
});

async function forgetDialog(page: Page, hostId: string) {
  await page.getByRole('heading', { name: hostId }).waitFor();
  await page.getByRole('button', { name: 'Forget this host' }).click();
  return page.getByRole('dialog', { name: `Forget ${hostId}` });
}

async function read(of: MadeUpCluster, path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${madeUpToken}` };
  return (await fetch(`${of.url}${path}`, { headers })).json();
}

/** The one whose page this is. */
function operationOf(of: MadeUpCluster, page: Page): Promise<unknown> {
  return read(of, `/v1${new URL(page.url()).pathname}`);
}

it('a token for one more host is made, and shown once as the command for that machine', async () => {
  const { page, wrong } = await openPage(browser, signedIn('/settings'));
  await page.getByLabel('Host', { exact: true }).fill('h99');
  await page.getByRole('button', { name: 'Make a join token' }).click();
  await page.getByText('For h99, until').waitFor();
  const copy = page.getByRole('button', { name: /^Copy “drover-agent join drover-join-/ });
  await copy.click();
  const command = await page.evaluate<string>('navigator.clipboard.readText()');
  const token = decodeJoinToken(command.replace('drover-agent join ', ''));
  expect(token.addresses).toEqual(['https://api.example:8440']);
  expect(await violations(page)).toEqual([]);
  expect(wrong).toEqual([]);
  await keep(page, 'settings-filled-light');
  await page.getByLabel('Host', { exact: true }).fill('Not A Name');
  await page.getByRole('button', { name: 'Make a join token' }).click();
  await page.getByText('invalid-body').waitFor();
  await page.context().close();
});

it('a token is made, shown once, listed with what it may, and revoked', async () => {
  const { page, wrong } = await openPage(browser, signedIn('/settings'));
  const card = page.locator('section', { has: page.getByRole('heading', { name: 'Tokens' }) });
  await card.getByLabel('Name', { exact: true }).fill('ci');
  await card.getByRole('combobox', { name: /^Role/ }).selectOption('operator');
  await card.getByRole('combobox', { name: /^Good for/ }).selectOption('30d');
  const command = 'drover token create ci --role operator --expires 30d';
  await card.getByRole('button', { name: `Copy “${command}”` }).waitFor();
  await card.getByRole('button', { name: 'Make a token' }).click();
  await card.getByText('shown this once').waitFor();
  const row = card.getByRole('row').filter({ hasText: 'ci' });
  await row.getByText(/^in (29d23h|30d0h)/).waitFor();
  expect(await row.innerText()).toContain('operator');
  const asked = await fetch(`${cluster.url}/v1/tokens/ci`, {
    headers: { authorization: `Bearer ${madeUpToken}` },
  });
  expect(await asked.json()).toMatchObject({ name: 'ci', role: 'operator', owner: 'anna' });
  expect(await violations(page)).toEqual([]);
  await row.getByRole('button', { name: 'Revoke ci' }).click();
  await page.getByRole('dialog').getByText('good for nothing').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
  await row.waitFor({ state: 'detached' });
  expect(wrong).toEqual([]);
  await page.context().close();
});

it('the page of events says who changed what and who was denied, to be filtered', async () => {
  await fetch(`${cluster.url}/v1/vms`, { headers: { authorization: 'Bearer nobody' } });
  const { page, wrong } = await openPage(browser, signedIn('/events'));
  await page.getByText('denied: unauthenticated').first().waitFor();
  await page.getByText('POST /v1/session').first().waitFor();
  await page.getByLabel('Filter events by words').fill('denied /v1/vms');
  await page.getByText('POST /v1/session').first().waitFor({ state: 'detached' });
  await page.getByText('denied: unauthenticated').first().waitFor();
  expect(await violations(page)).toEqual([]);
  expect(wrong).toEqual([]);
  await page.context().close();
});

it('a VM that is off gets another name, or a new VM like it; one that runs is rebooted', async () => {
  const headers = { authorization: `Bearer ${madeUpToken}`, 'content-type': 'application/json' };
  const spec = { vcpus: 1, memoryMib: 512, disks: [], networks: [] };
  const body = JSON.stringify({ name: 'spare', spec, start: false });
  await fetch(`${cluster.url}/v1/vms`, { method: 'POST', headers, body });
  const { page, wrong } = await openPage(browser, signedIn('/vms/spare'));
  await page.getByRole('button', { name: 'Rename', exact: true }).click();
  const rename = page.getByRole('dialog', { name: 'Rename spare' });
  await rename.getByLabel('New name').fill('Not A Name');
  const go = rename.getByRole('button', { name: 'Rename', exact: true });
  expect(await go.isDisabled()).toBe(true);
  await rename.getByLabel('New name').fill('shop');
  await rename.getByRole('button', { name: 'Copy “drover vm rename spare shop”' }).waitFor();
  expect(await violations(page)).toEqual([]);
  await go.click();
  await page.getByRole('heading', { name: 'shop' }).waitFor();
  await page.getByRole('button', { name: 'Clone', exact: true }).click();
  const clone = page.getByRole('dialog', { name: 'Clone shop' });
  await clone.getByLabel('Name of the new VM').fill('shop-2');
  await clone.getByRole('button', { name: 'Clone', exact: true }).click();
  await page.getByRole('heading', { name: 'shop-2' }).waitFor();
  expect(await page.getByRole('button', { name: 'Reboot', exact: true }).count()).toBe(0);
  await page.goto(signedIn(`/vms/${cluster.otherVmOn('h3')}`));
  await page.getByRole('button', { name: 'Reboot', exact: true }).click();
  await page.getByRole('dialog').getByLabel('Press reset instead').check();
  await page.getByRole('dialog').getByRole('button', { name: 'Press reset' }).waitFor();
  await page.getByRole('button', { name: /^Copy “drover vm reboot .* --force”$/ }).waitFor();
  expect(wrong).toEqual([]);
  await page.context().close();
});

it('each action tells the command that does the same, and gives it to be pasted', async () => {
  const { page } = await openPage(browser, signedIn('/hosts/h2/drain'));
  await page.getByRole('button', { name: 'Copy “drover host drain h2”' }).click();
  await page.getByText('Copied').waitFor();
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe('drover host drain h2');
  await page.context().close();
});

it('a rule tells what it would take while one chooses, and what is saved stands in the list', async () => {
  const { page, wrong } = await openPage(browser, signedIn('/rules'));
  await page.getByText('Broken by').waitFor();
  await page.getByRole('button', { name: 'New rule' }).click();
  const dialog = page.getByRole('dialog', { name: 'New rule' });
  await dialog.getByText('It needs a name.').waitFor();
  await dialog.getByLabel('Name', { exact: true }).fill('api-apart');
  const vms = dialog.getByLabel('VMs', { exact: true });
  // Two on one host, whatever was moved before.
  await vms.fill(`${cluster.someVmOn('h3')}, ${cluster.otherVmOn('h3')}`);
  await vms.press('Enter');
  await dialog.getByText(/would make it hold/).waitFor();
  await dialog
    .getByRole('button', { name: /^Copy “drover rule create api-apart apart --vm / })
    .waitFor();
  expect(await violations(page)).toEqual([]);
  await keep(page, 'rules-filled-light');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'api-apart' }).waitFor();
  await page
    .getByRole('article')
    .filter({ hasText: 'db-apart' })
    .getByRole('button', { name: 'Make it hold' })
    .click();
  const asked = page.getByRole('dialog', { name: 'Make db-apart hold' });
  await asked.getByRole('row').nth(1).waitFor();
  await asked.getByText(/1 move would make it hold/i).waitFor();
  expect(wrong).toEqual([]);
  await page.context().close();
});

it('a resize tells what would be done before it may be asked for', async () => {
  const { page, wrong } = await openPage(browser, signedIn(`/vms/${cluster.someVmOn('h3')}`));
  await page.getByRole('button', { name: 'Resize', exact: true }).click();
  const dialog = page.getByRole('dialog');
  const go = dialog.getByRole('button', { name: /^Resize/ });
  expect(await go.isDisabled()).toBe(true);
  await dialog.getByLabel('vCPUs', { exact: true }).fill('4');
  await dialog.getByLabel('Leave it as it runs; it starts so next.').check();
  await dialog.getByText('it gets 4 vCPUs').waitFor();
  await dialog.getByRole('button', { name: 'Resize at its next start', exact: true }).waitFor();
  expect(await go.isDisabled()).toBe(false);
  await dialog.getByRole('button', { name: /^Copy “drover vm resize .*4/ }).waitFor();
  expect(await violations(page)).toEqual([]);
  expect(wrong).toEqual([]);
  await page.context().close();
});

it('the page of balance tells what became of what was recommended before', async () => {
  const { page, wrong } = await openPage(browser, signedIn('/recommendations'));
  const card = page.locator('section', {
    has: page.getByRole('heading', { name: 'What became of those before' }),
  });
  const row = (words: string) => card.getByRole('row').filter({ hasText: words });
  await row('withdrawn').getByText('is cordoned').waitFor();
  await row('applied by anna').getByText('failed').waitFor();
  await row('made by itself').getByText('moved in').waitFor();
  await page.getByRole('button', { name: 'Not this one' }).click();
  await row('dismissed by anna').getByText('left alone').waitFor();
  await card.getByRole('button', { name: 'Copy “drover balance history”' }).waitFor();
  expect(await violations(page)).toEqual([]);
  expect(wrong).toEqual([]);
  // The one that says why leads to all that is known of the move.
  await row('applied by anna').getByRole('link', { name: 'failed' }).click();
  await page.waitForURL(/\/operations\//);
  await page.context().close();
});

it('whether a VM is moved for balance is set where it is shown, and each choice says what it means', async () => {
  const name = cluster.someVmOn('h4');
  const { page, wrong } = await openPage(browser, signedIn(`/vms/${name}`));
  await page.getByText('moved for balance as the cluster’s mode says').waitFor();
  await page.getByRole('button', { name: 'Balance', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: `Balance of ${name}` });
  const go = dialog.getByRole('button', { name: 'Set it' });
  await dialog.getByText('Moved for balance by a person’s word only').waitFor();
  await dialog.getByText('Drains, rules that are enforced and people').waitFor();
  expect(await go.isDisabled()).toBe(true);
  // By the keys alone.
  await dialog.getByRole('radio', { name: /^cluster/ }).focus();
  await page.keyboard.press('ArrowUp');
  const command = `drover vm set ${name} --balance never`;
  await dialog.getByRole('button', { name: `Copy “${command}”` }).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Enter');
  await dialog.waitFor({ state: 'detached' });
  await page.getByText('never moved for balance, and not recommended').waitFor();
  expect(await read(cluster, `/v1/vms/${name}`)).toMatchObject({ spec: { balance: 'never' } });
  expect(wrong).toEqual([]);
  await page.context().close();
});

it('a form tells where a VM would run while one types', async () => {
  const { page } = await openPage(browser, signedIn('/vms/new'));
  await page.getByLabel('Image', { exact: true }).fill('debian-13');
  await page.getByText('as things are now').waitFor();
  expect(await violations(page)).toEqual([]);
  await keep(page, 'new-vm-filled-light');
  await page.getByLabel('Memory', { exact: true }).fill('1TiB');
  await page.getByText('No host can take it').waitFor();
  await page
    .getByText(/needs 1TiB of memory/)
    .first()
    .waitFor();
  await page.context().close();
});
