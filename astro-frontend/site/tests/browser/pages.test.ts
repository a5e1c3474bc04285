// Every page and every state of one, looked at by axe.
import { createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { GraphService } from '@throughline/shared/graph';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violations } from './axe.ts';
import { launch, present, Visit } from './chromium.ts';
import { type Stack, startStack, TOKEN } from './stack.ts';

/** A state: where it is, and how one comes to it. */
type State = [name: string, path: string, reach?: (page: Page) => Promise<unknown>, before?: (page: Page) => Promise<unknown>];

const MS = 'npm:ms@2.0.0';
const HUB = 'hub:<b>&"one"';
const shown = (page: Page) => page.getByText(/nodes? and .* edges? are shown/).waitFor();
const fault = (method: string, said: string) => (page: Page) =>
  page.route(`**/${method}`, (route) => route.continue({ headers: { ...route.request().headers(), 'x-throughline-fault': said } }));
const chosen = (page: Page) => page.getByRole('heading', { name: 'Edges' }).waitFor();
/** Nothing of this comes to an end. */
const held = (what: string) => (page: Page) => page.route(`**/${what}`, () => {});
const gone = (what: string) => (page: Page) => page.route(`**/${what}`, (route) => route.abort());
const LOCK = JSON.stringify({ lockfileVersion: 3, name: 'a', packages: { '': { name: 'a', version: '1.0.0' } } });
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();

const EXPLORER: State[] = [
  ['explorer', '/', shown],
  ['loading', '/', (page) => page.getByText('Walking the graph…').first().waitFor(), fault('Traverse', 'graph=delay:30000')],
  ['failed', '/', (page) => page.getByRole('alert').waitFor(), fault('Traverse', 'graph=error:UNAVAILABLE')],
  ['stopped', '/', async (page) => (await press(page, 'Stop'), await page.getByText(/^Stopped; /).waitFor()), fault('Traverse', 'graph=delay:30000')],
  ['partial', `/?start=${encodeURIComponent(HUB)}`, (page) => page.getByText(/More edges were left out/).waitFor()],
  ['empty', '/', async (page) => (await shown(page), await press(page, 'Clear'), await page.getByText(/Search for a node, or import/).waitFor())],
  ['search', '/?q=ms', (page) => page.getByRole('option').first().waitFor()],
  ['search, nothing', '/?q=zzzzzz', (page) => page.getByText(/Nothing holds all of/).waitFor()],
  ['search, waiting', '/?q=ms', (page) => page.getByText('Searching…').waitFor(), held('SearchNodes')],
  ['search, failed', '/?q=ms', (page) => page.getByRole('alert').waitFor(), fault('SearchNodes', 'graph=error:RESOURCE_EXHAUSTED')],
  ['path', `/?tool=path&s=${encodeURIComponent(`path~${MS}~licence:MIT~out`)}`, (page) => page.getByText(/A shortest path of/).first().waitFor()],
  ['path, none', '/?tool=path', (page) => findPath(page, HUB)],
  ['filter', '/?tool=filter', shown],
  ['filter, nothing', '/?tool=filter', async (page) => (await shown(page), await page.getByLabel('Only nodes whose').fill('name'), await page.getByLabel('Value', { exact: true }).fill('zzz'), await press(page, 'Filter'), await page.getByText(/^0 of/).waitFor())],
  ['history', '/?tool=history', async (page) => (await shown(page), await page.getByLabel('Save what is shown as').fill('all'), await press(page, 'Save'), await press(page, `Expand ${HUB}`), await page.getByRole('link', { name: /^Walk 1 from/ }).first().waitFor())],
  ['import', '/?tool=import', (page) => page.getByLabel(/Drop a file/).waitFor()],
  ['import, refused', '/?tool=import', (page) => drop(page, 'no', /It is no JSON/)],
  ['import, done', '/?tool=import', (page) => drop(page, LOCK, /All of it is in the graph/)],
  ['import, under way', '/?tool=import', (page) => drop(page, LOCK, /0 of \d+ nodes and edges/), held('ApplyMutations')],
  ['import, failed', '/?tool=import', (page) => drop(page, LOCK, /were written before that/), fault('ApplyMutations', 'graph=error:RESOURCE_EXHAUSTED')],
  ['details', `/?node=${MS}`, chosen],
  ['details, gone', '/?node=npm:gone', (page) => page.getByRole('alert').first().waitFor()],
  ['edit', `/?node=${MS}`, async (page) => (await chosen(page), await press(page, 'Edit'), await page.getByLabel('Value of version').waitFor())],
  ['edit, refused', `/?node=${MS}`, async (page) => (await chosen(page), await press(page, 'Edit'), await page.getByLabel('Kind of version').selectOption('integer'), await press(page, 'Save'), await page.getByRole('alert').waitFor())],
  ['edit, to be deleted', `/?node=${MS}`, async (page) => (await chosen(page), await press(page, 'Edit'), await press(page, 'Delete node'), await page.getByText(/Yes, delete it/).waitFor())],
  ['new node', `/?start=${MS}&tab=nodes`, async (page) => (await shown(page), await press(page, 'New node'), await press(page, 'Add property'), await page.getByLabel('Name', { exact: true }).waitFor())],
  ['new node, refused', `/?start=${MS}&tab=nodes`, async (page) => (await shown(page), await press(page, 'New node'), await page.getByLabel('Id', { exact: true }).fill(MS), await page.getByLabel('Type', { exact: true }).fill('Package'), await press(page, 'Create node'), await page.getByRole('alert').waitFor())],
  ['json', '/?tab=json', shown],
  ['schema', '/?tab=schema', (page) => page.getByText(/edges in all/).waitFor()],
  ['schema, failed', '/?tab=schema', (page) => page.getByRole('alert').first().waitFor(), fault('GetSchema', 'graph=error:UNAVAILABLE')],
  ['an old link', '/?v=0&s=zoom~1&tab=moon', (page) => page.getByRole('alert').waitFor()],
  ['trace drawer', `/?node=${MS}`, async (page) => (await chosen(page), await page.locator('.chip button').first().click(), await page.locator('aside').getByText('graph').first().waitFor())],
];

const PAGES: State[] = [
  ['node', `/node/${MS}`],
  ['node, large', `/node/${encodeURIComponent(HUB)}`],
  ['search page', '/search?q=ms'],
  ['search page, nothing', '/search?q=zzzzzz'],
  ['about', '/about', async (page) => (await page.getByText(/The graph has/).waitFor(), await page.getByRole('link', { name: 'Lab' }).waitFor())],
  ['lab', '/lab'],
  ['lab, broken', '/lab', async (page) => (await page.locator('astro-island:not([ssr])').waitFor(), await page.locator('main button').first().click(), await page.getByText('The service failed.').waitFor(), await page.getByText('graph').last().waitFor())],
  ['trace, unknown', `/trace/${'a'.repeat(32)}`, (page) => page.getByText(/Waiting for the first spans/).waitFor()],
  ['trace, no inspector', `/trace/${'b'.repeat(32)}`, (page) => page.getByRole('alert').waitFor(), gone('GetTrace')],
  ['404', '/nowhere'],
  ['404, node', '/node/no-such-node'],
  ['500', '/node/npm:ms?fault=graph=error:internal'],
];

describe.skipIf(!present)('axe finds nothing wrong with', () => {
  let stack: Stack;
  let browser: Browser;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launch()]);
    const graph = createClient(GraphService, createGrpcWebTransport({ baseUrl: stack.gateway.url }));
    const ids = Array.from({ length: 400 }, (_, n) => `spoke:${n}`);
    const node = (id: string) => ({ change: { case: 'putNode' as const, value: { id, type: id === HUB ? 'Hub' : 'Spoke' } } });
    const edge = (to: string) => ({ change: { case: 'putEdge' as const, value: { from: HUB, type: 'HAS', to } } });
    await graph.applyMutations({ mutations: [node(HUB), ...ids.map(node), ...ids.map(edge)] }, { headers: { authorization: `Bearer ${TOKEN}` } });
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  const look = async ([name, path, reach, before]: State, ready: string, ...asked: RegExp[]): Promise<void> => {
    const visit = await Visit.to(browser, 'about:blank', ...asked);
    const { page } = visit;
    await before?.(page);
    await page.goto(stack.site.url + path);
    await page.locator(ready).first().waitFor();
    await reach?.(page);
    expect(await violations(page, name)).toEqual([]);
    await page.context().close();
  };

  it.each(EXPLORER)('the explorer: %s', (...state) => look(state, '.explorer[data-ready=true]'));

  it.each(PAGES)('the page: %s', (...state) => {
    const refused = /^(404|500)/.exec(state[0])?.[1];
    const asked = refused ? `status of ${refused}` : state[3] && 'ERR_FAILED';
    return look(state, 'h1', ...(asked ? [new RegExp(asked)] : []));
  });

  it('the page: trace', async () => {
    const missing = await fetch(`${stack.site.url}/node/no-such-node`);
    const id = /data-trace[^>]*>([0-9a-f]{32})</.exec(await missing.text())?.[1] ?? '';
    await stack.inspector.check(id, { services: ['ssr', 'gateway', 'graph', 'sqlite'] });
    await look(['trace', `/trace/${id}`, (page) => page.getByText('graph').first().waitFor()], 'h1');
  });

  it('the explorer: conflict', async () => {
    const graph = createClient(GraphService, createGrpcWebTransport({ baseUrl: stack.gateway.url }));
    const theirs = { id: 'npm:debug', type: 'Package', properties: { name: { kind: { case: 'stringValue' as const, value: 'theirs' } } } };
    const reach = async (page: Page): Promise<void> => {
      await press(page, 'Edit');
      await page.getByLabel('Value of name').fill('mine');
      await graph.applyMutations({ mutations: [{ change: { case: 'putNode', value: theirs } }] }, { headers: { authorization: `Bearer ${TOKEN}` } });
      await press(page, 'Save');
      await page.getByRole('row', { name: /name/ }).getByText('theirs').waitFor();
    };
    await look(['conflict', '/?node=npm:debug', reach], '.explorer[data-ready=true]');
  });
});

async function findPath(page: Page, to: string): Promise<void> {
  await shown(page);
  await page.getByLabel('From').fill(MS);
  await page.getByLabel('To', { exact: true }).fill(to);
  await press(page, 'Find path');
  await page.getByText(/A shortest path of|[Nn]o path/).first().waitFor();
}

async function drop(page: Page, text: string, said: RegExp): Promise<void> {
  await page.getByLabel(/Drop a file/).setInputFiles({ name: 'package-lock.json', mimeType: 'application/json', buffer: Buffer.from(text) });
  await page.getByText(said).first().waitFor();
}
