// Ports that are named before anybody listens on them. The system gives out others to whoever asks for any and to every connection:
// what was free when it was looked at is free when it is taken.
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below those of connections on any system, above those of services and of the Dgraphs of other tests. */
const FIRST = 21_000;
const LAST = 31_999;

const given = new Set<number>();

/** One that is free, and that no other stack of this process was given. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST + 1);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((found) => {
    const server = createServer();
    server.once('error', () => found(false));
    server.listen(port, '127.0.0.1', () => server.close(() => found(true)));
  });
}
