// Loaded before the server (`--import`), so that the first request is traced too; pages import it again, in vain.
import process from 'node:process';
import * as Sentry from '@sentry/astro';
import { isReported } from '@throughline/shared/tracing';
import { boundedTransport } from './server/collector.ts';

const { SENTRY_DSN, SENTRY_ENVIRONMENT, SENTRY_RELEASE, SENTRY_TRACES_SAMPLE_RATE } = process.env;

/** What is asked by machines only, and would drown the rest. */
const UNTRACED = ['/health', '/tunnel', '/settings.json', '/_astro/', '/favicon.svg'];

if (SENTRY_DSN && !Sentry.getClient()) {
  Sentry.init({
    dsn: SENTRY_DSN,
    release: SENTRY_RELEASE ?? (await builtAs()),
    environment: SENTRY_ENVIRONMENT ?? 'production',
    tracesSampleRate: Number(SENTRY_TRACES_SAMPLE_RATE ?? '1'),
    tracePropagationTargets: [process.env.SITE_GATEWAY_URL ?? 'http://127.0.0.1:8080'],
    propagateTraceparent: true,
    enableLogs: true,
    transport: boundedTransport,
    // One failure is one event: what a service has told of itself, the page that it failed does not tell again.
    beforeSend: (event, { originalException }) => (isReported(originalException) ? null : event),
    integrations: [
      Sentry.httpIntegration({
        ignoreIncomingRequests: (path) => UNTRACED.some((untraced) => path.startsWith(untraced)),
        // A page that is not found has asked for it, and the spans of who was asked need a parent.
        dropSpansForIncomingRequestStatusCodes: [],
      }),
      Sentry.consoleLoggingIntegration({ levels: ['warn', 'error'] }),
    ],
    initialScope: { tags: { 'service.name': 'ssr' } },
  });
}

/** The release that the build wrote down beside itself. */
async function builtAs(): Promise<string | undefined> {
  const { readFile } = await import('node:fs/promises');
  return readFile(new URL('dist/release.txt', `file://${process.cwd()}/`), 'utf8').catch(() => undefined);
}
