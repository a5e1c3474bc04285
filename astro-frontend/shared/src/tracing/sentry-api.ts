// The part of a Sentry SDK that this package calls. Any SDK of the JavaScript family fits; it is handed in, never
// imported, so that a page without a DSN loads none of it. Said here and not taken from an SDK's types: those of two
// copies of one SDK do not fit each other. Methods, so that an SDK's own span, which can do more, fits.

export type AttributeValue = string | number | boolean;

export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

export interface Span {
  spanContext(): SpanContext;
  /** 1 is OK, 2 an error. */
  setStatus(status: { code: 1 | 2; message?: string }): unknown;
  setAttributes(attributes: Record<string, AttributeValue>): unknown;
  end(): void;
}

export interface SpanOptions {
  name: string;
  op: string;
  forceTransaction?: boolean;
  attributes?: Record<string, AttributeValue>;
  links?: { context: SpanContext; attributes: Record<string, AttributeValue> }[];
}

export interface SentryApi {
  startInactiveSpan(options: SpanOptions): Span;
  startNewTrace<T>(work: () => T): T;
  withActiveSpan<T>(span: Span | null, work: () => T): T;
  captureException(error: unknown): string;
}

/** Gives the SDK, or nothing where there is none. Asked at each call, for the SDK may come later than the code. */
export type SentrySource = () => SentryApi | undefined;
