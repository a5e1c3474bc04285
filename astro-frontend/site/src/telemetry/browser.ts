// Starts the browser's SDK where there is a DSN, as a chunk of its own.
import type { SentryApi, Span } from '@throughline/shared/tracing';
import { browserSettings } from '../browser/settings.ts';

let sdk: SentryApi | undefined;
let keep = (): void => {};
let load: Span | undefined;
let started: Promise<void> | undefined;

/** The SDK, once there is one. */
export const sentry = (): SentryApi | undefined => sdk;

/** The span of the page load. */
export const pageLoad = (): Span | undefined => load;

/** Has what was recorded until now sent, as an error has. */
export const keepReplay = (): void => keep();

/** Starts it once; islands wait for it before their first call. Never fails: a page without telemetry is still a page. */
export function startTelemetry(): Promise<void> {
  started ??= start().catch((error: unknown) => console.warn('telemetry did not start', error));
  return started;
}

/** How long the first paint is waited for, in milliseconds: a page in the background has none. */
const PAINT_MS = 250;

/** What a reader came for comes first; the SDK takes the load's times from the browser, which has kept them. */
function painted(): Promise<void> {
  return new Promise((resolve) => {
    // A frame begins, and what follows it has been painted.
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, PAINT_MS);
  });
}

async function start(): Promise<void> {
  const settings = await browserSettings();
  if (!settings.dsn) return;
  await painted();
  const loaded = await import('./sentry.ts');
  load = loaded.init(settings);
  keep = () => loaded.keepReplay(settings.replaysOnErrorSampleRate);
  sdk = loaded.api;
}
