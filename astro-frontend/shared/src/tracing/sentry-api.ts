// The part of a Sentry SDK that this package calls. Any SDK of the JavaScript family fits; it is handed in, never
// imported, so that a page without a DSN loads none of it.
import type * as Core from '@sentry/core';

export type Span = Core.Span;

export type SentryApi = Pick<
  typeof Core,
  'startInactiveSpan' | 'startNewTrace' | 'withActiveSpan' | 'getActiveSpan' | 'captureException' | 'withScope'
>;

/** Gives the SDK, or nothing where there is none. Asked at each call, for the SDK may come later than the code. */
export type SentrySource = () => SentryApi | undefined;
