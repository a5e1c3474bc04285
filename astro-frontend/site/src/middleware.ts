// Inside of the SDK's middleware. A reader who has gone is no error: whatever fails because of that is answered as nginx would,
// for the log and the trace alone.
import { defineMiddleware } from 'astro:middleware';

const CLIENT_CLOSED_REQUEST = 499;

export const onRequest = defineMiddleware(async ({ isPrerendered, request }, next) => {
  try {
    return await next();
  } catch (error) {
    if (isPrerendered || !request.signal.aborted) throw error;
    return new Response(null, { status: CLIENT_CLOSED_REQUEST });
  }
});
