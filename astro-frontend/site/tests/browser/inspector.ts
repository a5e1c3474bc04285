// What the inspector holds of a trace, asked as any program asks it.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { createClient, type Client } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { ExpectationsSchema, type SpanNode, type Trace, TraceService, Verdict } from '@throughline/shared/inspector';

/** Long enough for a browser's SDK, which holds spans back for 5 s, on a busy machine. */
const WAIT = { seconds: 60n };

/** Long enough for what has been sent already. */
const QUIET = { seconds: 12n };

export type Expected = MessageInitShape<typeof ExpectationsSchema>;

/** One tree, from the click to the store. */
export const CLICK: Expected = {
  services: ['browser', 'gateway', 'graph', 'sqlite'],
  noOrphans: true,
  oneRoot: true,
  sameBaggage: true,
};

export class Inspector {
  readonly #client: Client<typeof TraceService>;

  constructor(url: string) {
    this.#client = createClient(TraceService, createGrpcWebTransport({ baseUrl: url, defaultTimeoutMs: 90_000 }));
  }

  /** Waits until all of it holds of a trace and nothing more comes; else says what does not. */
  async check(traceId: string, expected: Expected): Promise<Trace> {
    const { verdict, results, trace } = await this.#judge(traceId, expected);
    if (verdict === Verdict.HOLDS && trace) return trace;
    const why = results.filter((result) => result.verdict !== Verdict.HOLDS).map((result) => `${result.check}: ${result.message}`);
    throw new Error(`trace ${traceId}: ${why.join('; ')}\n${trace ? drawn(trace) : 'nothing of it arrived'}`);
  }

  /** Waits for it, and gives what does not hold of a trace. */
  async broken(traceId: string, expected: Expected): Promise<string[]> {
    const { results } = await this.#judge(traceId, expected, QUIET);
    return results.filter((result) => result.verdict !== Verdict.HOLDS).map((result) => `${result.check}: ${result.message}`);
  }

  async trace(traceId: string): Promise<Trace> {
    const { trace } = await this.#client.getTrace({ trace: { ref: { case: 'id', value: traceId } }, wait: WAIT });
    if (!trace) throw new Error(`nothing of trace ${traceId}`);
    return trace;
  }

  /** The newest traces that a service took part in and whose name holds this. */
  async recent(service: string, name: string): Promise<string[]> {
    const { traces } = await this.#client.listTraces({ service });
    return traces.filter((trace) => trace.name.includes(name)).map((trace) => trace.traceId);
  }

  async items(): Promise<Map<string, bigint>> {
    const { items } = await this.#client.getIntake({});
    return new Map(items.map((item) => [item.type, item.count]));
  }

  async problems(): Promise<string[]> {
    const { problems } = await this.#client.getIntake({});
    return problems.map((problem) => `${problem.reason}: ${problem.count}`);
  }

  #judge(traceId: string, expected: Expected, wait: { seconds: bigint } = WAIT) {
    return this.#client.checkTrace({
      trace: { ref: { case: 'id', value: traceId } },
      expectations: create(ExpectationsSchema, expected),
      wait,
    });
  }
}

/** Every node of a trace. */
export function nodes(trace: Trace): SpanNode[] {
  const all = (node: SpanNode): SpanNode[] => [node, ...node.children.flatMap(all)];
  return trace.roots.flatMap(all);
}

/** Who told of an error, as `service op` of the span under which it is. */
export function told(trace: Trace): string[] {
  const events = nodes(trace).flatMap((node) => node.events.map((event) => `${event.service} ${node.span?.op}`));
  return [...events, ...trace.strayEvents.map(() => 'stray')];
}

/** `service op` from a span's top down to it. */
export function pathTo(trace: Trace, matches: (node: SpanNode) => boolean): string[] | undefined {
  const search = (node: SpanNode, path: string[]): string[] | undefined => {
    const here = [...path, `${node.span?.service} ${node.span?.op}`];
    if (matches(node)) return here;
    for (const child of node.children) {
      const found = search(child, here);
      if (found) return found;
    }
    return undefined;
  };
  for (const root of trace.roots) {
    const found = search(root, []);
    if (found) return found;
  }
  return undefined;
}

function drawn(trace: Trace): string {
  const line = (node: SpanNode, depth: number): string[] => [
    `${'  '.repeat(depth)}${node.span?.service} ${node.span?.op} ${node.span?.name} ${node.span?.status}`,
    ...node.children.flatMap((child) => line(child, depth + 1)),
  ];
  return trace.roots.flatMap((root) => line(root, 0)).join('\n');
}
