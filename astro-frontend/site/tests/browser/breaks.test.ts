// A trace that breaks between the page and the gateway must be seen to: these stacks are set up wrong on purpose.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { launch, present, Visit, waitFor } from './chromium.ts';
import { CLICK } from './inspector.ts';
import { type Stack, startStack } from './stack.ts';

describe.skipIf(!present)('a break is seen', () => {
  let stack: Stack | undefined;
  let browser: Browser | undefined;
  afterEach(async () => {
    await browser?.close();
    await stack?.stop();
  });

  /** Searches; gives the trace of the last action, as the page shows it. */
  async function search(site: string, ...asked: RegExp[]): Promise<{ visit: Visit; id: string }> {
    browser = await launch();
    const visit = await Visit.to(browser, site, ...asked);
    await visit.page.getByRole('combobox').first().fill('debug');
    const chip = visit.page.locator('[data-trace]').filter({ hasText: /search/i });
    await chip.waitFor();
    return { visit, id: (await chip.getAttribute('data-trace')) ?? '' };
  }

  it('when the propagation targets name somebody else', async () => {
    stack = await startStack({ site: { SITE_PROPAGATION_TARGETS: 'http://elsewhere.test' } });
    const { visit, id } = await search(stack.site.url);
    // The chip is there before the call.
    const asked = () => visit.calls.find((call) => call.url().endsWith('/SearchNodes'));
    await waitFor('the search', () => asked() !== undefined);
    expect(await asked()!.allHeaders()).not.toHaveProperty('sentry-trace');
    await visit.close(id);
    const wrong = await stack.inspector.broken(id, CLICK);
    expect(wrong.join('\n')).toMatch(/services: .*gateway/);
    expect(wrong.join('\n')).toMatch(/sentry-trace of browser rpc.client .* did not reach it/);
  });

  it('when the preflight does not allow baggage', async () => {
    let close = (): void => {};
    stack = await startStack({
      publicGateway: async (gateway) => {
        const proxy = createServer(async (request, response) => {
          const headers = Object.entries(request.headers).filter(([name]) => !['host', 'connection'].includes(name)) as [string, string][];
          const answered = await fetch(gateway + request.url, { method: request.method ?? 'POST', headers });
          const allowed = (value: string): string => value.split(',').filter((name) => name.trim() !== 'baggage').join(',');
          for (const [name, value] of answered.headers) response.setHeader(name, name === 'access-control-allow-headers' ? allowed(value) : value);
          response.writeHead(answered.status).end();
        });
        await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
        close = () => proxy.close();
        return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      },
    });
    const { visit, id } = await search(stack.site.url, /CORS policy/, /ERR_FAILED/);
    await visit.page.getByRole('alert').first().waitFor();
    await expect.poll(() => visit.complaints.join('\n')).toMatch(/Request header field baggage is not allowed/);
    await visit.close(id);
    close();
    const wrong = await stack.inspector.broken(id, CLICK);
    expect(wrong.join('\n')).toMatch(/services: .*gateway/);
  });
});
