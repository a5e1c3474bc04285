// Which trace a page and what it calls belong to, on each way a page can come to be.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cache } from './cache.ts';
import { launch, present, Visit } from './chromium.ts';
import { CLICK, nodes, pathTo } from './inspector.ts';
import { type Stack, startStack } from './stack.ts';

describe.skipIf(!present)('the trace of', () => {
  let stack: Stack;
  let browser: Browser;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack({ site: { SITE_CACHE_SECONDS: '60' } }), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const url = (path: string): string => stack.site.url + path;
  const search = (visit: Visit, text: string) => visit.callOf(() => visit.page.getByRole('combobox').first().fill(text));

  it('an SSR page is continued by its load, and a click starts one of its own', async () => {
    const visit = await Visit.to(browser, url('/'));
    const page = await visit.pageTrace();
    await visit.page.locator('astro-island:not([ssr])').first().waitFor();
    const click = await search(visit, 'a');
    expect(click).not.toBe(page);
    await visit.close();
    const loaded = await stack.inspector.check(page, { services: ['ssr', 'browser'], noOrphans: true, oneRoot: true, sameBaggage: true });
    expect(pathTo(loaded, ({ span }) => span?.op === 'pageload')).toEqual(['ssr http.server', 'browser pageload']);
    const clicked = await stack.inspector.check(click, { ...CLICK, errors: 0 });
    expect(pathTo(clicked, ({ span }) => span?.op === 'db.query')).toEqual([
      'browser ui.action',
      'browser rpc.client',
      'browser http.client',
      'gateway rpc.server',
      'gateway rpc.client',
      'graph rpc.server',
      'sqlite db.query',
    ]);
    expect(visit.complaints).toEqual([]);
  });

  it('a fetch long after the load has its click recorded above it', async () => {
    const visit = await Visit.to(browser, url('/'));
    await visit.page.locator('astro-island:not([ssr])').first().waitFor();
    const page = await visit.pageTrace();
    // The load's span has ended and left the page.
    await stack.inspector.check(page, { services: ['browser'] });
    const first = await search(visit, 'a');
    const second = await search(visit, 'b');
    expect(new Set([page, first, second]).size).toBe(3);
    await visit.close();
    for (const id of [first, second]) await stack.inspector.check(id, CLICK);
  });

  it('a page built ahead is its own, and so is its server island', async () => {
    const before = new Set(await stack.inspector.recent('ssr'));
    const visit = await Visit.to(browser, url('/about'));
    expect(await visit.pageTrace()).toBe('');
    await visit.page.getByText(/The graph has \d+ nodes/).waitFor();
    await visit.close();
    const island = (await stack.inspector.recent('ssr')).filter((id) => !before.has(id));
    expect(island).toHaveLength(1);
    const trace = await stack.inspector.check(island[0]!, { services: ['ssr', 'gateway', 'graph', 'sqlite'], noOrphans: true, oneRoot: true, errors: 0 });
    expect(nodes(trace).some(({ span }) => span?.service === 'browser')).toBe(false);
    const loads = (await stack.inspector.recent('browser')).filter((id) => !before.has(id) && !island.includes(id));
    const own = await Promise.all(loads.map((id) => stack.inspector.trace(id)));
    const load = own.find((it) => it.roots[0]?.span?.name === '/about');
    expect(load?.roots.map(({ span }) => [span?.op, span?.parentSpanId])).toEqual([['pageload', '']]);
    expect(visit.complaints).toEqual([]);
  });

  it('each navigation is apart from the page before', async () => {
    const visit = await Visit.to(browser, url('/'));
    const first = await visit.pageTrace();
    await visit.page.getByRole('link', { name: 'About' }).click();
    await visit.page.waitForURL(url('/about'));
    await visit.page.getByRole('link', { name: 'Explorer', exact: true }).click();
    await visit.page.waitForURL(url('/'));
    const second = await visit.pageTrace();
    expect(second).not.toBe(first);
    await visit.close();
    for (const id of [first, second]) {
      const trace = await stack.inspector.check(id, { services: ['ssr', 'browser'], noOrphans: true, oneRoot: true });
      expect(nodes(trace).filter(({ span }) => span?.op === 'pageload')).toHaveLength(1);
    }
    expect(visit.complaints).toEqual([]);
  });

  it('one page from a cache is not its visitors’', async () => {
    const cached = await cache(stack.site.url);
    const before = new Set(await stack.inspector.recent('browser'));
    const path = '/node/npm:ms%402.1.3';
    for (const _ of [1, 2]) {
      const visit = await Visit.to(browser, cached.url + path);
      expect(await visit.pageTrace()).toBe('');
      await visit.close();
    }
    expect(cached.hits()).toBe(1);
    await cached.stop();
    const fresh = async (): Promise<string[]> => (await stack.inspector.recent('browser')).filter((id) => !before.has(id));
    await expect.poll(async () => (await fresh()).length, { timeout: 30_000 }).toBe(2);
    for (const id of await fresh()) {
      const trace = await stack.inspector.trace(id);
      expect(nodes(trace).filter(({ span }) => span?.op === 'pageload')).toHaveLength(1);
    }
  });
});
