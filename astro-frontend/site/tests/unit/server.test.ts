import { describe, expect, it } from 'vitest';
import { dsnOf, endpoint } from '../../server/tunnel.ts';
import { refusal } from '../../src/server/forgery.ts';
import { isShared, withoutTrace } from '../../src/server/trace-meta.ts';

describe('the tunnel', () => {
  it('reads the DSN of the first line', () => {
    const check = (envelope: string, dsn: string | undefined): void => expect(dsnOf(Buffer.from(envelope)), envelope).toBe(dsn);
    check('{"dsn":"http://k@h/1"}\n{}', 'http://k@h/1');
    check('{"dsn":"http://k@h/1"}', 'http://k@h/1');
    check('{"dsn":1}\n', undefined);
    check('{}\n{"dsn":"http://k@h/1"}', undefined);
    check('null\n', undefined);
    check('', undefined);
  });

  it('knows where a DSN leads', () => {
    expect(endpoint('http://browser@127.0.0.1:8969/4')).toBe('http://127.0.0.1:8969/api/4/envelope/?sentry_version=7&sentry_key=browser');
    expect(endpoint('https://k@sentry.io/a/4')).toBe('https://sentry.io/a/api/4/envelope/?sentry_version=7&sentry_key=k');
  });
});

describe('a write', () => {
  const check = (headers: Record<string, string>, taken: boolean): void => {
    const url = new URL('http://site.test/rpc/a/b');
    const request = new Request(url, { method: 'POST' });
    // `Request` lets no program set these.
    Object.defineProperty(request, 'headers', { value: new Headers({ host: 'site.test', ...headers }) });
    expect(refusal(request, url) === undefined, JSON.stringify(headers)).toBe(taken);
  };
  const ours = { 'content-type': 'application/grpc-web+proto', origin: 'http://site.test', 'sec-fetch-site': 'same-origin' };

  it('is taken from a page of this site alone', () => {
    check(ours, true);
    check({ ...ours, 'content-type': 'text/plain' }, false);
    check({ ...ours, 'content-type': 'application/x-www-form-urlencoded' }, false);
    check({ ...ours, origin: 'http://evil.test' }, false);
    check({ ...ours, origin: 'null' }, false);
    check({ ...ours, origin: 'http://site.test:81' }, false);
    check({ ...ours, 'sec-fetch-site': 'same-site' }, false);
    check({ ...ours, 'sec-fetch-site': 'cross-site' }, false);
    check({ 'content-type': ours['content-type'], origin: ours.origin }, true);
    check({ 'content-type': ours['content-type'] }, false);
  });
});

describe('a page that many visitors get', () => {
  it('is one that a shared cache may keep', () => {
    for (const shared of ['public', 'public, max-age=0', 's-maxage=10', 'Public, S-MaxAge=5']) expect(isShared(shared), shared).toBe(true);
    for (const own of ['', 'private', 'no-store', 'max-age=10', 'public, no-store', 'private, s-maxage=3']) expect(isShared(own), own).toBe(false);
  });

  it('has no trace, however it comes in pieces', async () => {
    const page = '<html><head><meta name="sentry-trace" content="a-b-1"/>\n<meta name="baggage" content="c"/><title>é</title></head><body>é</body>';
    const bytes = new TextEncoder().encode(page);
    for (let size = 1; size <= bytes.length; size += 7) {
      const pieces = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
          controller.close();
        },
      });
      expect(await new Response(withoutTrace(pieces)).text()).toBe('<html><head><title>é</title></head><body>é</body>');
    }
  });
});
