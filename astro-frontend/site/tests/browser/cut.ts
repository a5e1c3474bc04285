// A proxy between a page and the gateway, which can hold an answer up or cut it short.
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export class Cut {
  /** Which answers are held before their last byte, by the end of their path. */
  of = '';
  /** Those that are held, and the bytes that they still lack. */
  readonly #held = new Map<ServerResponse, { last: Buffer; ended: boolean }>();
  readonly url: string;
  readonly #stop: () => void;

  private constructor(url: string, stop: () => void) {
    this.url = url;
    this.#stop = stop;
  }

  static async before(gateway: string): Promise<Cut> {
    const server = createServer((asked, answer) => {
      const onward = request(new URL(asked.url ?? '/', gateway), { method: asked.method, headers: asked.headers }, (answered) => {
        answer.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.on('data', (piece: Buffer) => {
          const before = cut.#held.get(answer);
          if (!before && !(cut.of && asked.url?.endsWith(cut.of))) return answer.write(piece);
          // In however many pieces it comes, it lacks the last byte of what has come.
          if (before) answer.write(before.last);
          cut.#held.set(answer, { last: piece.subarray(-1), ended: false });
          answer.write(piece.subarray(0, -1));
        });
        answered.on('end', () => {
          const held = cut.#held.get(answer);
          if (held) held.ended = true;
          else answer.end();
        });
        answered.on('error', () => answer.destroy());
      });
      onward.on('error', () => answer.destroy());
      answer.on('close', () => {
        onward.destroy();
        cut.#held.delete(answer);
      });
      asked.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const stop = (): void => {
      server.close();
      server.closeAllConnections();
    };
    const cut = new Cut(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop);
    return cut;
  }

  /** Cuts what is held, and holds no more. */
  now(): void {
    this.of = '';
    for (const answer of this.#held.keys()) answer.destroy();
    this.#held.clear();
  }

  /** Whether an answer is held that would else be there. */
  get holds(): boolean {
    return [...this.#held.values()].some(({ ended }) => ended);
  }

  /** Lets what is held come to its end, and holds no more. */
  release(): void {
    this.of = '';
    for (const [answer, { last, ended }] of this.#held) {
      answer.write(last);
      if (ended) answer.end();
    }
    this.#held.clear();
  }

  stop(): void {
    this.#stop();
  }
}
