// The browser's SDK, as this site has it. Loaded only where there is a DSN.
import * as Sentry from '@sentry/astro';
import type { SentryApi, Span } from '@throughline/shared/tracing';
import type { BrowserSettings } from '../browser/settings.ts';

export const api: SentryApi = Sentry;

/** Starts the SDK; returns the span of the page load. */
export function init(settings: BrowserSettings): Span | undefined {
  Sentry.init({
    dsn: settings.dsn,
    tunnel: '/tunnel',
    ...(settings.release && { release: settings.release }),
    ...(settings.environment && { environment: settings.environment }),
    tracesSampleRate: settings.tracesSampleRate,
    tracePropagationTargets: [settings.gatewayUrl, /^\/(?!\/)/],
    propagateTraceparent: true,
    enableLogs: true,
    integrations: [Sentry.browserTracingIntegration({ instrumentNavigation: false }), Sentry.spanStreamingIntegration()],
    initialScope: { tags: { 'service.name': 'browser' } },
  });
  return Sentry.getActiveSpan();
}
