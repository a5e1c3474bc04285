// What the explorer can do, each feature by what it leaves behind: in the page, in a file, in the address, in the graph.
import { readFileSync } from 'node:fs';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { GraphService } from '@throughline/shared/graph';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launch, PATIENCE_MS, present, Visit } from './chromium.ts';
import { GRAPH, type Stack, startStack, TOKEN } from './stack.ts';

const MS = 'npm:ms@2.0.0';

describe.skipIf(!present)('in the explorer one can', () => {
  let stack: Stack;
  let browser: Browser;
  let visit: Visit;

  const graph = () => createClient(GraphService, createGrpcWebTransport({ baseUrl: stack.gateway.url }));
  const write = { headers: { authorization: `Bearer ${TOKEN}` } };
  const put = (id: string, type: string, properties = {}) => ({ change: { case: 'putNode' as const, value: { id, type, properties } } });
  const join = (from: string, type: string, to: string) => ({ change: { case: 'putEdge' as const, value: { from, type, to } } });
  const text = (value: string) => ({ kind: { case: 'stringValue' as const, value } });
  const open = async (path = '/', ...asked: RegExp[]): Promise<Page> => {
    visit = await Visit.to(browser, stack.site.url + path, ...asked);
    await visit.page.locator('.explorer[data-ready=true]').waitFor();
    return visit.page;
  };
  const settled = (page: Page): Promise<void> => page.getByText(/nodes? and .* edges? are shown|is shown\./).first().waitFor();
  /** What the table lists and what the canvas draws, which is the same. */
  const shown = async (page: Page): Promise<string[]> => {
    await page.getByRole('tab', { name: /^Nodes/ }).click();
    let listed: string[] = [];
    const both = async (): Promise<boolean> => {
      listed = await page.locator('tr[data-id]').evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset['id'] ?? ''));
      return (await page.locator('.host').getAttribute('data-nodes')) === String(listed.length);
    };
    await expect.poll(both).toBe(true);
    return listed.toSorted();
  };
  const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
  const tool = (page: Page, name: string): Promise<void> => page.getByRole('tab', { name, exact: true }).click();
  const nameOf = async (id: string) => (await graph().getNode({ id })).node?.properties['name']?.kind.value;

  beforeAll(async () => {
    [stack, browser] = await Promise.all([startStack(), launch()]);
    const nodes = ['a', 'b', 'c'].map((id) => put(`own:${id}`, 'Own', { name: text(id), size: text(id === 'a' ? '9' : '10') }));
    await graph().applyMutations({ mutations: [...nodes, put('own:d', 'Other'), join('own:a', 'KNOWS', 'own:b'), join('own:b', 'KNOWS', 'own:c'), join('own:a', 'OWNS', 'own:d')] }, write);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });
  beforeEach(() => () => visit?.page.context().close());

  it('search, and read the best first', async () => {
    const page = await open();
    await visit.search('debug', () => page.getByLabel('Search the graph').pressSequentially('debug'));
    const best = page.getByRole('option').first();
    await best.getByText('npm:debug').first().waitFor();
    expect(await best.locator('mark').first().textContent()).toBe('debug');
    const { hits } = await graph().searchNodes({ query: 'debug', pageSize: 20 });
    const found = page.getByRole('listbox', { name: 'Found' }).getByRole('option');
    expect(await found.evaluateAll((all) => all.map((it) => it.querySelector('.name')?.textContent?.trim()))).toEqual(hits.map((hit) => hit.node?.id));
  });

  it('filter by type and by property, and take the rest along', async () => {
    const page = await open('/?start=own:a&tool=filter');
    await settled(page);
    expect(await shown(page)).toEqual(['own:a', 'own:b', 'own:d']);
    await page.getByRole('checkbox', { name: /Other/ }).uncheck();
    expect(await shown(page)).toEqual(['own:a', 'own:b']);
    await page.getByLabel('Only nodes whose').fill('size');
    await page.getByLabel('Comparison').selectOption('>');
    await page.getByLabel('Value', { exact: true }).fill('9');
    await press(page, 'Filter');
    await page.getByText('1 of 3 nodes are let through.').waitFor();
    expect(await shown(page)).toEqual(['own:b']);
    const link = () => new URL(page.url()).searchParams;
    await expect.poll(() => [link().get('hide'), link().get('where')]).toEqual(['Other', 'size>9']);
    await page.reload();
    await page.getByText('1 of 3 nodes are let through.').waitFor();
    await press(page, 'Show all');
    expect(await shown(page)).toEqual(['own:a', 'own:b', 'own:d']);
  });

  it('expand by the type of edge alone', async () => {
    const page = await open('/?s=walk~own:a~0~both~1&node=own:a');
    await press(page, 'Expand KNOWS out');
    await page.getByText(/2 nodes and 1 edge are shown/).waitFor();
    expect(await shown(page)).toEqual(['own:a', 'own:b']);
  });

  it('take what is shown along as JSON, SVG and PNG', async () => {
    const page = await open('/?start=own:a&hide=Other');
    await settled(page);
    // Of both, not of the one that came first.
    await expect.poll(() => page.locator('.host').getAttribute('data-nodes')).toBe('2');
    await expect.poll(() => page.locator('.host').getAttribute('data-layout')).toBe('done');
    const save = async (name: string): Promise<Buffer> => {
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('group', { name: 'Take along' }).getByRole('button', { name }).click()]);
      expect(file.suggestedFilename()).toBe(`graph.${name.toLowerCase()}`);
      return readFileSync((await file.path())!);
    };
    const held = JSON.parse((await save('JSON')).toString()) as { nodes: { id: string }[]; edges: unknown[] };
    expect([held.nodes.map(({ id }) => id), held.edges]).toEqual([['own:a', 'own:b'], [{ from: 'own:a', type: 'KNOWS', to: 'own:b', properties: {} }]]);
    await page.getByRole('tab', { name: 'JSON' }).click();
    expect(JSON.parse((await page.getByLabel('What is shown, as JSON').textContent()) ?? '')).toEqual(held);
    const drawn = (await save('SVG')).toString();
    expect([drawn.match(/<circle /g)?.length, drawn.match(/<line /g)?.length]).toEqual([2, 1]);
    const picture = await save('PNG');
    const box = await page.locator('.host').boundingBox();
    expect([picture.subarray(1, 4).toString(), picture.readUInt32BE(16), picture.readUInt32BE(20)]).toEqual(['PNG', Math.round(box!.width) * 2, Math.round(box!.height) * 2]);
  });

  it('give every state to somebody else as a link', async () => {
    const page = await open();
    await settled(page);
    expect(new URL(page.url()).search).toBe('');
    // From what a page begins with: that is part of it, too.
    await page.locator('tr[data-id] button.name').first().click();
    await page.getByRole('heading', { name: 'Edges' }).waitFor();
    await press(page, 'Take off canvas');
    await page.getByLabel('Search the graph').fill('own');
    await page.getByRole('option', { name: /own:a/ }).click();
    await page.getByRole('heading', { name: 'own:a' }).waitFor();
    await press(page, 'Expand OWNS out');
    await settled(page);
    await page.getByLabel('Order').or(page.getByRole('tab', { name: /^Nodes/ })).first().click();
    await page.getByLabel('Order').selectOption('edges');
    const all = await shown(page);
    expect(all).toContain('own:d');
    const link = page.url();
    const other = await Visit.to(browser, link);
    await other.page.locator('.explorer[data-ready=true]').waitFor();
    await settled(other.page);
    await expect.poll(() => shown(other.page)).toEqual(all);
    expect(await other.page.getByLabel('Order').inputValue()).toBe('edges');
    expect(await other.page.getByLabel('Search the graph').inputValue()).toBe('own');
    await other.page.context().close();
    await press(page, 'Clear');
    await page.getByText(/Search for a node, or import/).waitFor();
    await page.reload();
    await page.locator('.explorer[data-ready=true]').waitFor();
    await page.getByText(/Search for a node, or import/).waitFor();
    expect(await page.locator('tr[data-id]').count()).toBe(0);
    await page.goBack();
    await settled(page);
    await expect.poll(() => shown(page)).toEqual(all);
  });

  it('come back to where one was, and to what one saved', async () => {
    const page = await open('/?start=own:a');
    await settled(page);
    await page.getByRole('button', { name: 'Expand own:b' }).or(page.getByRole('tab', { name: /^Nodes/ })).first().click();
    await press(page, 'Expand own:b');
    await page.getByText(/4 nodes and 3 edges are shown/).waitFor();
    await tool(page, 'History');
    await page.getByLabel('Save what is shown as').fill('mine');
    await press(page, 'Save');
    await press(page, 'Clear');
    await page.reload();
    await page.getByRole('link', { name: 'mine' }).click();
    await page.getByText(/4 nodes and 3 edges are shown/).waitFor();
    expect(await shown(page)).toEqual(['own:a', 'own:b', 'own:c', 'own:d']);
    await page.getByRole('link', { name: /^Walk 1 from own:a/ }).click();
    await page.getByText(/3 nodes and 2 edges are shown/).waitFor();
    await press(page, 'Forget mine');
    await page.getByText('Nothing is saved yet.').waitFor();
  });

  it('read the schema', async () => {
    const page = await open('/?tab=schema');
    const { nodeTypes, edgeTypes, nodeCount, edgeCount } = await graph().getStats({});
    await page.getByText(`${nodeCount} nodes and ${edgeCount} edges in all.`).waitFor();
    for (const { type, count } of [...nodeTypes, ...edgeTypes]) await page.getByRole('row', { name: new RegExp(`^${type}\\b.* ${count}$`) }).waitFor();
  });

  it('change an edge, add one, take one away, and take all of it back', async () => {
    const page = await open('/?node=own:a');
    const knows = async () => {
      const { outgoing } = await graph().getNode({ id: 'own:a', includeEdges: true });
      return outgoing.map(({ type, to, properties }) => `${type} ${to} ${properties['since']?.kind.value ?? ''}`.trim()).toSorted();
    };
    await press(page, 'Edit KNOWS own:b');
    await press(page, 'Add property');
    await page.getByLabel('Name', { exact: true }).fill('since');
    await page.getByLabel('Value of since').fill('1999');
    await press(page, 'Save edge');
    await page.getByText('Done: Edit KNOWS from own:a to own:b.').waitFor();
    await page.getByText('since 1999').waitFor();
    await press(page, 'Edit');
    await page.getByLabel('Type of the new edge').fill('LIKES');
    await page.getByLabel('Id of the node it enters').fill('own:c');
    await press(page, 'Add edge');
    await page.getByText('Done: Add LIKES from own:a to own:c.').waitFor();
    await press(page, 'Remove OWNS own:d');
    await page.getByText('Done: Remove OWNS from own:a to own:d.').waitFor();
    expect(await knows()).toEqual(['KNOWS own:b 1999', 'LIKES own:c']);
    for (const undone of ['Remove OWNS', 'Add LIKES', 'Edit KNOWS']) {
      await press(page, 'Undo last change');
      await page.getByText(`Undone: ${undone}`).waitFor();
    }
    expect(await knows()).toEqual(['KNOWS own:b', 'OWNS own:d']);
  });

  it('make a node, and take that back when it was changed since', async () => {
    const page = await open('/?start=own:a&tab=nodes');
    await settled(page);
    await press(page, 'New node');
    const make = async (id: string): Promise<void> => {
      await page.getByLabel('Id', { exact: true }).fill(id);
      await press(page, 'Create node');
    };
    await page.getByLabel('Type', { exact: true }).fill('Own');
    await press(page, 'Add property');
    await page.getByLabel('Name', { exact: true }).fill('name');
    await page.getByLabel('Value of name').fill('new');
    await make('own:b');
    // What was typed is still there.
    await page.getByRole('alert').getByText(/own:b.* exists already/).waitFor();
    await make('own:new');
    await page.getByRole('heading', { name: 'own:new' }).waitFor();
    expect(await nameOf('own:new')).toBe('new');
    const all = ['own:a', 'own:b', 'own:d', 'own:new'];
    expect(await shown(page)).toEqual(all);
    await page.reload();
    await settled(page);
    await expect.poll(() => shown(page)).toEqual(all);
    await press(page, 'New node');
    await page.getByLabel('Type', { exact: true }).fill('Own');
    await make('own:newer');
    await press(page, 'Edit');
    await press(page, 'Add property');
    await page.getByLabel('Name', { exact: true }).fill('name');
    await page.getByLabel('Value of name').fill('later');
    await press(page, 'Save');
    await page.getByText('Done: Edit own:newer.').waitFor();
    for (const undone of ['Edit own:newer.', 'Create own:newer.']) {
      await press(page, 'Undo last change');
      await page.getByText(`Undone: ${undone}`).waitFor();
    }
    expect(await graph().getNode({ id: 'own:newer' }).catch((error: unknown) => ConnectError.from(error).code)).toBe(Code.NotFound);
    expect(new URL(page.url()).search).not.toContain('newer');
  });

  it('take several changes back, to a node and its end', async () => {
    const page = await open('/?node=own:b');
    for (const name of ['once', 'twice']) {
      await press(page, 'Edit');
      await page.getByLabel('Value of name').fill(name);
      await press(page, 'Save');
      await page.getByRole('definition').getByText(name, { exact: true }).waitFor();
    }
    await press(page, 'Edit');
    await press(page, 'Delete node');
    await page.getByRole('button', { name: /^Yes, delete it and its 2 edges/ }).click();
    await page.getByText('No node is chosen.').waitFor();
    // It is gone by the reader's own will: nothing failed.
    expect(await page.getByRole('alert').count()).toBe(0);
    await expect.poll(() => new URL(page.url()).search).not.toContain('own%3Ab');
    for (const [undone, name] of [['Delete', 'twice'], ['Edit', 'once'], ['Edit', 'b']]) {
      await press(page, 'Undo last change');
      await page.getByText(`Undone: ${undone} own:b.`).waitFor();
      await expect.poll(() => nameOf('own:b')).toBe(name);
    }
    const { outgoing, incoming } = await graph().getNode({ id: 'own:b', includeEdges: true });
    expect([outgoing.length, incoming.length]).toEqual([1, 1]);
  });

  it('see both versions where an undo comes too late', async () => {
    const page = await open('/?node=own:c');
    await press(page, 'Edit');
    await page.getByLabel('Value of name').fill('mine');
    await press(page, 'Save');
    await page.getByText('Done: Edit own:c.').waitFor();
    await graph().applyMutations({ mutations: [put('own:c', 'Own', { name: text('theirs') })] }, write);
    await press(page, 'Undo last change');
    const row = page.getByRole('alert').getByRole('row', { name: /^name/ });
    await row.getByText('theirs').waitFor();
    expect(await row.getByRole('cell').allTextContents()).toEqual(['c', 'theirs']);
    await press(page, 'Keep theirs');
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(await nameOf('own:c')).toBe('theirs');
  });

  it('drop a file anywhere, see how far it is, and stop it', async () => {
    const page = await open();
    await settled(page);
    const metadata = {
      workspace_root: '/w/dropped',
      workspace_members: Array.from({ length: 1_200 }, (_, at) => `p${at}`),
      packages: Array.from({ length: 1_200 }, (_, at) => ({ id: `p${at}`, name: `dropped-${at}`, version: '1.0.0', targets: [], dependencies: [], authors: [] })),
      resolve: { nodes: [] },
    };
    // The third batch waits: by then it is half-way.
    let batches = 0;
    let held = (): void => {};
    const reached = new Promise<void>((resolve) => (held = resolve));
    await page.route('**/ApplyMutations', async (route) => {
      if (++batches === 3) return held();
      await route.continue();
    });
    const dropped = (content: string, name: string) =>
      page.locator('.stage').evaluate(
        (target, [content, name]) => {
          const data = new DataTransfer();
          data.items.add(new File([content!], name!, { type: 'application/json' }));
          for (const type of ['dragover', 'drop']) target.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
        },
        [content, name],
      );
    await dropped(JSON.stringify(metadata), 'metadata.json');
    await reached;
    await page.getByText(/metadata\.json: 1000 of 4801 nodes and edges/).waitFor();
    expect(await page.locator('progress').evaluate((it) => [(it as HTMLProgressElement).value, (it as HTMLProgressElement).max])).toEqual([1_000, 4_801]);
    // It goes on while one looks elsewhere.
    await tool(page, 'Search');
    await tool(page, 'Import');
    await press(page, 'Stop');
    await page.getByText(/Stopped\. What was written before stays/).waitFor();
    const { nodes } = await graph().listNodes({ pageSize: 1, filter: 'id : "dropped"' });
    expect(nodes).toHaveLength(1);
    await page.unroute('**/ApplyMutations');
    await dropped(readFileSync(GRAPH, 'utf8'), 'package-lock.json');
    await page.getByText('All of it is in the graph.').waitFor();
    expect(visit.complaints).toEqual([]);
  });

  it('read a node without scripts, and go on from there', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    await page.goto(stack.site.url);
    // The explorer, which does nothing here, is not in the way.
    expect(await page.locator('.explorer').isVisible()).toBe(false);
    await page.getByLabel('Search the graph').first().fill('ms');
    await press(page, 'Search');
    await page.getByRole('link', { name: MS }).click();
    await page.getByRole('heading', { level: 1, name: MS }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/node/${encodeURIComponent(MS)}`);
    expect(await page.title()).toBe(`${MS} · Throughline`);
    await page.getByRole('row', { name: 'version 2.0.0' }).waitFor();
    expect(await page.locator('meta[name=description]').getAttribute('content')).toContain(MS);
    await page.getByRole('link', { name: 'licence:MIT' }).click();
    await page.getByRole('heading', { level: 1, name: 'licence:MIT' }).waitFor();
    await context.close();
  });
});
