// The part of the graph that is shown: bounded, each node and edge once. Knows no page and no service.
import type { Edge, Node } from '@throughline/shared/graph';
import { MAX_EDGES, MAX_NODES } from '../limits.ts';

/** What came in, and what had no place. */
export interface Added {
  readonly nodes: Node[];
  readonly edges: Edge[];
  /** Nodes that were left out for want of place. */
  readonly left: number;
}

export interface Bounds {
  readonly nodes: number;
  readonly edges: number;
}

/** What an edge is known by. */
export function edgeKey(edge: Pick<Edge, 'from' | 'type' | 'to'>): string {
  return JSON.stringify([edge.from, edge.type, edge.to]);
}

export class ShownGraph {
  readonly nodes = new Map<string, Node>();
  readonly edges = new Map<string, Edge>();
  readonly #bounds: Bounds;
  readonly #touching = new Map<string, Set<string>>();

  constructor(bounds: Bounds = { nodes: MAX_NODES, edges: MAX_EDGES }) {
    this.#bounds = bounds;
  }

  /** Puts what fits; an edge needs both of its ends. */
  add(nodes: readonly Node[], edges: readonly Edge[]): Added {
    const added: Node[] = [];
    let left = 0;
    for (const node of nodes) {
      if (!this.nodes.has(node.id)) {
        if (this.nodes.size >= this.#bounds.nodes) {
          left++;
          continue;
        }
        added.push(node);
      }
      this.nodes.set(node.id, node);
    }
    return { nodes: added, edges: edges.filter((edge) => this.#addEdge(edge)), left };
  }

  #addEdge(edge: Edge): boolean {
    const key = edgeKey(edge);
    if (!this.nodes.has(edge.from) || !this.nodes.has(edge.to)) return false;
    if (!this.edges.has(key) && this.edges.size >= this.#bounds.edges) return false;
    const fresh = !this.edges.has(key);
    this.edges.set(key, edge);
    for (const end of [edge.from, edge.to]) {
      const touching = this.#touching.get(end) ?? new Set();
      this.#touching.set(end, touching.add(key));
    }
    return fresh;
  }

  /** Takes a node and its edges away. */
  remove(id: string): void {
    for (const key of this.#touching.get(id) ?? []) this.removeEdge(key);
    this.#touching.delete(id);
    this.nodes.delete(id);
  }

  removeEdge(key: string): void {
    const edge = this.edges.get(key);
    if (!edge) return;
    this.edges.delete(key);
    for (const end of [edge.from, edge.to]) this.#touching.get(end)?.delete(key);
  }

  clear(): void {
    this.nodes.clear();
    this.edges.clear();
    this.#touching.clear();
  }

  /** How many of the edges that are shown touch the node. */
  degree(id: string): number {
    return this.#touching.get(id)?.size ?? 0;
  }

  /** The ids of the nodes that an edge joins to this one. */
  neighbours(id: string): Set<string> {
    const ids = new Set<string>();
    for (const key of this.#touching.get(id) ?? []) {
      const edge = this.edges.get(key);
      if (edge) ids.add(edge.from === id ? edge.to : edge.from);
    }
    return ids;
  }

  /** How many nodes there are of each type, most first. */
  types(): [string, number][] {
    return counted([...this.nodes.values()].map((node) => node.type));
  }

  edgeTypes(): [string, number][] {
    return counted([...this.edges.values()].map((edge) => edge.type));
  }
}

function counted(types: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
}
