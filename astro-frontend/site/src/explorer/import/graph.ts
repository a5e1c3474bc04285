// A graph on its way into the service: each node and edge once, as mutations in batches. Pure.
import { create } from '@bufbuild/protobuf';
import { type Edge, EdgeSchema, type Mutation, MutationSchema, type Node, NodeSchema, type Value, ValueSchema } from '@throughline/shared/graph';
import { edgeKey } from '../model/graph.ts';

/** A file that cannot be read, and why. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

export type Plain = Readonly<Record<string, string | number | boolean | undefined>>;

export class Draft {
  readonly nodes = new Map<string, Node>();
  readonly edges = new Map<string, Edge>();

  /** The first one put under an id stays. */
  node(id: string, type: string, properties: Plain): void {
    if (!this.nodes.has(id)) this.nodes.set(id, create(NodeSchema, { id, type, properties: values(properties) }));
  }

  /** Takes the place of one with the same key. */
  edge(from: string, type: string, to: string, properties: Plain = {}): void {
    const edge = create(EdgeSchema, { from, type, to, properties: values(properties) });
    this.edges.set(edgeKey(edge), edge);
  }

  /** Nodes first, for an edge needs both of its ends. */
  *batches(size: number): Generator<Mutation[]> {
    let batch: Mutation[] = [];
    for (const value of [...this.nodes.values(), ...this.edges.values()]) {
      const isNode = value.$typeName === 'throughline.graph.v1.Node';
      const change = isNode ? { case: 'putNode' as const, value } : { case: 'putEdge' as const, value };
      batch.push(create(MutationSchema, { change }));
      if (batch.length < size) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }
}

/** Numbers are whole; empty text and what is undefined is left out. */
function values(plain: Plain): Record<string, Value> {
  const all: Record<string, Value> = {};
  for (const [name, value] of Object.entries(plain)) {
    if (value === undefined || value === '') continue;
    if (typeof value === 'string') all[name] = create(ValueSchema, { kind: { case: 'stringValue', value } });
    else if (typeof value === 'boolean') all[name] = create(ValueSchema, { kind: { case: 'boolValue', value } });
    else all[name] = create(ValueSchema, { kind: { case: 'intValue', value: BigInt(value) } });
  }
  return all;
}
