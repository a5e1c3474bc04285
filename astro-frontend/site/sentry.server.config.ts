// Loaded before the server (`--import`), so that the first request is traced too; a page imports it again, in vain.
import * as Sentry from '@sentry/astro';
import process from 'node:process';

const dsn = process.env.SENTRY_DSN;
const gateway = process.env.SITE_GATEWAY_URL ?? 'http://127.0.0.1:8080';

if (dsn && !Sentry.getClient()) {
  Sentry.init({
    dsn,
    ...(process.env.SENTRY_RELEASE && { release: process.env.SENTRY_RELEASE }),
    ...(process.env.SENTRY_ENVIRONMENT && { environment: process.env.SENTRY_ENVIRONMENT }),
    tracesSampleRate: Number(process.env.SENTRY_TRACES_SAMPLE_RATE ?? '1'),
    tracePropagationTargets: [gateway],
    propagateTraceparent: true,
    enableLogs: true,
    initialScope: { tags: { 'service.name': 'ssr' } },
  });
}
