// Changes of the graph, with what takes them back, and what to do when somebody else was faster.
import { Code, ConnectError } from '@connectrpc/connect';
import type { Mutation, Node, Value } from '@throughline/shared/graph';
import type { Action } from '@throughline/shared/tracing';
import { graphClient, editClient } from '../../browser/gateway.ts';
import { browserSettings } from '../../browser/settings.ts';
import { MAX_UNDO } from '../limits.ts';
import { type Change, putNode } from '../model/edit.ts';
import { edgeKey } from '../model/graph.ts';
import type { Explorer } from './explorer.svelte.ts';
import { Task } from './task.svelte.ts';

/** Two versions of a node. */
export interface Conflict {
  readonly mine: Record<string, Value>;
  readonly theirs: Node;
}

interface Undo {
  readonly title: string;
  readonly mutations: Mutation[];
}

export class Editor {
  readonly task = new Task();
  conflict = $state.raw<Conflict>();
  undos = $state.raw<readonly Undo[]>([]);
  /** Whether this site may write at all. */
  editable = $state(false);
  /** Changes with every change, so that details are read again. */
  version = $state(0);
  readonly #explorer: Explorer;

  constructor(explorer: Explorer) {
    this.#explorer = explorer;
    if (typeof document !== 'undefined') void browserSettings().then(({ editable }) => (this.editable = editable), () => undefined);
  }

  /** Saves properties; if the node is no longer what it was, both versions are put side by side. */
  async saveProperties(before: Node, properties: Record<string, Value>): Promise<boolean> {
    this.conflict = undefined;
    const change = putNode(before, properties);
    return this.task.run('Edit', async (action) => {
      try {
        await this.#apply(change, action);
      } catch (error) {
        if (ConnectError.from(error).code !== Code.Aborted) throw error;
        const graph = await graphClient();
        const { node } = await graph.getNode({ id: before.id }, action.call);
        if (!node) throw error;
        this.conflict = { mine: properties, theirs: node };
        // Told as a choice between two versions; it is the reader who decides.
        throw error;
      }
    });
  }

  apply(change: Change): Promise<boolean> {
    return this.task.run(change.title.split(' ')[0] ?? 'Edit', (action) => this.#apply(change, action));
  }

  /** Takes the last change back, if what it changed is still as it left it. */
  undo(): Promise<boolean> {
    const [last, ...others] = this.undos;
    if (!last) return Promise.resolve(false);
    return this.task.run('Undo', async (action) => {
      await this.#write(last.mutations, action);
      this.undos = others;
      this.#explorer.say(`Undone: ${last.title}.`);
    });
  }

  async #apply(change: Change, action: Action): Promise<void> {
    const etag = await this.#write(change.mutations, action);
    this.undos = [{ title: change.title, mutations: change.back(etag) }, ...this.undos].slice(0, MAX_UNDO);
    this.#explorer.say(`Done: ${change.title}.`);
  }

  async #write(mutations: Mutation[], action: Action): Promise<string> {
    const write = await editClient();
    const answer = await write.applyMutations({ mutations, idempotencyKey: crypto.randomUUID() }, action.call);
    await this.#show(mutations, action);
    this.version++;
    return answer.results[0]?.etag ?? '';
  }

  /** What is shown follows what was written. */
  async #show(mutations: readonly Mutation[], action: Action): Promise<void> {
    const changes = mutations.map((mutation) => mutation.change);
    const ids = changes.flatMap((change) => (change.case === 'putNode' ? [change.value.id] : []));
    const edges = changes.flatMap((change) => (change.case === 'putEdge' ? [change.value] : []));
    const goneNodes = changes.flatMap((change) => (change.case === 'deleteNode' ? [change.value] : []));
    const goneEdges = changes.flatMap((change) => (change.case === 'deleteEdge' ? [edgeKey(change.value)] : []));
    const graph = await graphClient();
    const nodes = ids.length > 0 ? (await graph.batchGetNodes({ ids }, action.call)).nodes : [];
    this.#explorer.replace(nodes, edges, goneNodes, goneEdges);
  }
}
