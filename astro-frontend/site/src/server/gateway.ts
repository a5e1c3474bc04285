// The graph, as this server asks for it, inside the trace of the request it answers.
import { createClient, type Client } from '@connectrpc/connect';
import * as Sentry from '@sentry/astro';
import { createTransport } from '@throughline/shared/client';
import { GraphService } from '@throughline/shared/graph';
import { settings } from './settings.ts';

const sentry = () => (Sentry.getClient() ? Sentry : undefined);

let client: Client<typeof GraphService> | undefined;

export function graphClient(): Client<typeof GraphService> {
  client ??= createClient(GraphService, createTransport({ baseUrl: settings().gatewayUrl, sentry, timeoutMs: 5_000 }));
  return client;
}
