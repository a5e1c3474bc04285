export { Actions, type Action, type ActionsOptions, type ActionObserver, type ActionOptions } from './action.ts';
export { codeName } from './call-span.ts';
export { isReported } from './reported.ts';
export { parentSpan, tracedFetch, tracingInterceptor } from './interceptor.ts';
export type { SentryApi, SentrySource, Span } from './sentry-api.ts';
