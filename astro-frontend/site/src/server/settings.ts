// What the server is told by its environment. Read at run time: one build serves every installation.
import process from 'node:process';
import type { BrowserSettings } from '../browser/settings.ts';

export interface Settings {
  /** The gateway as this server reaches it. */
  readonly gatewayUrl: string;
  /** The inspector as this server reaches it. */
  readonly inspectorUrl: string;
  /** Lets this server write to the graph; empty where it may not. */
  readonly writeToken: string;
  /** Whether the services obey faults on demand, which the lab asks for. */
  readonly faults: boolean;
  /** How long a shared cache may keep the page of a node, in seconds; 0: not at all. */
  readonly cacheSeconds: number;
  /** What every page is told. */
  readonly browser: BrowserSettings;
}

export function settings(env: NodeJS.ProcessEnv = process.env): Settings {
  const gatewayUrl = env.SITE_GATEWAY_URL ?? 'http://127.0.0.1:8080';
  const inspectorUrl = env.SITE_INSPECTOR_URL ?? 'http://127.0.0.1:8969';
  const faults = ['1', 'true'].includes(env.SITE_FAULTS ?? '');
  const publicGatewayUrl = env.SITE_PUBLIC_GATEWAY_URL ?? gatewayUrl;
  return {
    gatewayUrl,
    inspectorUrl,
    writeToken: env.SITE_WRITE_TOKEN ?? '',
    faults,
    cacheSeconds: Number(env.SITE_CACHE_SECONDS ?? '0'),
    browser: {
      gatewayUrl: publicGatewayUrl,
      inspectorUrl: env.SITE_PUBLIC_INSPECTOR_URL ?? inspectorUrl,
      dsn: env.SITE_BROWSER_DSN ?? '',
      release: env.SENTRY_RELEASE ?? '',
      environment: env.SENTRY_ENVIRONMENT ?? '',
      tracesSampleRate: Number(env.SENTRY_TRACES_SAMPLE_RATE ?? '1'),
      propagationTargets: (env.SITE_PROPAGATION_TARGETS ?? publicGatewayUrl).split(',').filter(Boolean),
      replaysSessionSampleRate: Number(env.SITE_REPLAYS_SESSION_SAMPLE_RATE ?? '0.1'),
      replaysOnErrorSampleRate: Number(env.SITE_REPLAYS_ERROR_SAMPLE_RATE ?? '1'),
      editable: Boolean(env.SITE_WRITE_TOKEN),
      faults,
    },
  };
}
