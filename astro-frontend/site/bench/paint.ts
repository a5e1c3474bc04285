// First and largest paint of a node's page, from a server with telemetry and from one without any, in turns.
import type { Browser } from 'playwright-core';
import { median, type Report } from './report.ts';

const ROUNDS = 25;
const PATH = '/node/npm:ms@2.0.0';

/** `with_` and `without` are sites over the same gateway. */
export async function paint(browser: Browser, sites: { with_: string; without: string }, report: Report): Promise<void> {
  const found = { with_: { first: [] as number[], largest: [] as number[] }, without: { first: [] as number[], largest: [] as number[] } };
  // The first of each warms the servers, and does not count.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const which of round % 2 ? (['with_', 'without'] as const) : (['without', 'with_'] as const)) {
      const { first, largest } = await visit(browser, sites[which] + PATH);
      if (round === 0) continue;
      found[which].first.push(first);
      found[which].largest.push(largest);
    }
  }
  for (const what of ['first', 'largest'] as const) {
    const [by, without] = [median(found.with_[what]), median(found.without[what])];
    report.note(`node page, ${what} paint without Sentry`, `${without.toFixed(0)} ms`);
    report.note(`node page, ${what} paint with it`, `${by.toFixed(0)} ms`);
    report.atMost(`node page, ${what} paint, with over without`, by / without, 1.1);
  }
}

/** Each in a profile of its own, with nothing cached. */
async function visit(browser: Browser, url: string): Promise<{ first: number; largest: number }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(url, { waitUntil: 'load' });
  const times = await page.evaluate(
    () =>
      new Promise<{ first: number; largest: number }>((resolve) => {
        new PerformanceObserver((list) => {
          const first = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
          resolve({ first, largest: list.getEntries().at(-1)!.startTime });
        }).observe({ type: 'largest-contentful-paint', buffered: true });
      }),
  );
  await context.close();
  return times;
}
