// A shared cache in front of a server: keeps what it may, for all.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isShared } from '../../src/server/trace-meta.ts';

export interface Cache {
  readonly url: string;
  /** How many answers came out of it. */
  hits(): number;
  stop(): Promise<void>;
}

export async function cache(origin: string): Promise<Cache> {
  const kept = new Map<string, { headers: [string, string][]; body: Buffer }>();
  let hits = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const key = request.url ?? '/';
    let answer = request.method === 'GET' ? kept.get(key) : undefined;
    if (answer) hits++;
    else {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece as Buffer);
      const headers = Object.entries(request.headers).filter(([name]) => !['connection', 'host'].includes(name)) as [string, string][];
      const body = pieces.length ? new Uint8Array(Buffer.concat(pieces)) : null;
      const answered = await fetch(origin + key, { method: request.method ?? 'GET', headers, body });
      const encoded = ['content-encoding', 'content-length', 'transfer-encoding', 'connection', 'keep-alive'];
      answer = { headers: [...answered.headers].filter(([name]) => !encoded.includes(name)), body: Buffer.from(await answered.arrayBuffer()) };
      if (request.method === 'GET' && isShared(answered.headers.get('cache-control') ?? '') && key.startsWith('/node/')) kept.set(key, answer);
    }
    response.writeHead(200, answer.headers).end(answer.body);
  };
  // A page that is closed leaves requests behind that end in the middle.
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hits: () => hits,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
