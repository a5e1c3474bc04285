// Orders layouts of a worker; a new order takes the place of the one before.

export interface LayoutOrder {
  readonly order: number;
  /** x and y of each node. */
  readonly positions: Float32Array;
  /** The two ends of each edge, by place in `positions`. */
  readonly edges: Uint32Array;
  readonly iterations: number;
  /** Only the end is of interest. */
  readonly silent: boolean;
}

export interface LayoutAnswer {
  readonly order: number;
  readonly positions: Float32Array;
  readonly done: boolean;
}

/** What is laid out: nodes in an order of the caller's. */
export type LayoutInput = Omit<LayoutOrder, 'order' | 'iterations'>;

export class Layout {
  readonly #worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
  #order = 0;
  #moved: (answer: LayoutAnswer) => void = () => undefined;

  constructor() {
    this.#worker.onmessage = ({ data }: MessageEvent<LayoutAnswer>) => {
      if (data.order === this.#order) this.#moved(data);
    };
  }

  /** Calls back as the nodes move, in the order in which they were given. */
  run(input: LayoutInput, moved: (answer: LayoutAnswer) => void): void {
    this.#moved = moved;
    const count = input.positions.length / 2;
    const iterations = count > 2_000 ? 80 : count > 500 ? 150 : 300;
    const order: LayoutOrder = { ...input, iterations, order: ++this.#order };
    this.#worker.postMessage(order, [input.positions.buffer, input.edges.buffer]);
  }

  stop(): void {
    this.#worker.terminate();
  }
}
