// The browser's SDK, as this site has it. Loaded only where there is a DSN.
// By name: a namespace that is passed on whole would take the recorder of replays along.
import {
  addIntegration,
  browserTracingIntegration,
  captureException,
  consoleLoggingIntegration,
  flush,
  getActiveSpan,
  init as initSdk,
  spanStreamingIntegration,
  startInactiveSpan,
  startNewTrace,
  withActiveSpan,
} from '@sentry/astro';
import type { SentryApi, Span } from '@throughline/shared/tracing';
import type { BrowserSettings } from '../browser/settings.ts';
import { nameIsland } from './islands.ts';

export const api: SentryApi = { captureException, startInactiveSpan, startNewTrace, withActiveSpan };

/** Starts the SDK; returns the span of the page load. */
export function init(settings: BrowserSettings): Span | undefined {
  const client = initSdk({
    dsn: settings.dsn,
    tunnel: '/tunnel',
    release: settings.release || __RELEASE__,
    environment: settings.environment || 'production',
    tracesSampleRate: settings.tracesSampleRate,
    // The gateway's origin, and this site's own.
    tracePropagationTargets: [...settings.propagationTargets, /^\/(?!\/)/],
    propagateTraceparent: true,
    // A request stands under its call, not beside it.
    parentSpanIsAlwaysRootSpan: false,
    enableLogs: true,
    replaysSessionSampleRate: settings.replaysSessionSampleRate,
    replaysOnErrorSampleRate: settings.replaysOnErrorSampleRate,
    integrations: [
      // Every navigation is a page load, and what a user does within a page is an action with a trace of its own.
      browserTracingIntegration({
        instrumentNavigation: false,
        // For these a request's span is held back after it has ended, and is lost when the page is left meanwhile: the gateway's
        // would have no parent.
        enableHTTPTimings: false,
        // Looking at traces makes none.
        shouldCreateSpanForRequest: (url) => !url.startsWith(settings.inspectorUrl),
      }),
      spanStreamingIntegration(),
      consoleLoggingIntegration({ levels: ['warn', 'error'] }),
    ],
    initialScope: { tags: { 'service.name': 'browser' } },
  });
  const load = getActiveSpan();
  client?.on('beforeSendEvent', nameIsland);
  sendWhenHidden();
  if (settings.replaysSessionSampleRate > 0 || settings.replaysOnErrorSampleRate > 0) whenIdle(() => void addReplay());
  return load;
}

/**
 * Sends what is held back when a page is left. The SDK does so too, but before it ends the load's span: who leaves early
 * would leave the spans under it without a parent. Listeners are called in their order, and this one comes last.
 */
function sendWhenHidden(): void {
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') void flush();
  });
}

let recorder: ReturnType<typeof import('./replay.ts').replay> | undefined;

/** Sends what was recorded until now, for one in so many. */
export function keepReplay(rate: number): void {
  if (Math.random() < rate) void recorder?.flush();
}

/** The recorder is larger than the rest of the SDK: it comes when the page is there. */
async function addReplay(): Promise<void> {
  const { replay } = await import('./replay.ts');
  recorder = replay();
  addIntegration(recorder);
}

function whenIdle(work: () => void): void {
  const idle = (): void => {
    if ('requestIdleCallback' in window) requestIdleCallback(work, { timeout: 2_000 });
    else setTimeout(work, 200);
  };
  if (document.readyState === 'complete') idle();
  else window.addEventListener('load', idle, { once: true });
}
