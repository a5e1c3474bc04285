// The explorer as people use it, against the real services.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { GraphService } from '@throughline/shared/graph';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launch, present, Visit } from './chromium.ts';
import { nodes } from './inspector.ts';
import { Keyboard } from './keyboard.ts';
import { GRAPH, type Stack, startStack, TOKEN } from './stack.ts';

/** Neighbours of the largest node; `cargo xtask soak` raises it. */
const NEIGHBOURS = Number(process.env['THROUGHLINE_NEIGHBOURS'] ?? '2000');
const HUB = 'hub:<b>&"one"';

/** The drawing and the recorder of replays come when the page is there; a slow machine may paint only then. */
const LATER = /renderer|worker|replay/;

/** The page, its two styles and its eight scripts, of which a fast paint waits for fewer; and what a slow one lets in. */
const MOST_REQUESTS = 14;

describe.skipIf(!present)('the explorer', () => {
  let stack: Stack;
  let browser: Browser;
  let visit: Visit;

  const graph = () => createClient(GraphService, createGrpcWebTransport({ baseUrl: stack.gateway.url }));
  const call = { headers: { authorization: `Bearer ${TOKEN}` } };
  const open = async (path = '/'): Promise<Page> => {
    visit = await Visit.to(browser, stack.site.url + path);
    await visit.page.locator('.explorer[data-ready=true]').waitFor();
    return visit.page;
  };
  const drawn = (page: Page) => page.locator('.host');

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launch()]);
    const node = (id: string) => ({ change: { case: 'putNode' as const, value: { id, type: 'Spoke' } } });
    const edge = (to: string) => ({ change: { case: 'putEdge' as const, value: { from: HUB, type: 'HAS', to } } });
    await graph().applyMutations({ mutations: [{ change: { case: 'putNode', value: { id: HUB, type: 'Hub' } } }] }, call);
    for (let at = 0; at < NEIGHBOURS; at += 1_000) {
      const ids = Array.from({ length: Math.min(1_000, NEIGHBOURS - at) }, (_, n) => `spoke:${at + n}`);
      await graph().applyMutations({ mutations: [...ids.map(node), ...ids.map(edge)] }, call);
    }
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });
  beforeEach(() => () => visit?.page.context().close());

  it('keeps what was typed before it was ready, and searches for it', async () => {
    const page = await open();
    let go = (): void => {};
    const told = new Promise<void>((resolve) => (go = resolve));
    await page.route(/\.js$/, async (route) => {
      await told;
      await route.continue();
    });
    await page.reload({ waitUntil: 'commit' });
    await page.getByLabel('Search the graph').pressSequentially('ms');
    go();
    await page.getByRole('option', { name: /npm:ms@2\.0\.0/ }).waitFor();
    expect(await page.getByLabel('Search the graph').inputValue()).toBe('ms');
  });

  it('is used by keyboard alone: search, expand, edit, undo, path, cancel', async () => {
    const page = await open();
    const keys = new Keyboard(page);
    await visit.search('ms', () => keys.type('Search the graph', 'ms'));
    await page.getByRole('option', { name: /npm:ms@2\.0\.0/ }).waitFor();
    const active = page.getByRole('listbox', { name: 'Found' }).getByRole('option', { selected: true });
    while (!(await active.textContent())?.includes('npm:ms@2.0.0')) await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'npm:ms@2.0.0' }).waitFor();

    const before = Number(await drawn(page).getAttribute('data-nodes'));
    await keys.press(/^Expand LICENSED_UNDER out/);
    await page.getByRole('status').getByText(/nodes? and .* edges? are shown/).waitFor();
    await expect.poll(async () => Number(await drawn(page).getAttribute('data-nodes'))).toBeGreaterThanOrEqual(before);

    await keys.press('Edit');
    await keys.type('Value of version', '9.9.9');
    await keys.press('Save');
    await page.getByText('Done: Edit npm:ms@2.0.0.').waitFor();
    expect((await graph().getNode({ id: 'npm:ms@2.0.0' })).node?.properties['version']?.kind.value).toBe('9.9.9');
    await keys.press('Undo last change');
    await page.getByText('Undone: Edit npm:ms@2.0.0.').waitFor();
    expect((await graph().getNode({ id: 'npm:ms@2.0.0' })).node?.properties['version']?.kind.value).toBe('2.0.0');

    await keys.tab('Tools', 'Path');
    await keys.type('From', 'npm:ms@2.0.0');
    await keys.type('To', 'licence:MIT');
    await keys.press('Find path');
    await page.getByText(/A shortest path of 1 edge/).waitFor();
    expect(await page.getByRole('list', { name: 'Path' }).getByRole('listitem').allTextContents()).toEqual(['npm:ms@2.0.0', 'licence:MIT']);

    await faulty(page, 'Traverse', 'graph=stall');
    const stalled = await visit.callOf(() => keys.press(/^Expand VERSION_OF out/));
    await expect.poll(() => stack.graph.log).toMatch(/a fault fires[^\n]*stall/);
    await keys.press('Stop');
    await page.getByText(/^Stopped; /).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    // And the service has stopped with it.
    const stored = await stack.inspector.check(stalled, { services: ['browser', 'gateway', 'graph'], noOrphans: true, oneRoot: true, errors: 0 });
    const ended = nodes(stored).filter(({ span }) => span?.op === 'rpc.server').map(({ span }) => `${span?.service} ${span?.status}`);
    expect(ended).toEqual(['gateway cancelled', 'graph cancelled']);
    expect(visit.complaints).toEqual([]);
  });

  it('lists the same nodes as it draws', async () => {
    const page = await open(`/?start=${encodeURIComponent(HUB)}&tab=nodes`);
    await page.getByText(/101 nodes and 100 edges are shown\. More edges were left out/).waitFor();
    await expect.poll(() => drawn(page).getAttribute('data-nodes')).toBe('101');
    await expect.poll(() => drawn(page).getAttribute('data-layout')).toBe('done');
    await page.getByRole('button', { name: 'Fit' }).click();
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'SVG' }).click()]);
    const picture = readFileSync((await file.path())!, 'utf8');
    const titles = [...picture.matchAll(/<title>(.*?)<\/title>/g)].map(([, title]) => title!.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&'));
    const listed: string[] = [];
    for (;;) {
      listed.push(...(await page.locator('tr[data-id]').evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset['id'] ?? ''))));
      const next = page.getByRole('button', { name: 'Next page' });
      if (!(await next.isEnabled())) break;
      await next.click();
    }
    expect(listed.toSorted()).toEqual(titles.toSorted());
    expect(listed).toContain(HUB);
    expect(visit.complaints).toEqual([]);
  });

  it('goes back to where a link leads, and says what it cannot read of one', async () => {
    const page = await open(`/?start=${encodeURIComponent('npm:ms@2.0.0')}`);
    await page.getByRole('heading', { name: 'npm:ms@2.0.0' }).waitFor();
    const [, shown] = /(\d+) nodes? and /.exec((await page.getByText(/nodes? and .* edges? are shown/).textContent()) ?? '') ?? [];
    await expect.poll(() => drawn(page).getAttribute('data-nodes')).toBe(shown);
    // The page's own link, in place of the one that led here.
    await expect.poll(() => new URL(page.url()).searchParams.get('v')).toBe('1');
    const link = page.url();
    await page.context().close();
    const again = await open(link.slice(stack.site.url.length));
    await again.getByRole('heading', { name: 'npm:ms@2.0.0' }).waitFor();
    await expect.poll(() => drawn(again).getAttribute('data-nodes')).toBe(shown);
    await again.context().close();
    const old = await open('/?v=0&s=zoom~1&tab=moon&q=ms');
    const said = await old.getByRole('alert').first().textContent();
    for (const part of ['version 0', 'zoom~1', 'moon']) expect(said).toContain(part);
    await old.getByRole('option').first().waitFor();
    await old.context().close();
    const gone = await open('/?start=npm:gone@1');
    await gone.getByRole('alert').getByText('npm:gone@1').first().waitFor();
    expect(await gone.getByLabel('Search the graph').isEnabled()).toBe(true);
  });

  it('asks once for the node that it shows', async () => {
    const page = await open('/?node=npm:ms');
    await page.getByRole('heading', { name: 'npm:ms' }).waitFor();
    await page.getByRole('heading', { name: 'Edges' }).waitFor();
    // A whole search later there has been time for many more.
    await page.getByLabel('Search the graph').fill('ms');
    await page.getByRole('option').first().waitFor();
    expect(visit.calls.filter((call) => call.url().endsWith('/GetNode'))).toHaveLength(1);
  });

  it('shows both versions where somebody was faster', async () => {
    const id = 'npm:ms';
    const page = await open(`/?node=${id}`);
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByLabel('Value of name').fill('mine');
    const value = { id, type: 'Package', properties: { name: { kind: { case: 'stringValue' as const, value: 'theirs' } } } };
    await graph().applyMutations({ mutations: [{ change: { case: 'putNode', value } }] }, call);
    await page.getByRole('button', { name: 'Save' }).click();
    const row = page.getByRole('row', { name: /name/ });
    await row.getByText('theirs').waitFor();
    expect(await row.textContent()).toContain('mine');
    await page.getByRole('button', { name: 'Save yours over theirs' }).click();
    await page.getByText(`Done: Edit ${id}.`).waitFor();
    await page.getByRole('button', { name: 'Undo last change' }).click();
    await page.getByText(`Undone: Edit ${id}.`).waitFor();
    expect((await graph().getNode({ id })).node?.properties['name']?.kind.value).toBe('theirs');
  });

  it('imports the graph that the CLI imports', async () => {
    const etags = async () => (await graph().listNodes({ pageSize: 1_000, filter: 'type != "Spoke" AND id != "npm:ms"' })).nodes.map(({ id, etag }) => [id, etag]);
    const before = await etags();
    const page = await open('/?tool=import');
    await page.getByLabel(/Drop a file/).setInputFiles(GRAPH);
    await page.getByText('All of it is in the graph.').waitFor();
    expect(await etags()).toEqual(before);
    await page.getByLabel(/Drop a file/).setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('no') });
    await page.getByRole('alert').getByText(/It is no JSON/).waitFor();
  });

  it.each([
    ['RESOURCE_EXHAUSTED', 'That is more than may be asked for at once.'],
    ['UNAVAILABLE', 'The service cannot be reached.'],
    ['DEADLINE_EXCEEDED', 'It took too long and was stopped.'],
    ['INTERNAL', 'The service failed.'],
  ])('says what happened on %s, with the trace, and keeps what was typed', async (code, said) => {
    const page = await open('/?node=npm:ms');
    await page.getByRole('heading', { name: 'npm:ms' }).waitFor();
    await faulty(page, 'SearchNodes', `graph=error:${code}`);
    await page.getByLabel('Search the graph').fill('ms');
    const alert = page.getByRole('alert').filter({ hasText: said });
    await alert.waitFor();
    const trace = (await alert.getByRole('link').getAttribute('href'))?.split('/').at(-1);
    expect(trace).toMatch(/^[0-9a-f]{32}$/);
    expect(await page.getByLabel('Search the graph').inputValue()).toBe('ms');
    await page.unroute('**/SearchNodes');
    await alert.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('option').first().waitFor();
    // The page stays: what its SDK holds back comes within seconds.
    const stored = await stack.inspector.check(trace!, { services: ['browser', 'gateway', 'graph'], noOrphans: true, oneRoot: true });
    expect(stored.roots).toHaveLength(1);
  });

  it('is bounded, however many neighbours a node has', async () => {
    const page = await open(`/?node=${encodeURIComponent(HUB)}`);
    await page.getByText(/It has more edges than are listed here/).waitFor();
    await page.getByLabel('Cap').selectOption('1000');
    await page.getByRole('button', { name: 'Expand HAS out' }).click();
    const said = page.getByText(/1001 nodes and 1000 edges are shown/);
    await said.waitFor();
    expect(await said.textContent()).toContain(`More edges were left out at ${HUB}: the cap is 1000.`);
    await page.getByRole('tab', { name: /^Nodes/ }).click();
    const elements = await page.evaluate(() => document.querySelectorAll('*').length);
    const plain = await (await fetch(`${stack.site.url}/node/${encodeURIComponent(HUB)}`)).text();
    console.log(`explorer: ${elements} elements at ${NEIGHBOURS} neighbours; ${plain.length} characters of the page without scripts`);
    expect(elements).toBeLessThan(1_600);
    expect(plain).toContain('There are more edges than are shown here');
    expect(plain.length).toBeLessThan(40_000);
    // Markup in a name is text.
    expect(await page.getByRole('button', { name: HUB, exact: true }).or(page.getByText(HUB.slice(4))).count()).toBeGreaterThan(0);
    const heap = async (): Promise<number> => {
      const session = await page.context().newCDPSession(page);
      await session.send('HeapProfiler.collectGarbage');
      const { usedSize } = await session.send('Runtime.getHeapUsage');
      await session.detach();
      return usedSize;
    };
    const walk = async (): Promise<void> => {
      await page.getByRole('button', { name: 'Clear' }).click();
      await page.evaluate(() => history.replaceState(null, '', location.pathname));
      await page.getByRole('tab', { name: 'Details' }).click();
      await page.getByRole('button', { name: 'Expand HAS out' }).click();
      await page.getByText(/1001 nodes and 1000 edges are shown/).waitFor();
      await page.getByRole('button', { name: 'Clear' }).click();
      await expect.poll(() => drawn(page).getAttribute('data-nodes')).toBe('0');
    };
    await page.getByRole('tab', { name: 'Details' }).click();
    await page.getByLabel('Cap').selectOption('1000');
    // What is kept in bounded number (breadcrumbs, the actions' traces) is full after some.
    for (let times = 0; times < 5; times++) await walk();
    const before = await heap();
    for (let times = 0; times < 10; times++) await walk();
    const after = await heap();
    console.log(`explorer: ${before} B of heap after five walks, ${after} B after ten more`);
    expect(after / before).toBeLessThan(1.25);
  });

  it('paints first with little, and moves nothing afterwards', async () => {
    visit = await Visit.to(browser, 'about:blank');
    const { page } = visit;
    const scripts: Promise<number>[] = [];
    let requests = 0;
    page.on('request', () => requests++);
    page.on('response', (response) => {
      if (response.request().resourceType() === 'script' && !LATER.test(response.url())) scripts.push(response.body().then((body) => gzipSync(body).length));
    });
    // The first paint waits for no call; on a slow machine calls would come before it, and each would be one more until then.
    await page.route(({ origin }) => [stack.gateway.url, stack.inspectorUrl].includes(origin), async (route) => {
      await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0).catch(() => {});
      await route.continue();
    });
    await page.addInitScript(() => {
      const shifts: string[] = [];
      Object.assign(window, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number; sources: { node?: Element }[] })[]) {
          shifts.push(`${entry.value} by ${entry.sources.map(({ node }) => node?.parentElement?.outerHTML.slice(0, 200)).join(' | ')}`);
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(stack.site.url);
    await page.getByText(/nodes? and .* edges? are shown/).waitFor();
    await expect.poll(() => drawn(page).getAttribute('data-layout')).toBe('done');
    const bytes = (await Promise.all(scripts)).reduce((sum, size) => sum + size, 0);
    const asked = await page.evaluate(() => {
      const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
      return performance.getEntriesByType('resource').flatMap(({ name, startTime }) => (startTime < paint ? [name] : []));
    });
    const first = asked.filter((url) => !LATER.test(url));
    console.log(`explorer: ${bytes} B of scripts, gzip; ${first.length + 1} requests for the first paint, ${requests} in all`);
    expect(bytes).toBeLessThanOrEqual(150_000);
    expect(first.length, first.join('\n')).toBeGreaterThan(0);
    expect(first.length + 1, first.join('\n')).toBeLessThanOrEqual(MOST_REQUESTS);
    expect(await page.evaluate(() => Reflect.get(window, 'shifts'))).toEqual([]);
    await page.setViewportSize({ width: 360, height: 740 });
    await page.reload();
    await page.getByText(/nodes? and .* edges? are shown/).waitFor();
    await expect.poll(() => drawn(page).getAttribute('data-layout')).toBe('done');
    expect(await page.evaluate(() => Reflect.get(window, 'shifts'))).toEqual([]);
  });

  it('says that the gateway is down, and stays usable', async () => {
    const page = await open('/?node=npm:ms');
    visit.asked.push(/ERR_CONNECTION_REFUSED/);
    await page.getByRole('heading', { name: 'npm:ms' }).waitFor();
    // All that it asks for by itself is there.
    await page.getByRole('heading', { name: 'Edges' }).waitFor();
    await stack.gateway.stop();
    await page.getByLabel('Search the graph').fill('debug');
    await page.getByRole('alert').getByText('The service cannot be reached.').waitFor();
    expect(await page.getByLabel('Search the graph').inputValue()).toBe('debug');
  });
});

/** Has a method's calls ask for a fault, as the lab does. */
async function faulty(page: Page, method: string, fault: string): Promise<void> {
  await page.route(`**/${method}`, (route) => route.continue({ headers: { ...route.request().headers(), 'x-throughline-fault': fault } }));
}
