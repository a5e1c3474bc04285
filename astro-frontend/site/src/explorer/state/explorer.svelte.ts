// What the explorer shows and how it came to: the canvas, the list and the details all read this one.
import { Direction, type Edge, type Node } from '@throughline/shared/graph';
import type { Action } from '@throughline/shared/tracing';
import { graphClient } from '../../browser/gateway.ts';
import { MAX_NODES } from '../limits.ts';
import { type Condition, type Filter, passes } from '../model/filter.ts';
import { ShownGraph } from '../model/graph.ts';
import { Palette } from '../model/palette.ts';
import { describe, type Path, type Step, type Walk, type Way } from '../model/step.ts';
import { EMPTY, type LinkState, readLink, type Tab, type Tool } from '../model/url.ts';
import { Search } from './search.svelte.ts';
import { Task } from './task.svelte.ts';

const DIRECTION: Record<Way, Direction> = { out: Direction.OUT, in: Direction.IN, both: Direction.BOTH };

export class Explorer {
  readonly graph = new ShownGraph();
  readonly palette = new Palette();
  readonly search = new Search();
  /** What brings something onto the canvas. */
  readonly loading = new Task();
  /** Changes whenever the graph does; whoever reads the graph reads this too. */
  version = $state(0);
  steps = $state.raw<readonly Step[]>([]);
  selected = $state('');
  tab = $state<Tab>(EMPTY.tab);
  tool = $state<Tool>(EMPTY.tool);
  hidden = $state.raw<readonly string[]>([]);
  condition = $state.raw<Condition>();
  /** What could not be read of the link that led here. */
  linkProblems = $state.raw<readonly string[]>([]);
  /** What became of the last step, for everybody to read and hear. */
  note = $state('');
  /** The path that was found last, by its nodes' ids. */
  path = $state.raw<readonly string[]>([]);

  get filter(): Filter {
    return { hidden: this.hidden, condition: this.condition };
  }

  /** The nodes that are shown and let through, by id. */
  get passing(): Node[] {
    void this.version;
    const filter = this.filter;
    return [...this.graph.nodes.values()].filter((node) => passes(filter, node));
  }

  get link(): LinkState {
    const { steps, selected: node, tab, tool, hidden, condition } = this;
    return { query: this.search.query, steps, node, tab, tool, hidden, condition };
  }

  /** Goes to where a link leads; runs its steps unless they are the ones that were run. What was typed before this was ready stays. */
  async open(link: string, typed = ''): Promise<void> {
    const { state, problems } = readLink(link);
    this.linkProblems = problems;
    this.tab = state.tab;
    this.tool = state.tool;
    this.hidden = state.hidden;
    this.condition = state.condition;
    const query = typed || state.query;
    if (query !== this.search.query) this.search.type(query);
    const same = JSON.stringify(state.steps) === JSON.stringify(this.steps);
    if (!same || this.graph.nodes.size === 0) await this.#restore(state.steps, state.node);
    this.selected = state.node;
  }

  async #restore(steps: readonly Step[], node: string): Promise<void> {
    this.clear();
    if (steps.length === 0) {
      if (node) await this.walk({ from: node, depth: 1, way: 'both', edgeTypes: [], cap: 25 });
      else await this.start();
      return;
    }
    this.steps = steps;
    await this.loading.run('Open link', async (action) => {
      for (const step of steps) await this.#take(step, action);
    });
  }

  /** Where nobody asked for anything: around a node of the rarest type, which is where most graphs hang together. */
  async start(): Promise<void> {
    await this.loading.run('Start', async (action) => {
      const graph = await graphClient();
      const { nodeTypes } = await graph.getStats({}, action.call);
      const rarest = nodeTypes.toSorted((a, b) => Number(a.count - b.count))[0];
      if (!rarest) return this.say('The graph is empty. Import a lock file to begin.');
      const { nodes } = await graph.listNodes({ filter: `type = "${rarest.type}"`, pageSize: 1 }, action.call);
      const [first] = nodes;
      if (first) await this.#take({ kind: 'walk', from: first.id, depth: 2, way: 'both', edgeTypes: [], cap: 25 }, action);
    });
  }

  /** Puts one node there and chooses it. */
  async show(id: string): Promise<void> {
    this.choose(id);
    if (this.graph.nodes.has(id)) return;
    await this.#run({ kind: 'walk', from: id, depth: 0, way: 'both', edgeTypes: [], cap: 1 });
  }

  walk(step: Omit<Walk, 'kind'>): Promise<void> {
    return this.#run({ kind: 'walk', ...step });
  }

  findPath(step: Omit<Path, 'kind'>): Promise<void> {
    return this.#run({ kind: 'path', ...step });
  }

  choose(id: string): void {
    this.selected = id;
    if (id) this.tab = 'node';
  }

  clear(): void {
    this.loading.clear();
    this.graph.clear();
    this.steps = [];
    this.path = [];
    this.note = '';
    this.version++;
  }

  /** Takes a node off the canvas; the graph keeps it. */
  hide(id: string): void {
    this.graph.remove(id);
    if (this.selected === id) this.selected = '';
    this.version++;
  }

  /** What somebody wrote: nodes and edges as they are now, and what is gone. */
  replace(nodes: readonly Node[], edges: readonly Edge[], goneNodes: readonly string[], goneEdges: readonly string[]): void {
    for (const id of goneNodes) this.graph.remove(id);
    for (const key of goneEdges) this.graph.removeEdge(key);
    this.graph.add(nodes, edges);
    this.version++;
  }

  say(note: string): void {
    this.note = note;
  }

  async #run(step: Step): Promise<void> {
    const before = this.steps;
    const known = before.some((it) => JSON.stringify(it) === JSON.stringify(step));
    if (!known) this.steps = [...before, step];
    const through = await this.loading.run(describe(step).split(' ')[0] ?? 'Walk', (action) => this.#take(step, action));
    // What failed is not in the link, unless it left something behind; trying again is a button.
    if (!through && !known && this.loading.status === 'failed' && !this.graph.nodes.has(step.from)) this.steps = before;
  }

  async #take(step: Step, action: Action): Promise<void> {
    const graph = await graphClient();
    if (step.kind === 'path') return this.#takePath(step, action);
    if (step.depth === 0) {
      // Its edges to what is shown already come along.
      const request = { id: step.from, includeEdges: true, maxEdges: 1_000 };
      const { node, outgoing, incoming } = await graph.getNode(request, action.call);
      if (node) this.#put([node], [...outgoing, ...incoming]);
      return this.say(`${step.from} is shown.`);
    }
    let left = 0;
    const request = {
      start: [step.from],
      edgeTypes: [...step.edgeTypes],
      direction: DIRECTION[step.way],
      maxDepth: step.depth,
      maxFanOut: step.cap,
      maxNodes: MAX_NODES,
    };
    let cut = '';
    for await (const { nodes, edges, summary } of graph.traverse(request, action.call)) {
      left += this.#put(nodes, edges);
      const more = summary?.cutByFanOut.length ?? 0;
      if (more > 0) cut = ` More edges were left out at ${more === 1 ? summary?.cutByFanOut[0] : `${more} nodes`}: the cap is ${step.cap}.`;
      if (summary?.cutByNodes) cut += ' It was cut where it grew too large.';
    }
    if (left > 0) cut += ` ${left} nodes had no place: at most ${MAX_NODES} are shown.`;
    this.say(`${count(this.graph.nodes.size, 'node')} and ${count(this.graph.edges.size, 'edge')} are shown.${cut}`);
  }

  async #takePath({ from, to, way, edgeTypes }: Path, action: Action): Promise<void> {
    const graph = await graphClient();
    const request = { from, to, edgeTypes: [...edgeTypes], direction: DIRECTION[way], maxDepth: 64 };
    const { found, nodes, edges } = await graph.findPath(request, action.call);
    if (found) this.#put(nodes, edges);
    this.path = found ? nodes.map((node) => node.id) : [];
    this.say(found ? `A shortest path of ${count(edges.length, 'edge')} joins them.` : 'No path joins them that way. Try both directions, or more types of edges.');
  }

  #put(nodes: readonly Node[], edges: readonly Edge[]): number {
    const { left } = this.graph.add(nodes, edges);
    for (const node of nodes) this.palette.slot(node.type);
    this.version++;
    return left;
  }
}

function count(of: number, what: string): string {
  return `${of} ${what}${of === 1 ? '' : 's'}`;
}
