// The way to a gRPC-web server, the same in a browser and in SSR, where only what goes through `fetch` carries the trace.
import type { Interceptor, Transport } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { tracedFetch, tracingInterceptor } from '../tracing/interceptor.ts';
import type { SentrySource } from '../tracing/sentry-api.ts';
import { retryInterceptor } from './retry.ts';

export interface TransportOptions {
  /** Such as `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  readonly sentry: SentrySource;
  /** How long a call may take that does not say, in milliseconds; 20 s if not given. */
  readonly timeoutMs?: number;
  /** Further ones, outside of retry and trace. */
  readonly interceptors?: Interceptor[];
}

export function createTransport(options: TransportOptions): Transport {
  const interceptors = [
    ...(options.interceptors ?? []),
    retryInterceptor(),
    // Innermost: each attempt is a call, and has a span.
    tracingInterceptor(options.sentry),
  ];
  return createGrpcWebTransport({
    baseUrl: options.baseUrl,
    interceptors,
    defaultTimeoutMs: options.timeoutMs ?? 20_000,
    fetch: tracedFetch(options.sentry),
  });
}
