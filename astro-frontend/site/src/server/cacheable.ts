// A page that a shared cache may keep is many visitors': it must not carry the trace of the one it was made for, or all of them
// would join it. Outermost of the middleware, so that it sees what the SDK's has put in.
import { defineMiddleware } from 'astro:middleware';
import { isShared, withoutTrace } from './trace-meta.ts';

export const onRequest = defineMiddleware(async (context, next) => {
  const response = await next();
  if (context.isPrerendered || !response.headers.get('content-type')?.startsWith('text/html')) return response;
  if (!response.headers.has('cache-control')) {
    // Made for one visitor.
    response.headers.set('cache-control', 'private, no-cache');
    return response;
  }
  if (!isShared(response.headers.get('cache-control') ?? '') || !response.body) return response;
  const { status, statusText, headers } = response;
  return new Response(withoutTrace(response.body), { status, statusText, headers });
});
