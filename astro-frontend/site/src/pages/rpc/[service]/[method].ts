// Edits: a page's writes go through here, for this server holds the token and a browser must not. Calls are grpc-web, as to the gateway.
import type { APIRoute } from 'astro';
import { refusal } from '../../../server/forgery.ts';
import { settings } from '../../../server/settings.ts';

/** What may be called; reading goes to the gateway itself. */
const WRITES = new Set(['ApplyMutations', 'UpdateSchema']);
const SERVICE = 'throughline.graph.v1.GraphService';

/** What goes on of a request, and comes back of an answer. The trace goes by this server's own span. */
const SENT = ['content-type', 'grpc-timeout', 'x-grpc-web', 'x-user-agent', 'x-throughline-fault'];
const ANSWERED = ['content-type', 'grpc-status', 'grpc-message', 'grpc-status-details-bin'];

export const POST: APIRoute = async ({ params, request, url }) => {
  const { service, method } = params;
  if (service !== SERVICE || !method || !WRITES.has(method)) return new Response('no such method\n', { status: 404 });
  const refused = refusal(request, url);
  if (refused) return new Response(`${refused}\n`, { status: 403 });
  const { gatewayUrl, writeToken } = settings();
  const headers = pick(request.headers, SENT);
  if (writeToken) headers.set('authorization', `Bearer ${writeToken}`);
  const body = await request.arrayBuffer();
  const asked = { method: 'POST', headers, body, signal: request.signal };
  const answered = await fetch(`${gatewayUrl}/${SERVICE}/${method}`, asked).catch((error: unknown) => {
    if (request.signal.aborted) throw error;
  });
  // Without a status of gRPC: nobody has told of it, and the page, which may ask again first, is to.
  if (!answered) return new Response('the gateway cannot be reached\n', { status: 503 });
  return new Response(answered.body, { status: answered.status, headers: pick(answered.headers, ANSWERED) });
};

function pick(from: Headers, names: readonly string[]): Headers {
  const picked = new Headers();
  for (const name of names) {
    const value = from.get(name);
    if (value !== null) picked.set(name, value);
  }
  return picked;
}
