// The trace at hand: the chip of an answer, its panel, and the page of a trace.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launch, present, Visit } from './chromium.ts';
import { type Stack, startStack } from './stack.ts';

const MS = 'npm:ms@2.0.0';
/** What a waiting reader is told. */
const LATE = { timeout: 60_000 };

describe.skipIf(!present)('the trace chip', () => {
  let stack: Stack;
  let browser: Browser;
  let visit: Visit;
  const open = async (path: string): Promise<Page> => {
    visit = await Visit.to(browser, stack.site.url + path);
    return visit.page;
  };
  const chip = (page: Page, name: string) => page.locator('.chip').filter({ hasText: `${name} trace` });
  const fault = (page: Page, method: string, said: string) =>
    page.route(`**/${method}`, (route) => route.continue({ headers: { ...route.request().headers(), 'x-throughline-fault': said } }));
  /** The lines of the waterfall: service and operation, and what stands on it. */
  const lines = (page: Page, what = '.of, .op, p strong'): Promise<string[]> =>
    page.getByRole('region', { name: 'Waterfall' }).locator('tbody tr').evaluateAll(
      (rows, what) => rows.map((row) => [...row.querySelectorAll(what)].map((it) => it.textContent?.trim()).join(' ')),
      what,
    );
  /** Holds back what the page has to send until it is let go. */
  const hold = async (page: Page): Promise<() => void> => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/tunnel', async (route) => {
      await held;
      await route.continue();
    });
    return release;
  };

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });
  beforeEach(() => () => visit?.page.context().close());

  it('has the time of each hop of an answer, as the late spans come, and its id to take along', async () => {
    const page = await open('/?node=npm:ms');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByLabel('Value of name').fill('timed');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Done: Edit npm:ms.').waitFor();
    await page.getByLabel('Search the graph').fill('debug');
    const searched = chip(page, 'Search');
    await searched.waitFor();
    const bar = searched.getByRole('img');
    await expect.poll(() => bar.getAttribute('aria-label'), LATE).toMatch(/^Time per hop: browser .*s, gateway .*s, service .*s, database .*s$/);
    await searched.getByRole('button', { name: 'Copy the trace id' }).click();
    await searched.getByText('Copied').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await searched.getAttribute('data-trace'));
    await page.getByRole('button', { name: 'Undo last change' }).click();
    await page.getByText('Undone: Edit npm:ms.').waitFor();
    // What the page read anew since has a trace of its own; this one is still at hand.
    await page.locator('.chip button').first().click();
    const traces = page.getByLabel('Trace of');
    await traces.selectOption((await traces.locator('option').filter({ hasText: 'Undo' }).getAttribute('value'))!);
    await expect.poll(() => chip(page, 'Undo').getByRole('img').getAttribute('aria-label'), LATE).toMatch(/browser .*, ssr .*, gateway .*, service .*, database /);
    expect(visit.complaints).toEqual([]);
  });

  it('opens the waterfall over all hops, which fills, with errors and logs on their bars', async () => {
    const page = await open('/?node=npm:ms');
    await page.getByRole('heading', { name: 'Edges' }).waitFor();
    await fault(page, 'Traverse', 'graph=reset-after:1');
    const release = await hold(page);
    await page.getByRole('button', { name: 'Expand VERSION_OF in' }).click();
    const failed = chip(page, 'Walk');
    await failed.getByRole('button').first().click();
    // What is behind the gateway is there before the page has sent its own.
    await page.getByText(/spans?, \d+ errors?; more may come/).waitFor(LATE);
    release();
    await page.getByText(/^\s*\d+ spans, 1 error\s*$/).waitFor(LATE);
    // The gateway tells of no error that the service told of, but has a line in its log, which it sends every few seconds: the trace
    // may be whole without it.
    await expect.poll(() => lines(page), LATE).toContainEqual(expect.stringMatching(/^gateway rpc\.server error$/));
    const all = await lines(page);
    expect(all[0]).toBe('browser ui.action');
    expect(all).toContainEqual(expect.stringMatching(/^graph rpc\.server error/));
    const id = await failed.getAttribute('data-trace');
    await page.goto(`${stack.site.url}/trace/${id}`);
    await expect.poll(() => lines(page), LATE).toEqual(all);
    expect(visit.complaints).toEqual([]);
  });

  it('fills as late spans arrive', async () => {
    const page = await open('/');
    const release = await hold(page);
    await page.getByLabel('Search the graph').fill('debug');
    await chip(page, 'Search').getByRole('button').first().click();
    await expect.poll(() => lines(page), LATE).toContainEqual(expect.stringMatching(/^graph rpc\.server/));
    const early = await lines(page);
    expect(early.filter((line) => line.startsWith('browser'))).toEqual([]);
    release();
    await expect.poll(async () => (await lines(page))[0], LATE).toBe('browser ui.action');
    expect(await lines(page)).toEqual(expect.arrayContaining(early));
    expect(visit.complaints).toEqual([]);
  });

  it('is there for what the server made, before anything is done', async () => {
    for (const path of [`/node/${MS}`, '/search?q=ms']) {
      const page = await open(path);
      const loaded = chip(page, 'Page');
      await loaded.waitFor();
      expect(await loaded.getAttribute('data-trace')).toBe(await visit.pageTrace());
      await expect.poll(() => loaded.getByRole('img').getAttribute('aria-label'), LATE).toMatch(/browser .*, ssr .*, gateway .*, service .*, database /);
      await page.context().close();
    }
  });

  it.each([
    ['graph', 'panic-stream'],
    ['graph', 'reset-after:1'],
    ['store', 'error:internal'],
  ])('says in the lab what became of %s=%s', async (hop, way) => {
    await stack.panic();
    const page = await open('/lab');
    await page.locator('astro-island:not([ssr])').first().waitFor();
    await page.getByLabel('Break').selectOption(hop);
    await page.getByLabel('so that it').selectOption(way);
    await page.getByLabel('Wait for').fill('30');
    await page.getByRole('button', { name: 'Break it' }).click();
    await expect.poll(() => page.locator('[data-result]').textContent()).toContain('The service');
    // An event, where it happened, and none of the page's; that the call failed stands in the log of the gateway, too.
    await expect.poll(async () => (await lines(page))[0], LATE).toMatch(/^browser ui\.action/);
    const told = async (): Promise<string[]> => (await lines(page, '.of, .op, .event strong')).filter((line) => / (error|fatal)$/.test(line));
    await expect.poll(told, LATE).toEqual([expect.stringMatching(/^graph rpc\.server/)]);
  });
});
