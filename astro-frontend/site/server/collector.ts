// How this server's telemetry leaves it: no send takes for ever, and what is lost is counted.
import { createTransport, suppressTracing } from '@sentry/astro';

export interface CollectorLimits {
  /** How long the collector may take for an envelope, in milliseconds. The SDK has no bound, and keeps 64 under way. */
  readonly timeoutMs: number;
}

export const COLLECTOR_LIMITS: CollectorLimits = { timeoutMs: 10_000 };

/** Whose telemetry: this server's own, or a browser's that it hands on. */
export type Whose = 'ssr' | 'browser';

/** How many envelopes did not get to a collector; what is still under way has not. */
export const lost: Record<Whose, number> = { ssr: 0, browser: 0 };

/** Sends an envelope; whatever is no success is a loss. */
export async function send(whose: Whose, url: string, body: Uint8Array | string, headers: Record<string, string>, timeoutMs: number): Promise<Response> {
  lost[whose]++;
  // What carries telemetry is none itself.
  const signal = AbortSignal.timeout(timeoutMs);
  const answered = await suppressTracing(() => fetch(url, { method: 'POST', body: body as BodyInit, headers, signal }));
  if (answered.ok) lost[whose]--;
  return answered;
}

type Options = Parameters<typeof createTransport>[0] & { readonly url: string; readonly headers?: Record<string, string> };

/** The SDK's transport. */
export function boundedTransport(options: Options, limits = COLLECTOR_LIMITS): ReturnType<typeof createTransport> {
  return createTransport(options, async ({ body }) => {
    const { status, headers } = await send('ssr', options.url, body, options.headers ?? {}, limits.timeoutMs);
    return {
      statusCode: status,
      headers: { 'x-sentry-rate-limits': headers.get('x-sentry-rate-limits'), 'retry-after': headers.get('retry-after') },
    };
  });
}
