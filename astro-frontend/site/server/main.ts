// The site's server: Astro's handler on a port, with what a service of this house does: one line when it takes calls, and a
// graceful stop on a signal or, if asked to, at the end of its stdin.
import { createServer } from 'node:http';
import process from 'node:process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { settings } from '../src/server/settings.ts';
import { lost } from './collector.ts';
import { secure } from './security.ts';
import { TUNNEL, tunnel } from './tunnel.ts';

/** How long open requests have to end when it stops, in milliseconds. */
const DRAIN_MS = 5_000;

const listen = process.env.SITE_LISTEN ?? '127.0.0.1:4321';
const at = listen.lastIndexOf(':');
const host = listen.slice(0, at).replace(/^\[|\]$/g, '');
const port = Number(listen.slice(at + 1));
if (at < 1 || !Number.isInteger(port)) {
  console.error(`SITE_LISTEN is no address: ${listen}`);
  process.exit(64);
}

// Astro's entry would otherwise listen by itself.
process.env.ASTRO_NODE_AUTOSTART = 'disabled';
const entry: string = '../dist/server/entry.mjs';
const { handler } = (await import(entry)) as { handler: (request: IncomingMessage, response: ServerResponse) => void };

const { browser } = settings();
const connect = [...new Set([browser.gatewayUrl, browser.inspectorUrl])];

const server = createServer((request, response) => {
  secure(response, connect);
  if (request.url === TUNNEL) void tunnel(request, response, browser.dsn);
  else handler(request, response);
});
server.listen(port, host, () => {
  const address = server.address();
  const taken = typeof address === 'object' && address ? address.port : port;
  console.log(`site listening on http://${host.includes(':') ? `[${host}]` : host}:${taken}`);
});

let stopping = false;
async function stop(): Promise<void> {
  if (stopping) return;
  stopping = true;
  const drained = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const bound = new Promise<void>((resolve) => setTimeout(resolve, DRAIN_MS).unref());
  await Promise.race([drained, bound]);
  const { close } = await import('@sentry/astro');
  await close(2_000);
  for (const [whose, envelopes] of Object.entries(lost)) if (envelopes > 0) console.error(`telemetry was lost: ${envelopes} envelopes of ${whose}`);
  process.exit(0);
}

process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
if (process.env.THROUGHLINE_STOP_ON_EOF === '1') {
  process.stdin.resume();
  process.stdin.on('end', () => void stop());
}
