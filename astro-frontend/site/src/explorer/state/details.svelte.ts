// The chosen node, read anew whenever another is chosen or something was written.
import type { Edge, Node } from '@throughline/shared/graph';
import { graphClient } from '../../browser/gateway.ts';
import { MAX_DETAIL_EDGES } from '../limits.ts';
import { Task } from './task.svelte.ts';

/** Edges of one type in one direction. */
export interface Group {
  readonly type: string;
  readonly way: 'out' | 'in';
  readonly edges: readonly Edge[];
}

export class Details {
  node = $state.raw<Node>();
  groups = $state.raw<readonly Group[]>([]);
  /** There are more edges than were read. */
  truncated = $state(false);
  readonly task = new Task();

  async read(id: string): Promise<void> {
    if (this.node?.id !== id) {
      this.node = undefined;
      this.groups = [];
    }
    await this.task.run('Open node', async (action) => {
      const graph = await graphClient();
      const answer = await graph.getNode({ id, includeEdges: true, maxEdges: MAX_DETAIL_EDGES }, action.call);
      if (action.signal.aborted) return;
      this.node = answer.node;
      this.groups = [...grouped(answer.outgoing, 'out'), ...grouped(answer.incoming, 'in')];
      this.truncated = answer.edgesTruncated;
    });
  }

  get edges(): Edge[] {
    return this.groups.flatMap((group) => group.edges);
  }
}

function grouped(edges: readonly Edge[], way: Group['way']): Group[] {
  const groups = new Map<string, Edge[]>();
  for (const edge of edges) groups.set(edge.type, [...(groups.get(edge.type) ?? []), edge]);
  return [...groups].map(([type, edges]) => ({ type, way, edges }));
}
