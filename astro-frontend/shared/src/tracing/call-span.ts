// The `rpc.client` span of one call. It lives as long as the call or its stream: the SDK's own fetch span ends when
// the headers have come, and knows no gRPC status.
import { Code } from '@connectrpc/connect';
import type { SentryApi, Span } from './sentry-api.ts';

/** What names a call. */
export interface CallName {
  /** Full name of the service, such as `throughline.graph.v1.GraphService`. */
  readonly service: string;
  readonly method: string;
  /** Where the call goes. */
  readonly url: string;
}

/** How a call came out: nothing is OK. */
export type Outcome = { readonly code: Code; readonly message: string } | undefined;

/** gRPC's names of its codes, by number; 0 is OK. */
const NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

/** Sentry's name of the status, where it is not gRPC's in lower case. */
const STATUS: Record<string, string> = { UNKNOWN: 'unknown_error', INTERNAL: 'internal_error' };

/** gRPC's name of a code, such as `NOT_FOUND`. */
export function codeName(code: number): string {
  return NAMES[code] ?? NAMES[Code.Unknown];
}

export class CallSpan {
  readonly span: Span;
  #ended = false;

  constructor(sentry: SentryApi, call: CallName, parent: Span | undefined) {
    const start = (): Span =>
      sentry.startInactiveSpan({
        name: `${call.service}/${call.method}`,
        op: 'rpc.client',
        attributes: {
          'sentry.origin': 'auto.rpc.grpc',
          'rpc.system': 'grpc',
          'rpc.service': call.service,
          'rpc.method': call.method,
          'server.address': new URL(call.url).hostname,
        },
      });
    this.span = parent ? sentry.withActiveSpan(parent, start) : start();
  }

  /** Ends the span, the first time it is called. */
  end(outcome: Outcome): void {
    if (this.#ended) return;
    this.#ended = true;
    const code = outcome?.code ?? 0;
    const name = codeName(code);
    this.span.setAttributes({ 'rpc.grpc.status_code': code, 'rpc.response.status_code': name });
    this.span.setStatus(outcome ? { code: 2, message: STATUS[name] ?? name.toLowerCase() } : { code: 1 });
    this.span.end();
  }
}
