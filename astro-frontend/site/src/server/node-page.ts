// What the page of a node says, asked of the graph. Knows values, no markup.
import { ConnectError, Code } from '@connectrpc/connect';
import type { Edge, GetNodeResponse, Value } from '@throughline/shared/graph';
import { graphClient } from './gateway.ts';

/** At most so many edges are written out in each direction. */
const MOST_EDGES = 200;

/** The node and its edges; nothing if there is none. */
export async function nodePage(id: string, signal: AbortSignal, headers: HeadersInit = {}): Promise<GetNodeResponse | undefined> {
  try {
    return await graphClient().getNode({ id, includeEdges: true, maxEdges: MOST_EDGES }, { signal, headers });
  } catch (error) {
    if (ConnectError.from(error).code === Code.NotFound) return undefined;
    throw error;
  }
}

/** A value as people write it. */
export function shown(value: Value | undefined): string {
  const kind = value?.kind;
  if (kind?.case === 'timestampValue') return new Date(Number(kind.value.seconds) * 1_000).toISOString();
  return kind?.value === undefined ? '' : String(kind.value);
}

/** Edges by type, in the order in which they came. */
export function byType(edges: readonly Edge[]): [string, Edge[]][] {
  return [...Map.groupBy(edges, (edge) => edge.type)];
}
