// What the site tells Sentry of itself, read from what left the page, and what a page without a DSN does not load.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inflateSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, present, Visit, waitFor } from './chromium.ts';
import { nodes } from './inspector.ts';
import { type Stack, startStack } from './stack.ts';

const DIST = resolve(import.meta.dirname, '../../dist');
const RELEASE = readFileSync(join(DIST, 'release.txt'), 'utf8');

describe.skipIf(!present)('Sentry', () => {
  let stack: Stack;
  let silent: Stack;
  let browser: Browser;
  beforeAll(async () => {
    const replays = { SITE_REPLAYS_SESSION_SAMPLE_RATE: '1' };
    const none = { SENTRY_DSN: '', SITE_BROWSER_DSN: '' };
    [stack, silent, browser] = await Promise.all([startStack({ site: replays }), startStack({ site: none }), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    await Promise.all([stack?.stop(), silent?.stop()]);
  });

  /** What left the page, as text. */
  const sent = (visit: Visit): string => visit.sent.map((envelope) => envelope.toString('latin1')).join('\n');

  it('is told of errors with their island, of logs and web vitals, release and environment', async () => {
    const visit = await Visit.to(browser, `${stack.site.url}/lab`, /a warning of the test/, /a fault fires/);
    const { page } = visit;
    const load = await visit.pageTrace();
    await page.getByLabel('Break').selectOption('browser');
    await page.getByLabel('so that it').selectOption('panic');
    await page.getByRole('button', { name: 'Break it' }).click();
    await page.locator('[data-result]').filter({ hasText: 'Something went wrong' }).waitFor();
    await page.evaluate(() => console.warn('a warning of the test'));
    const trace = await page.locator('[data-trace]').getAttribute('data-trace');
    // What is held back comes after some seconds; some vitals are settled when the page is left.
    await waitFor('the log', () => sent(visit).includes('a warning of the test'));
    await page.goto(`${stack.site.url}/about`);
    await waitFor('the error', () => /"type":"event"/.test(sent(visit)));
    const [error] = visit.sent.map((it) => it.toString()).filter((it) => it.includes('"type":"event"'));
    const event = JSON.parse(error!.split('\n')[2]!) as { release: string; environment: string; tags: Record<string, string>; contexts: { trace: { trace_id: string } } };
    expect([event.release, event.environment, event.tags['component'], event.tags['service.name']]).toEqual([RELEASE, 'test', 'Lab', 'browser']);
    expect(event.contexts.trace.trace_id).toBe(trace);
    const stored = async () => nodes(await stack.inspector.trace(load)).flatMap(({ span }) => Object.keys(span?.attributes ?? {}));
    for (const vital of ['lcp', 'cls', 'inp', 'ttfb', 'fcp']) await expect.poll(stored, { timeout: 60_000 }).toContain(`browser.web_vital.${vital}.value`);
    const items = await stack.inspector.items();
    for (const type of ['event', 'log', 'span']) expect([...items.keys()]).toContain(type);
    expect(await stack.inspector.problems()).toEqual([]);
  });

  it('is told by the server of its release and environment', async () => {
    const missing = await fetch(`${stack.site.url}/node/no-such-node`);
    const id = /data-trace[^>]*>([0-9a-f]{32})</.exec(await missing.text())?.[1] ?? '';
    const { samplingContext } = await stack.inspector.check(id, { services: ['ssr', 'gateway'] });
    expect(samplingContext).toMatchObject({ release: RELEASE, environment: 'test', sample_rate: '1' });
  });

  it('records what a reader does, and neither what they read nor what they type', async () => {
    const visit = await Visit.to(browser, stack.site.url);
    const { page } = visit;
    await waitFor('the recorder', () => visit.sent.some((it) => it.includes('replay_recording')));
    await page.getByLabel('Search the graph').fill('debug');
    await page.getByRole('option', { name: /npm:debug/ }).first().waitFor();
    const before = visit.sent.length;
    await page.goto(`${stack.site.url}/about`);
    await waitFor('the rest of the recording', () => visit.sent.slice(before).some((it) => it.includes('replay_recording')));
    const recorded = visit.sent.filter((it) => it.includes('replay_recording')).map(recording).join('');
    expect(recorded).toContain('*****');
    for (const word of ['npm:debug', 'Words of an id', 'Search the graph']) expect(recorded).not.toContain(word);
  });

  it('has the map of each script, by the same debug id, and nobody else has', async () => {
    const scripts = readdirSync(join(DIST, 'source-maps/_astro')).filter((name) => !/worker|preload-helper/.test(name)).map((name) => name.replace(/\.map$/, ''));
    expect(scripts.length).toBeGreaterThan(10);
    for (const script of scripts) {
      const text = readFileSync(join(DIST, 'client/_astro', script), 'utf8');
      const id = /sentry-dbid-([0-9a-f-]{36})/.exec(text)?.[1];
      const map = JSON.parse(readFileSync(join(DIST, 'source-maps/_astro', `${script}.map`), 'utf8')) as Record<string, string>;
      expect([map['debug_id'], text.includes('sourceMappingURL')], script).toEqual([id, false]);
    }
    expect(readdirSync(join(DIST, 'client'), { recursive: true }).filter((name) => String(name).endsWith('.map'))).toEqual([]);
    expect(existsSync(join(DIST, 'client/source-maps'))).toBe(false);
  });

  it('is not loaded where there is no DSN', async () => {
    const visit = await Visit.to(browser, 'about:blank');
    const { page } = visit;
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(silent.site.url);
    await page.locator('.explorer[data-ready=true]').waitFor();
    await page.getByLabel('Search the graph').fill('ms');
    await page.getByRole('option').first().waitFor();
    expect(asked.filter((url) => /sentry|replay|networkUtils|tunnel/i.test(url))).toEqual([]);
    expect(await page.locator('meta[name="sentry-trace"]').count()).toBe(0);
    for (const call of visit.calls) expect(Object.keys(await call.allHeaders())).not.toContain('sentry-trace');
    expect((await fetch(`${silent.site.url}/tunnel`, { method: 'POST', body: '{"dsn":""}\n' })).status).toBe(404);
  });
});

/** The recording in an envelope: its last item, after a line that numbers it. */
function recording(envelope: Buffer): string {
  const zlib = envelope.indexOf(Buffer.from([0x78]), envelope.indexOf('"segment_id"', envelope.indexOf('"replay_recording"')));
  const at = envelope.indexOf('\n', envelope.indexOf('{"segment_id"', envelope.indexOf('"replay_recording"'))) + 1;
  return (zlib === at ? inflateSync(envelope.subarray(at)) : envelope.subarray(at)).toString();
}
