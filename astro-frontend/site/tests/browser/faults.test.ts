// What goes wrong while somebody uses the explorer, each brought about by what they do: they read what happened and what can be done,
// the page stays usable, what they typed is kept, and the failure is one event in the trace of the click.
import { createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { GraphService } from '@throughline/shared/graph';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFailed, onTestFinished } from 'vitest';
import { launch, present, Visit } from './chromium.ts';
import { Cut } from './cut.ts';
import { CLICK, told } from './inspector.ts';
import { type Stack, startStack, TOKEN } from './stack.ts';

const MARKUP = '<img src=x onerror="document.title=1">';

describe.skipIf(!present)('in the explorer', () => {
  let stack: Stack;
  let browser: Browser;
  let visit: Visit;
  let cut: Cut;
  const graph = () => createClient(GraphService, createGrpcWebTransport({ baseUrl: stack.gateway.url }));
  const write = { headers: { authorization: `Bearer ${TOKEN}` } };
  const put = (id: string, type = 'Odd') => ({ change: { case: 'putNode' as const, value: { id, type } } });

  beforeAll(async () => {
    // So that four calls of one peer are all that it may have.
    const gateway = { GATEWAY_LIMIT_LOOPBACK: '1', GATEWAY_PEER_CALLS: '4' };
    const publicGateway = async (url: string): Promise<string> => (cut = await Cut.before(url)).url;
    [stack, browser] = await Promise.all([startStack({ gateway, publicGateway }), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    cut?.stop();
  });
  afterEach(() => visit?.page.context().close());

  const open = async (path: string, ...asked: RegExp[]): Promise<Page> => {
    visit = await Visit.to(browser, stack.site.url + path, ...asked);
    await visit.page.locator('.explorer[data-ready=true]').waitFor();
    await visit.page.getByText(/(nodes? and .* edges? are|is) shown/).first().waitFor();
    return visit.page;
  };
  const search = (page: Page): Locator => page.getByLabel('Search the graph');
  const found = (page: Page): Promise<void> => page.getByRole('option').first().waitFor();
  const ask = async (page: Page, method: string, headers: Record<string, string>): Promise<void> => {
    await page.route(`**/${method}`, (route) => route.continue({ headers: { ...route.request().headers(), ...headers } }));
  };

  /** The message that says this, and what to do; gives the trace that it names. */
  async function read(page: Page, what: RegExp, advice: RegExp): Promise<string> {
    const alert = page.getByRole('alert').filter({ hasText: what }).first();
    await alert.waitFor().catch(async () => expect(await page.getByRole('alert').allTextContents()).toEqual(what));
    expect(await alert.textContent()).toMatch(advice);
    return (await alert.getByRole('link').getAttribute('href'))?.split('/').at(-1) ?? '';
  }

  /** One tree with one event, of this service, under this kind of span. */
  async function oneEvent(trace: string, where: string, services = ['browser']): Promise<void> {
    const stored = await stack.inspector.check(trace, { services, noOrphans: true, oneRoot: true, errors: 1 });
    expect(told(stored)).toEqual([where]);
  }

  it('the gateway is down, and comes back', async () => {
    const page = await open('/', /ERR_EMPTY_RESPONSE/);
    await stack.gateway.stop();
    onTestFailed(() => stack.restartGateway());
    await search(page).fill('ms');
    const trace = await read(page, /The service cannot be reached\./, /Wait a moment and try again/);
    expect(await search(page).inputValue()).toBe('ms');
    await stack.restartGateway();
    await page.getByRole('button', { name: 'Try again' }).click();
    await found(page);
    await oneEvent(trace, 'browser ui.action');
  });

  it('the gateway is slow', async () => {
    const page = await open('/');
    await ask(page, 'SearchNodes', { 'x-throughline-fault': 'gateway=delay:500' });
    // However slow this machine is, the gateway is slower.
    cut.of = '/SearchNodes';
    onTestFailed(() => cut.release());
    const trace = await visit.callOf(() => search(page).fill('ms'));
    await page.getByText('Searching…').waitFor();
    // Meanwhile all else goes on.
    await page.locator('tr[data-id] button').first().click();
    await page.getByRole('heading', { name: 'Edges' }).waitFor();
    await expect.poll(() => cut.holds).toBe(true);
    expect(await page.getByText('Searching…').isVisible()).toBe(true);
    cut.release();
    await found(page);
    await stack.inspector.check(trace, { ...CLICK, errors: 0 });
  });

  it('the stream is cut', async () => {
    const page = await open('/?node=npm:ms@2.0.0', /ERR_INCOMPLETE_CHUNKED_ENCODING/);
    await page.getByRole('button', { name: 'Clear' }).click();
    await expect.poll(() => page.locator('.host').getAttribute('data-nodes')).toBe('0');
    cut.of = '/Traverse';
    await page.getByRole('button', { name: 'Expand LICENSED_UNDER out' }).click();
    await expect.poll(() => page.locator('.host').getAttribute('data-nodes')).not.toBe('0');
    cut.now();
    const trace = await read(page, /What came before it is still shown, (one node|2 nodes)\./, /Wait a moment and try again/);
    await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
    await page.getByText(/2 nodes and 1 edge are shown/).waitFor();
    await oneEvent(trace, 'browser ui.action', ['browser', 'gateway', 'graph', 'sqlite']);
  });

  it('there are too many calls', async () => {
    const page = await open('/');
    const held = new AbortController();
    onTestFinished(() => held.abort());
    const stalled = { ...write.headers, 'x-throughline-fault': 'graph=stall' };
    const stalls = (): number => stack.graph.log.split('a fault fires').length;
    const before = stalls();
    // The page's last call may still have its place for a moment: who is refused asks again.
    const rival = async (): Promise<void> => {
      while (!held.signal.aborted) await graph().getStats({}, { headers: stalled, signal: held.signal }).catch(() => {});
    };
    const rivals = Array.from({ length: 4 }, rival);
    await expect.poll(stalls).toBe(before + 4);
    await search(page).fill('ms');
    const trace = await read(page, /more than may be asked for at once/, /wait a little\. There is room again after \d+ s/);
    expect(await search(page).inputValue()).toBe('ms');
    held.abort();
    await Promise.all(rivals);
    // There is room again once the gateway has seen all of them go.
    const four = () => Promise.all(Array.from({ length: 4 }, () => graph().getStats({})));
    await expect.poll(() => four().then(() => 'room', String)).toBe('room');
    await page.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
    await found(page);
    await oneEvent(trace, 'browser ui.action');
  });

  it('the deadline passes', async () => {
    const page = await open('/');
    await ask(page, 'SearchNodes', { 'x-throughline-fault': 'graph=stall', 'grpc-timeout': '3000m' });
    await search(page).fill('ms');
    const trace = await read(page, /It took too long and was stopped\./, /Ask for less at once, or try again/);
    expect(await search(page).inputValue()).toBe('ms');
    await page.unroute('**/SearchNodes');
    await page.getByRole('button', { name: 'Try again' }).click();
    await found(page);
    await oneEvent(trace, 'browser ui.action', ['browser', 'gateway', 'graph']);
  });

  it('the service fails, and has told of it itself', async () => {
    await stack.panic();
    const page = await open('/');
    await ask(page, 'SearchNodes', { 'x-throughline-fault': 'graph=panic' });
    await search(page).fill('ms');
    const trace = await read(page, /The service failed\./, /Try again; if it stays, report the trace id/);
    await oneEvent(trace, 'graph rpc.server', ['browser', 'gateway', 'graph']);
  });

  it('the service resets the stream, and has told of it itself', async () => {
    const page = await open('/?node=npm:ms@2.0.0');
    await ask(page, 'Traverse', { 'x-throughline-fault': 'graph=reset-after:1' });
    await page.getByRole('button', { name: 'Expand LICENSED_UNDER out' }).click();
    const trace = await read(page, /The service failed\./, /Try again; if it stays, report the trace id/);
    await oneEvent(trace, 'graph rpc.server', ['browser', 'gateway', 'graph']);
  });

  it('a write finds no gateway', async () => {
    const page = await open('/?node=npm:ms', /status of 503/);
    await page.getByRole('button', { name: 'Edit', exact: true }).click();
    await page.getByLabel('Value of name').fill('mine');
    await stack.gateway.stop();
    onTestFailed(() => stack.restartGateway());
    await page.getByRole('button', { name: 'Save' }).click();
    const trace = await read(page, /The service cannot be reached\./, /Wait a moment and try again/);
    expect(await page.getByLabel('Value of name').inputValue()).toBe('mine');
    await stack.restartGateway();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Done: Edit npm:ms.').waitFor();
    await oneEvent(trace, 'browser ui.action', ['browser', 'ssr']);
  });

  it('a node that is shown has gone', async () => {
    await graph().applyMutations({ mutations: [put('odd:gone')] }, write);
    const page = await open('/?node=odd:gone');
    await graph().applyMutations({ mutations: [{ change: { case: 'deleteNode', value: 'odd:gone' } }] }, write);
    await page.getByRole('tab', { name: /^Nodes/ }).click();
    await page.getByRole('button', { name: 'gone', exact: true }).or(page.getByRole('button', { name: 'odd:gone', exact: true })).first().click();
    await page.reload();
    const trace = await read(page, /It is not there, or no longer\. \(odd:gone\)/, /Search for it again; somebody may have removed it/);
    expect(await page.getByRole('alert').count()).toBe(1);
    await search(page).fill('ms');
    await found(page);
    await oneEvent(trace, 'browser ui.action', ['browser', 'gateway', 'graph', 'sqlite']);
  });

  it('a name is markup', async () => {
    await graph().applyMutations({ mutations: [put(MARKUP)] }, write);
    const page = await open(`/?node=${encodeURIComponent(MARKUP)}&q=onerror`);
    await page.getByRole('heading', { name: MARKUP }).waitFor();
    await page.getByRole('option').getByText(MARKUP).first().waitFor();
    for (const tab of [/^Nodes/, /^JSON/]) {
      await page.getByRole('tab', { name: tab }).click();
      await page.getByRole('tabpanel').last().filter({ hasText: MARKUP.slice(0, 15) }).waitFor();
    }
    expect(await page.locator('main img').count()).toBe(0);
    expect(await page.title()).not.toBe('1');
  });
});
