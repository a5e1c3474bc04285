// Chromium as it is on this machine, with a fresh profile each time; whatever a page complains of is kept.
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fromBinary } from '@bufbuild/protobuf';
import { SearchNodesRequestSchema } from '@throughline/shared/graph';
import { type Browser, chromium, type Page, type Request } from 'playwright-core';

const CHROMIUM = process.env['THROUGHLINE_CHROMIUM'] ?? '/usr/bin/chromium';

/** Whether there is one. */
export const present = existsSync(CHROMIUM);

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, headless: true, args: FLAGS });
}

/** How long what a page is to show may take: a busy machine is no failure. */
export const PATIENCE_MS = 120_000;

/** Every visit of the running test. */
const visits: Visit[] = [];

/** What the pages of the running test complained of and no test asked for; forgets them. See `clean.ts`. */
export function unasked(): string[] {
  return visits.splice(0).flatMap((visit) => visit.complaints.filter((it) => !visit.asked.some((pattern) => pattern.test(it))));
}

export class Visit {
  readonly page: Page;
  /** What its console, its policy and its scripts complained of. */
  readonly complaints: string[] = [];
  /** What it may complain of, for the test breaks it; all else fails the test. */
  readonly asked: RegExp[] = [];
  /** What its scripts noted for who looks closely. */
  readonly notes: string[] = [];
  /** The envelopes that it sent. */
  readonly #envelopes: string[] = [];
  /** What it sent, as bytes: a recording is no text. */
  readonly sent: Buffer[] = [];
  /** What it asked of the gateway. */
  readonly calls: Request[] = [];

  private constructor(page: Page) {
    this.page = page;
  }

  /** Opens a page in a profile of its own. */
  static async to(browser: Browser, url: string, ...asked: RegExp[]): Promise<Visit> {
    const context = await browser.newContext();
    context.setDefaultTimeout(PATIENCE_MS);
    const visit = new Visit(await context.newPage());
    visit.asked.push(...asked);
    visits.push(visit);
    const { page } = visit;
    page.on('console', (message) => {
      if (message.type() === 'debug') visit.notes.push(message.text());
      // Software rendering is slow, and says so.
      if (['error', 'warning'].includes(message.type()) && !message.text().includes('GL Driver Message')) visit.complaints.push(message.text());
    });
    page.on('pageerror', (error) => visit.complaints.push(String(error)));
    // Answered: a page that is closed before takes what is under way with it. Of a request that may outlive its page,
    // Chromium does not say that it finished.
    page.on('response', (response) => {
      const request = response.request();
      if (!request.url().endsWith('/tunnel')) return;
      visit.#envelopes.push(request.postData() ?? '');
      visit.sent.push(request.postDataBuffer() ?? Buffer.alloc(0));
    });
    page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().includes('GraphService')) visit.calls.push(request);
    });
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => console.error('policy', event.violatedDirective, event.blockedURI));
    });
    await page.goto(url);
    return visit;
  }

  /** The trace of the page, as its server said it; empty if it said none. */
  async pageTrace(): Promise<string> {
    const meta = this.page.locator('meta[name="sentry-trace"]');
    return (await meta.count()) ? ((await meta.first().getAttribute('content'))?.slice(0, 32) ?? '') : '';
  }

  /** Does something, and gives the trace of the first call to the graph that comes of it. */
  async callOf(act: () => Promise<unknown>): Promise<string> {
    const before = this.calls.length;
    await act();
    await waitFor('a call to the graph', () => this.calls.length > before);
    return ((await this.calls[before]?.allHeaders())?.['sentry-trace'] ?? '').slice(0, 32);
  }

  /** Types a query, and waits until what is shown is what was found for all of it: of slow fingers, each letter is searched for. */
  async search(query: string, type: () => Promise<unknown>): Promise<void> {
    const whole = (request: Request): boolean => {
      const body = request.url().endsWith('/SearchNodes') ? request.postDataBuffer() : null;
      // After the length of the message.
      return body !== null && fromBinary(SearchNodesRequestSchema, body.subarray(5)).query === query;
    };
    await Promise.all([this.page.waitForResponse((response) => whole(response.request())), type()]);
    await this.page.getByText(/\d+ found, best first/).waitFor();
  }

  /** Waits until it has sent the load of the page whose trace this is. */
  async loaded(traceId: string): Promise<void> {
    await waitFor('the envelope of the load', () => this.#envelopes.some((envelope) => envelope.includes('"pageload"') && envelope.includes(traceId)));
  }

  /** Waits until the SDK, which holds spans back for some seconds, has sent the load and the traces of these actions. */
  async close(...actions: string[]): Promise<void> {
    const sent = (what: string[]): boolean => this.#envelopes.some((envelope) => what.every((part) => envelope.includes(part)));
    await waitFor('the envelopes of the load and the actions', () => sent(['"pageload"']) && actions.every((id) => sent([id, '"ui.action"'])));
    await this.page.context().close();
  }
}

export async function waitFor(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 15_000) throw new Error(`it did not come about within five minutes: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
