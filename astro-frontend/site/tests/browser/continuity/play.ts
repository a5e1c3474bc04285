// Makes one fault happen by a click or a page load in Chromium, and sees what the reader sees.
import type { Browser, Page } from 'playwright-core';
import { FIRES } from '../../../src/faults.ts';
import { Visit, waitFor } from '../chromium.ts';
import type { Service } from '../process.ts';
import type { Stack } from '../stack.ts';
import { DEADLINE_MS, type Hop, NO_DEADLINE_MS, type Part } from './rows.ts';

/** What came of a part, before its trace is looked at. */
export interface Played {
  /** The trace to judge. */
  readonly traceId: string;
  readonly wrong: string[];
}

/** A call that began earlier and is held up for long: whoever answers after it answers too late. */
const RIVAL = 'delay:59999';

export async function play(stack: Stack, browser: Browser, hop: Hop, part: Part): Promise<Played> {
  const wrong: string[] = [];
  const known = new Set(hop === 'ssr' ? await stack.inspector.recent('ssr', '') : []);
  // What is broken may be complained of.
  const visit = await Visit.to(browser, `${stack.site.url}/${hop === 'browser' ? 'lab' : 'about'}`, /./);
  const { page } = visit;
  await recording(visit);
  if (hop === 'browser') await lab(page);
  const before = fired(stack, visit, part);
  const rival = part.deed?.startsWith('gateway killed') ? undefined : await Rival.begin(stack);
  const collector = part.deed?.startsWith('collector') ? stack.collectors[hop] : undefined;
  if (part.deed === 'gateway killed') await stack.gateway.signal('SIGKILL');
  collector?.switch(part.deed === 'collector hanging' ? 'hanging' : 'refusing');

  const act = (): Promise<string> => (hop === 'browser' ? click(page, part) : load(stack, page, part));
  const began = performance.now();
  const acting = act();
  // A click has begun its trace when it returns; a load returns when it has ended.
  if (hop === 'browser') await acting;
  if (part.deed && part.fault) {
    await waitFor('the fault fires', () => fired(stack, visit, part) > before);
    await meanwhile(stack, page, hop, part);
  }
  const fires = performance.now();
  let traceId = await acting;
  if (part.expected.said) {
    const said = page.locator(hop === 'browser' ? '[data-result]' : 'main').filter({ hasText: part.expected.said });
    await said.waitFor().catch(async () => wrong.push(`it said: ${await page.locator('main').textContent()}`));
  }
  const took = performance.now() - began;
  if (took < (part.expected.least ?? 0)) wrong.push(`it took ${took} ms`);
  if (rival?.ended) wrong.push('it came after a call that was held up for long');
  if (part.deed === 'gateway stopped') {
    // Its own deadline, which began before its fault fired, is over too: it is not the caller's going that it wakes up to.
    await waitFor('the deadline of the gateway', () => performance.now() - fires > DEADLINE_MS[hop]);
    await stack.gateway.signal('SIGCONT');
  }

  if (collector) {
    // What was lost is counted when the site stops; what comes after is whole.
    await waitFor('the collector is met while it is bad', () => collector.bad > 0 || page.isClosed());
    collector.switch('answering');
    await (hop === 'browser' ? lab(page) : page.goto(`${stack.site.url}/about`));
    traceId = await act();
  }
  if (hop === 'ssr' && !page.isClosed()) {
    traceId = await visit.pageTrace();
    if (part.expected.load !== false) await Promise.all([recording(visit), visit.loaded(traceId)]);
  }
  rival?.end();
  // Who obeyed it says so on another way than the answer comes.
  if (part.fault) await waitFor('the fault fires', () => fired(stack, visit, part) > before);
  const times = fired(stack, visit, part) - before;
  if (part.fault && times !== 1) wrong.push(`the fault fired ${times} times`);
  if (part.deed?.startsWith('gateway killed')) await stack.restartGateway();
  if (hop === 'browser' && part.deed !== 'left') await visit.close(traceId);
  else await page.context().close();
  if (!traceId) traceId = await newTrace(stack, known);
  return { traceId, wrong };
}

/** Waits until the recorder of the session has come and records. */
async function recording(visit: Visit): Promise<void> {
  await visit.page.waitForFunction(() => performance.getEntriesByType('resource').some(({ name }) => /\/replay\./.test(name)));
}

/** The lab, ready, and its way to the gateway known to the browser: a preflight would come out of the click's deadline. */
async function lab(page: Page): Promise<void> {
  await page.locator('astro-island:not([ssr])').first().waitFor();
  await page.getByLabel('Break').selectOption('browser');
  await page.getByLabel('so that it').selectOption('none');
  await page.getByLabel('Wait for').fill(String(NO_DEADLINE_MS / 1_000));
  await page.getByRole('button', { name: 'Break it' }).click();
  await page.locator('[data-result]').filter({ hasText: /It was answered/ }).waitFor();
}

/** Clicks; gives the click's trace. */
async function click(page: Page, part: Part): Promise<string> {
  const [at, fault] = part.fault ?? ['browser', 'none'];
  const last = await page.locator('[data-trace]').getAttribute('data-trace');
  await page.getByLabel('Break').selectOption(at);
  await page.getByLabel('so that it').selectOption(fault);
  const wait = part.expected.called === 'DEADLINE_EXCEEDED' ? DEADLINE_MS.browser : NO_DEADLINE_MS;
  await page.getByLabel('Wait for').fill(String(wait / 1_000));
  await page.getByRole('button', { name: 'Break it' }).click();
  return (await page.locator(`[data-trace]:not([data-trace="${last}"])`).getAttribute('data-trace')) ?? '';
}

/** Loads a page, which says its trace; one that is stopped does not come. */
async function load(stack: Stack, page: Page, part: Part): Promise<string> {
  const asked = part.fault ? `?fault=${part.fault.join('=')}` : '';
  await page.goto(`${stack.site.url}/node/npm:ms${asked}`, { waitUntil: 'commit' }).catch(() => {});
  return '';
}

async function meanwhile(stack: Stack, page: Page, hop: Hop, part: Part): Promise<void> {
  if (part.deed === 'gateway stopped') await stack.gateway.signal('SIGSTOP');
  if (part.deed === 'gateway killed meanwhile') await stack.gateway.signal('SIGKILL');
  if (part.deed === 'cancelled') await (hop === 'browser' ? page.getByRole('button', { name: 'Cancel' }).click() : page.close());
  if (part.deed === 'left') await page.goto(`${stack.site.url}/about`);
}

/** How often the fault of a part was obeyed by now. */
function fired(stack: Stack, visit: Visit, part: Part): number {
  const [at] = part.fault ?? [];
  const count = (log: string, line: string): number => log.split('\n').filter((it) => it.includes(line) && !it.includes(RIVAL)).length;
  if (at === 'browser') return count(visit.notes.join('\n'), FIRES);
  if (at === 'ssr') return count(stack.site.log, `${FIRES} hop=ssr`);
  const service: Service | undefined = at && stack[at];
  return service ? count(service.log, 'a fault fires') : 0;
}

/** The newest trace that the server began, when it has come. */
async function newTrace(stack: Stack, known: ReadonlySet<string>): Promise<string> {
  for (let tries = 0; tries < 3_000; tries++) {
    const found = (await stack.inspector.recent('ssr', '/node/')).find((id) => !known.has(id));
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return '';
}

class Rival {
  ended = false;
  readonly #stop = new AbortController();

  private constructor(gateway: string) {
    const headers = { 'content-type': 'application/grpc-web+proto', 'x-throughline-fault': `gateway=${RIVAL}` };
    const call = fetch(`${gateway}/throughline.graph.v1.GraphService/GetStats`, { method: 'POST', headers, body: new Uint8Array(5), signal: this.#stop.signal });
    void call.then(
      () => (this.ended = true),
      () => (this.ended = !this.#stop.signal.aborted),
    );
  }

  static async begin(stack: Stack): Promise<Rival> {
    const before = stack.gateway.log.split(RIVAL).length;
    const rival = new Rival(stack.gateway.url);
    await waitFor('a rival is held up', () => stack.gateway.log.split(RIVAL).length > before);
    return rival;
  }

  end(): void {
    this.#stop.abort();
  }
}
