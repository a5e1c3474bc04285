// `POST /tunnel`: hands the browser's envelopes on, so that what blocks foreign hosts cuts no trace. Takes those of this
// site's own DSN alone: it is no relay for others.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { send } from './collector.ts';

export const TUNNEL = '/tunnel';

export interface TunnelLimits {
  /** The largest envelope, in bytes; a replay's segments are the largest there are. */
  readonly bytes: number;
  /** How long the collector may take, in milliseconds. */
  readonly timeoutMs: number;
}

export const TUNNEL_LIMITS: TunnelLimits = { bytes: 20 * 1024 * 1024, timeoutMs: 10_000 };

/** Where the envelopes of a DSN go. */
export function endpoint(dsn: string): string {
  const url = new URL(dsn);
  const at = url.pathname.lastIndexOf('/');
  const project = url.pathname.slice(at + 1);
  return `${url.protocol}//${url.host}${url.pathname.slice(0, at)}/api/${project}/envelope/?sentry_version=7&sentry_key=${url.username}`;
}

/** The DSN that an envelope's first line names, if it names one. */
export function dsnOf(envelope: Buffer): string | undefined {
  const end = envelope.indexOf('\n');
  try {
    const header: unknown = JSON.parse(envelope.subarray(0, end < 0 ? undefined : end).toString());
    const dsn = typeof header === 'object' && header !== null && 'dsn' in header ? header.dsn : undefined;
    return typeof dsn === 'string' ? dsn : undefined;
  } catch {
    return undefined;
  }
}

/** Answers one request to the tunnel. */
export async function tunnel(request: IncomingMessage, response: ServerResponse, dsn: string, limits = TUNNEL_LIMITS): Promise<void> {
  const answer = (status: number, text = ''): void => {
    const headers = { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text), 'cache-control': 'no-store' };
    response.writeHead(status, headers).end(text);
  };
  if (request.method !== 'POST') return answer(405);
  // The SDK has no reason to come from anywhere else.
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return answer(403, 'same origin only\n');
  if (!dsn) return answer(404);
  const envelope = await read(request, limits.bytes);
  if (!envelope) return answer(413);
  if (dsnOf(envelope) !== dsn) return answer(403, 'not a DSN of this site\n');
  try {
    const headers = { 'content-type': 'application/x-sentry-envelope' };
    const answered = await send('browser', endpoint(dsn), new Uint8Array(envelope), headers, limits.timeoutMs);
    for (const name of ['retry-after', 'x-sentry-rate-limits', 'x-sentry-error']) {
      const value = answered.headers.get(name);
      if (value) response.setHeader(name, value);
    }
    await answered.arrayBuffer();
    // Without a body, which no SDK reads: Chromium counts a request that may outlive its page as under way until its answer has
    // been read, and refuses the next ones beyond 64 KiB. A page load's spans would be lost.
    answer(answered.status);
  } catch {
    answer(502, 'the collector cannot be reached\n');
  }
}

async function read(request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    // Read to its end all the same: a client that is cut off reads no answer.
    if (size <= most) pieces.push(piece);
  }
  return size <= most ? Buffer.concat(pieces) : undefined;
}
