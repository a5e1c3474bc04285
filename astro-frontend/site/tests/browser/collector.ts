// A collector that goes bad when it is told to: in front of the inspector, for one service.
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export type Mode = 'answering' | 'refusing' | 'hanging';

export class Collector {
  readonly url: string;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #port: number;
  #mode: Mode = 'answering';
  #bad = 0;

  private constructor(server: Server, inspector: string) {
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    this.url = `http://127.0.0.1:${this.#port}`;
    const { hostname, port } = new URL(inspector);
    server.on('connection', (socket) => {
      this.#open.add(socket.on('close', () => this.#open.delete(socket)).on('error', () => {}));
      if (this.#mode !== 'answering') this.#bad++;
      if (this.#mode === 'refusing') return void socket.resetAndDestroy();
      // Never even read.
      if (this.#mode === 'hanging') return;
      const behind = connect(Number(port), hostname).on('error', () => socket.destroy());
      socket.on('close', () => behind.destroy());
      behind.on('close', () => socket.destroy());
      socket.pipe(behind).pipe(socket);
    });
  }

  static async before(inspector: string): Promise<Collector> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Collector(server, inspector);
  }

  /** How many connections met it while it was bad. */
  get bad(): number {
    return this.#bad;
  }

  /** What was open is cut off. */
  switch(mode: Mode): void {
    this.#mode = mode;
    for (const socket of this.#open) socket.destroy();
  }

  async stop(): Promise<void> {
    this.switch('refusing');
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
