// What the site's server says and refuses, asked without a browser.
import { createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { GraphService } from '@throughline/shared/graph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeUrl } from '../../src/node-url.ts';
import { told } from './inspector.ts';
import { freePort } from './ports.ts';
import { type Stack, startStack, TOKEN } from './stack.ts';

describe('the site’s server', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(() => stack?.stop());

  it('says on every answer how far it may be trusted', async () => {
    for (const path of ['/', '/about', '/health', '/favicon.svg', '/nowhere']) {
      const { headers } = await fetch(stack.site.url + path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy, path).toContain("frame-ancestors 'none'");
      expect(policy, path).toContain(`connect-src 'self' ${stack.gateway.url} ${stack.inspectorUrl}`);
      expect(policy, path).not.toContain('unsafe-inline');
      expect(headers.get('x-content-type-options'), path).toBe('nosniff');
    }
    const page = await fetch(stack.site.url);
    expect(page.headers.get('content-security-policy')).toMatch(/script-src 'self' 'sha256-/);
    expect(page.headers.get('cache-control')).toBe('private, no-cache');
  });

  it('shows the trace of what went wrong, and tells it', async () => {
    const missing = await fetch(`${stack.site.url}/node/no-such-node`);
    expect(missing.status).toBe(404);
    const id = /data-trace[^>]*>([0-9a-f]{32})</.exec(await missing.text())?.[1] ?? '';
    await stack.inspector.check(id, { services: ['ssr', 'gateway', 'graph', 'sqlite'], noOrphans: true, oneRoot: true, errors: 0, sameBaggage: true });

    const failed = await fetch(`${stack.site.url}/node/npm:debug?fault=graph=error:internal`);
    expect(failed.status).toBe(500);
    const page = await failed.text();
    expect(page).toContain('The service failed.');
    const broken = /data-trace[^>]*>([0-9a-f]{32})</.exec(page)?.[1] ?? '';
    const trace = await stack.inspector.check(broken, { services: ['ssr', 'gateway', 'graph'], noOrphans: true, oneRoot: true, errors: 1, sameBaggage: true });
    expect(told(trace)).toEqual(['graph rpc.server']);
  });

  it('tells of a failure once, whoever found it', async () => {
    // The status of a service that has told of it itself, on each way to a page; and a gateway that is not there, of which nobody has.
    const away = await startStack({ site: { SITE_GATEWAY_URL: `http://127.0.0.1:${await freePort()}` } });
    try {
      const page = await fetch(`${away.site.url}/search?q=ms`);
      expect([page.status, (await page.text()).includes('The service cannot be reached.')]).toEqual([503, true]);
      await fetch(`${away.site.url}/node/npm:debug`);
      for (const name of ['/search', '/node/']) {
        await expect.poll(async () => (await away.inspector.recent('ssr', name)).length, { timeout: 60_000 }).toBe(1);
        const [id = ''] = await away.inspector.recent('ssr', name);
        expect(told(await away.inspector.check(id, { services: ['ssr'], noOrphans: true, oneRoot: true, errors: 1 })), name).toEqual(['ssr http.server']);
      }
    } finally {
      await away.stop();
    }
  });

  it('has a page for each node, whatever its id', async () => {
    const ids = ['npm:@a/b@1.0.0', 'a b', '100%', 'a%2Fb', 'hub:<b>&"one"?#', 'über//größe', ';=+$,'];
    const graph = createClient(GraphService, createGrpcWebTransport({ baseUrl: stack.gateway.url }));
    const put = (id: string) => ({ change: { case: 'putNode' as const, value: { id, type: 'Odd' } } });
    await graph.applyMutations({ mutations: ids.map(put) }, { headers: { authorization: `Bearer ${TOKEN}` } });
    for (const id of ids) {
      const answered = await fetch(stack.site.url + nodeUrl(id));
      const written = id.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
      expect([answered.status, /<h1[^>]*>(.*?)<\/h1>/.exec(await answered.text())?.[1]], id).toEqual([200, written]);
    }
    for (const none of ['', '%zz', '%ff', 'npm%253Ams']) expect((await fetch(`${stack.site.url}/node/${none}`)).status, none).toBeOneOf([400, 404]);
  });

  it('writes for its own pages alone', async () => {
    const write = (headers: Record<string, string>) =>
      fetch(`${stack.site.url}/rpc/throughline.graph.v1.GraphService/ApplyMutations`, {
        method: 'POST',
        headers: { 'content-type': 'application/grpc-web+proto', 'x-grpc-web': '1', ...headers },
        body: new Uint8Array(5),
      });
    expect((await write({})).status).toBe(403);
    expect((await write({ origin: 'http://evil.test' })).status).toBe(403);
    expect((await write({ origin: stack.site.url, 'content-type': 'text/plain' })).status).toBe(403);
    const taken = await write({ origin: stack.site.url });
    expect(taken.status).toBe(200);
    // It got to the service, with the token: an empty request is refused for what it says.
    expect(taken.headers.get('grpc-status') ?? (await taken.text())).toMatch(/3/);
    const other = await fetch(`${stack.site.url}/rpc/throughline.graph.v1.GraphService/GetStats`, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc-web+proto', origin: stack.site.url },
    });
    expect(other.status).toBe(404);
  });

  it('takes the envelopes of its own DSN alone', async () => {
    const send = (dsn: string, method = 'POST') =>
      fetch(`${stack.site.url}/tunnel`, { method, ...(method === 'POST' && { body: `{"dsn":${JSON.stringify(dsn)}}\n{"type":"session"}\n{}\n` }) });
    const own = stack.inspectorUrl.replace('://', '://browser@') + '/4';
    expect((await send(own)).status).toBe(200);
    expect((await send('https://k@sentry.io/1')).status).toBe(403);
    expect((await send(own.replace('/4', '/3'))).status).toBe(403);
    expect((await send('')).status).toBe(403);
    expect((await send(own, 'GET')).status).toBe(405);
  });

  it('serves no source maps', async () => {
    const page = await (await fetch(stack.site.url)).text();
    const script = /src="(\/_astro\/[^"]+\.js)"/.exec(page)?.[1] ?? '';
    const text = await (await fetch(stack.site.url + script)).text();
    expect(text).not.toContain('sourceMappingURL');
    expect(text).toContain('sentry-dbid-');
    expect((await fetch(`${stack.site.url}${script}.map`)).status).toBe(404);
  });
});
