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
    // All that the page asks for by itself is there: the next call is the click's.
    await visit.page.getByText(/nodes? and .* edges? are shown/).waitFor();
    const click = await search(visit, 'debug');
    expect(click).not.toBe(page);
    await visit.close(click);
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
      'graph db.query',
    ]);
    expect(visit.complaints).toEqual([]);
  });

  it('a fetch long after the load has its click recorded above it', async () => {
    const visit = await Visit.to(browser, url('/'));
    await visit.page.getByText(/nodes? and .* edges? are shown/).waitFor();
    const page = await visit.pageTrace();
    // The load's span has ended and left the page.
    await stack.inspector.check(page, { services: ['browser'] });
    const first = await search(visit, 'debug');
    const second = await search(visit, 'send');
    expect(new Set([page, first, second]).size).toBe(3);
    await visit.close(first, second);
    for (const id of [first, second]) await stack.inspector.check(id, CLICK);
  });

  it('a page built ahead is its own, and so is its server island', async () => {
    const visit = await Visit.to(browser, url('/about'));
    expect(await visit.pageTrace()).toBe('');
    await visit.page.getByText(/The graph has \d+ nodes/).waitFor();
    await visit.close();
    const islands = () => stack.inspector.recent('ssr', 'server-islands');
    await expect.poll(async () => (await islands()).length, { timeout: 120_000 }).toBe(1);
    const [island = ''] = await islands();
    const made = await stack.inspector.check(island, { services: ['ssr', 'gateway', 'graph', 'sqlite'], noOrphans: true, oneRoot: true, errors: 0 });
    expect(nodes(made).some(({ span }) => span?.service === 'browser')).toBe(false);
    const [load = ''] = await stack.inspector.recent('browser', '/about');
    expect(load).not.toBe(island);
    const loaded = await stack.inspector.trace(load);
    expect(loaded.roots.map(({ span }) => [span?.op, span?.parentSpanId])).toEqual([['pageload', '']]);
    expect(visit.complaints).toEqual([]);
  });

  it('each navigation is apart from the page before', async () => {
    const visit = await Visit.to(browser, url('/'));
    const first = await visit.pageTrace();
    await stack.inspector.check(first, { services: ['ssr', 'browser'] });
    await visit.page.getByRole('link', { name: 'About' }).click();
    await visit.page.waitForURL(url('/about'));
    await visit.page.getByText(/The graph has/).waitFor();
    await visit.page.getByRole('link', { name: 'Explorer', exact: true }).click();
    await visit.page.waitForURL((at) => at.pathname === '/');
    const second = await visit.pageTrace();
    expect(second).not.toBe(first);
    await visit.loaded(second);
    await visit.close();
    for (const id of [first, second]) {
      const trace = await stack.inspector.check(id, { services: ['ssr', 'browser'], noOrphans: true, oneRoot: true });
      expect(nodes(trace).filter(({ span }) => span?.op === 'pageload')).toHaveLength(1);
    }
    expect(visit.complaints).toEqual([]);
  });

  it('one page from a cache is not its visitors’', async () => {
    const cached = await cache(stack.site.url);
    const path = '/node/npm:debug';
    for (const _ of [1, 2]) {
      const visit = await Visit.to(browser, cached.url + path);
      expect(await visit.pageTrace()).toBe('');
      await visit.close();
    }
    expect(cached.hits()).toBe(1);
    await cached.stop();
    const loads = () => stack.inspector.recent('browser', '/node/');
    await expect.poll(async () => (await loads()).length, { timeout: 120_000 }).toBe(2);
    for (const id of await loads()) {
      const trace = await stack.inspector.trace(id);
      expect(nodes(trace).filter(({ span }) => span?.op === 'pageload')).toHaveLength(1);
    }
  });
});
