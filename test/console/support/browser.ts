/** Chromium of the distribution, without a window: pages, what they asked for, what axe finds on them. */
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';

export type Theme = 'light' | 'dark';

interface Found {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly {
    readonly target: readonly string[];
    readonly failureSummary?: string;
  }[];
}

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['DROVER_CHROMIUM'] ?? '/usr/bin/chromium',
    // The tests run as root, where its own sandbox cannot be made.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
}

export interface Sheet {
  readonly page: Page;
  /** Addresses of other sites that were asked for, and what the page complained of. */
  readonly wrong: readonly string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  {
    theme = 'light',
    width = 1280,
    height = 800,
  }: { theme?: Theme; width?: number; height?: number } = {},
): Promise<Sheet> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
    reducedMotion: 'no-preference',
  });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const wrong: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) wrong.push(request.url());
  });
  page.on('pageerror', (error) => wrong.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of (4|5)\d\d/.test(message.text()))
      wrong.push(message.text());
  });
  await page.goto(url);
  return { page, wrong };
}

/** What axe finds wrong, a line each; nothing is left out. */
export async function violations(page: Page): Promise<readonly string[]> {
  // Colours in the middle of a change are neither the one nor the other.
  await page.evaluate(
    `Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))`,
  );
  // The page allows no script of others, which is what this one is: it comes by the debugger's way.
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axe.source });
  const { result } = await session.send('Runtime.evaluate', {
    expression: `axe.run(document, { resultTypes: ['violations'] }).then((found) => JSON.stringify(found.violations))`,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach();
  return (JSON.parse(String(result.value)) as readonly Found[]).flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ target, failureSummary = '' }) =>
        `${id}: ${help} at ${target.join(' ')} ${failureSummary.split('\n').slice(0, 3).join(' ')}`,
    ),
  );
}
