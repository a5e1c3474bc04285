// Changes of the graph, with what takes them back, and what to do when somebody else was faster.
import { Code, ConnectError } from '@connectrpc/connect';
import type { Mutation, Node, Value } from '@throughline/shared/graph';
import type { Action } from '@throughline/shared/tracing';
import { graphClient, editClient } from '../../browser/gateway.ts';
import { browserSettings } from '../../browser/settings.ts';
import { MAX_UNDO } from '../limits.ts';
import { type Change, putNode, rebased } from '../model/edit.ts';
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
  /** The node as it will be again. */
  readonly before?: Node | undefined;
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
    return this.task.run('Edit', (action) => this.#compared(before.id, properties, action, () => this.#apply(change, action)));
  }

  /** Somebody else may have been faster: then it is the reader who decides between two versions. */
  async #compared(id: string, mine: Record<string, Value>, action: Action, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (ConnectError.from(error).code !== Code.Aborted) throw error;
      const graph = await graphClient();
      const { node } = await graph.getNode({ id }, action.call);
      if (node) this.conflict = { mine, theirs: node };
      throw error;
    }
  }

  /** Leaves what is there as it is. */
  keep(): void {
    this.conflict = undefined;
    this.task.clear();
  }

  async apply(change: Change): Promise<boolean> {
    const done = await this.task.run(change.title.split(' ')[0] ?? 'Edit', (action) => this.#apply(change, action));
    // As it is now, the next try may fit.
    if (this.task.problem?.code === Code.Aborted) this.version++;
    return done;
  }

  /** Takes the last change back, if what it changed is still as it left it. */
  async undo(): Promise<boolean> {
    const [last, ...others] = this.undos;
    if (!last) return false;
    this.conflict = undefined;
    const write = async (action: Action): Promise<void> => {
      const etag = await this.#write(last.mutations, action);
      this.undos = others.map((it) => (last.before ? { ...it, mutations: rebased(it.mutations, last.before, etag) } : it));
      this.#explorer.say(`Undone: ${last.title}.`);
    };
    const { before } = last;
    const done = await this.task.run('Undo', (action) => (before ? this.#compared(before.id, before.properties, action, () => write(action)) : write(action)));
    if (this.conflict && before) {
      this.undos = others;
      this.#explorer.choose(before.id);
    }
    return done;
  }

  async #apply(change: Change, action: Action): Promise<void> {
    const etag = await this.#write(change.mutations, action);
    const undo = { title: change.title, mutations: change.back(etag), before: change.before };
    this.undos = [undo, ...this.undos].slice(0, MAX_UNDO);
    this.#explorer.say(`Done: ${change.title}.`);
  }

  async #write(mutations: Mutation[], action: Action): Promise<string> {
    const write = await editClient();
    const answer = await write.applyMutations({ mutations, idempotencyKey: crypto.randomUUID() }, action.call);
    this.#show(mutations, answer.results.map((it) => it.etag));
    this.version++;
    return answer.results[0]?.etag ?? '';
  }

  /** What is shown follows what was written. */
  #show(mutations: readonly Mutation[], etags: readonly string[]): void {
    const changes = mutations.map((mutation) => mutation.change);
    const nodes = changes.flatMap((change, at) => (change.case === 'putNode' ? [{ ...change.value, etag: etags[at] ?? '' }] : []));
    const edges = changes.flatMap((change) => (change.case === 'putEdge' ? [change.value] : []));
    const goneNodes = changes.flatMap((change) => (change.case === 'deleteNode' ? [change.value] : []));
    const goneEdges = changes.flatMap((change) => (change.case === 'deleteEdge' ? [edgeKey(change.value)] : []));
    this.#explorer.replace(nodes, edges, goneNodes, goneEdges);
  }
}
