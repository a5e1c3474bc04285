// The graph, as a page asks for it; and the actions inside which it asks.
import { createClient, type Client } from '@connectrpc/connect';
import { createTransport } from '@throughline/shared/client';
import { GraphService } from '@throughline/shared/graph';
import { Actions, isReported } from '@throughline/shared/tracing';
import { keepReplay, pageLoad, sentry, startTelemetry } from '../telemetry/browser.ts';
import { browserSettings } from './settings.ts';

export type GraphClient = Client<typeof GraphService>;

/** Each user action runs in one of these: `actions.run('Find path', ({ call }) => graph.findPath({…}, call))`. */
export const actions = new Actions(sentry, pageLoad, {
  captures: (error) => {
    if (!isReported(error)) return true;
    // A recording of it is wanted all the same.
    keepReplay();
    return false;
  },
});

// What is under way when a page is left is cut off; said before its SDK sends the last.
if (typeof window !== 'undefined') window.addEventListener('pagehide', () => actions.stopAll());

let client: Promise<GraphClient> | undefined;

/** The client of this page; comes once telemetry has started, so that no call goes untraced. */
export function graphClient(): Promise<GraphClient> {
  client ??= connect();
  return client;
}

async function connect(): Promise<GraphClient> {
  const [settings] = await Promise.all([browserSettings(), startTelemetry()]);
  return createClient(GraphService, createTransport({ baseUrl: settings.gatewayUrl, sentry }));
}

let editor: Promise<GraphClient> | undefined;

/** The client for writes, which go through this site's server: `applyMutations` and `updateSchema`. */
export function editClient(): Promise<GraphClient> {
  editor ??= startTelemetry().then(() => createClient(GraphService, createTransport({ baseUrl: `${location.origin}/rpc`, sentry })));
  return editor;
}
