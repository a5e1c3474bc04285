// A proxy between a page and the gateway, which can cut an answer short.
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export class Cut {
  /** Which answers are held before their last byte, by the end of their path. */
  of = '';
  /** Those that are held. */
  readonly #held: ServerResponse[] = [];
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
          if (!cut.of || !asked.url?.endsWith(cut.of)) return answer.write(piece);
          cut.#held.push(answer);
          answer.write(piece.subarray(0, -1));
        });
        answered.on('end', () => cut.#held.includes(answer) || answer.end());
        answered.on('error', () => answer.destroy());
      });
      onward.on('error', () => answer.destroy());
      answer.on('close', () => onward.destroy());
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
    for (const answer of this.#held.splice(0)) answer.destroy();
  }

  stop(): void {
    this.#stop();
  }
}
