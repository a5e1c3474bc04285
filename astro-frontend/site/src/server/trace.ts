// The trace of the request that is being answered.
import { getActiveSpan } from '@sentry/astro';

/** 32 hex digits; empty where nothing is traced. */
export function traceId(): string {
  return getActiveSpan()?.spanContext().traceId ?? '';
}
