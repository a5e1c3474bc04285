// What the explorer shows and how it came to: the canvas, the list and the details all read this one.
import { Code, ConnectError } from '@connectrpc/connect';
import { Direction, type Edge, type Node } from '@throughline/shared/graph';
import type { Action } from '@throughline/shared/tracing';
import { graphClient } from '../../browser/gateway.ts';
import { MAX_NODES } from '../limits.ts';
import { type Condition, type Filter, passes } from '../model/filter.ts';
import { ShownGraph } from '../model/graph.ts';
import { Palette } from '../model/palette.ts';
import { describe, EMPTIED, type Path, type Step, type Walk, type Way } from '../model/step.ts';
import { EMPTY, type LinkState, type Order, readLink, type Tab, type Tool } from '../model/url.ts';
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
  order = $state<Order>(EMPTY.order);
  hidden = $state.raw<readonly string[]>([]);
  condition = $state.raw<Condition>();
  /** What could not be read of the link that led here. */
  linkProblems = $state.raw<readonly string[]>([]);
  /** How many links are being followed: what is shown is on its way from one to another. */
  opening = $state(0);
  /** What became of the last step, for everybody to read and hear. */
  note = $state('');
  /** The path that was found last, by its nodes' ids. */
  path = $state.raw<readonly string[]>([]);
  /** The steps that nobody asked for, which a page without a link begins with. */
  #given: readonly Step[] = [];

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
    const { selected: node, tab, tool, order, hidden, condition } = this;
    const steps = this.steps === this.#given && !node ? [] : this.steps;
    return { query: this.search.query, steps, node, tab, tool, order, hidden, condition };
  }

  /** Goes to where a link leads; runs its steps unless they are the ones that were run. What was typed before this was ready stays. */
  async open(link: string, typed = ''): Promise<void> {
    const { state, problems } = readLink(link);
    this.linkProblems = problems;
    this.tab = state.tab;
    this.tool = state.tool;
    this.order = state.order;
    this.hidden = state.hidden;
    this.condition = state.condition;
    const query = typed || state.query;
    if (query !== this.search.query) this.search.type(query);
    const here = this.steps === this.#given && !state.node ? [] : this.steps;
    const same = JSON.stringify(state.steps) === JSON.stringify(here);
    const { selected } = this;
    this.opening++;
    if (!same || this.graph.nodes.size === 0) await this.#restore(state.steps, state.node);
    this.opening--;
    // Meanwhile somebody may have chosen another.
    if (this.selected !== selected) return;
    // Whoever reads that it is not there need not read it twice.
    const told = this.loading.problem?.code === Code.NotFound && !this.graph.nodes.has(state.node);
    const asked = state.steps.length === 0 || state.steps.some((step) => step.from === state.node);
    this.selected = told && asked ? '' : state.node;
  }

  async #restore(steps: readonly Step[], node: string): Promise<void> {
    this.#clear();
    if (steps.length === 0) {
      if (node) await this.walk({ from: node, depth: 1, way: 'both', edgeTypes: [], cap: 25 });
      else await this.start();
      return;
    }
    this.steps = steps;
    await this.loading.run('Open link', async (action) => {
      let gone: unknown;
      for (const step of steps) {
        try {
          await this.#take(step, action);
        } catch (error) {
          // The rest of an old link is worth having.
          if (ConnectError.from(error).code !== Code.NotFound) throw error;
          gone ??= error;
        }
      }
      if (gone) throw gone;
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
      if (!first) return;
      const step: Step = { kind: 'walk', from: first.id, depth: 2, way: 'both', edgeTypes: [], cap: 25 };
      this.steps = this.#given = [step];
      await this.#take(step, action);
    });
  }

  /** Puts one node there and chooses it. */
  async show(id: string): Promise<void> {
    const there = this.graph.nodes.has(id) || (await this.#run(alone(id)));
    if (there) this.choose(id);
  }

  /** Chooses one that was just made and is on the canvas; a link shows it too. */
  made(id: string): void {
    this.#add(alone(id));
    this.choose(id);
  }

  walk(step: Omit<Walk, 'kind'>): Promise<boolean> {
    return this.#run({ kind: 'walk', ...step });
  }

  findPath(step: Omit<Path, 'kind'>): Promise<boolean> {
    return this.#run({ kind: 'path', ...step });
  }

  choose(id: string): void {
    this.selected = id;
    if (id) this.tab = 'node';
  }

  /** Takes everything off the canvas. */
  clear(): void {
    this.#clear();
    this.steps = [EMPTIED];
  }

  /** Begins anew, as a page without a link does. */
  async restart(): Promise<void> {
    this.#clear();
    this.selected = '';
    await this.start();
  }

  #clear(): void {
    this.loading.clear();
    this.graph.clear();
    this.steps = this.#given = [];
    this.path = [];
    this.note = '';
    this.version++;
  }

  /** Takes a node off the canvas; the graph keeps it. */
  hide(id: string): void {
    this.#takeOff(id);
    if (this.selected === id) this.selected = '';
    this.steps = [...this.steps, { kind: 'off', from: id }];
  }

  /** What somebody wrote: nodes and edges as they are now, and what is gone. */
  replace(nodes: readonly Node[], edges: readonly Edge[], goneNodes: readonly string[], goneEdges: readonly string[]): void {
    for (const id of goneNodes) {
      this.graph.remove(id);
      if (this.selected === id) this.selected = '';
      // No link is to lead to it.
      const steps = this.steps.filter((step) => step.from !== id && !('to' in step && step.to === id));
      if (steps.length < this.steps.length) this.steps = steps;
    }
    for (const key of goneEdges) this.graph.removeEdge(key);
    this.graph.add(nodes, edges);
    this.version++;
  }

  say(note: string): void {
    this.note = note;
  }

  async #run(step: Walk | Path): Promise<boolean> {
    const before = this.steps;
    this.#add(step);
    const through = await this.loading.run(describe(step).split(' ')[0] ?? 'Walk', (action) => this.#take(step, action));
    // What failed is not in the link, unless it left something behind; trying again is a button.
    if (!through && this.loading.status === 'failed' && !this.graph.nodes.has(step.from)) this.steps = before;
    return through;
  }

  /** Taken once more, it comes last: what was taken off since is there again. */
  #add(step: Step): void {
    const others = this.steps.filter((it) => it.kind !== 'empty' && JSON.stringify(it) !== JSON.stringify(step));
    this.steps = [...others, step];
  }

  async #take(step: Step, action: Action): Promise<void> {
    if (step.kind === 'empty') return;
    if (step.kind === 'off') return this.#takeOff(step.from);
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

  #takeOff(id: string): void {
    this.graph.remove(id);
    this.version++;
  }

  #put(nodes: readonly Node[], edges: readonly Edge[]): number {
    const { left } = this.graph.add(nodes, edges);
    for (const node of nodes) this.palette.slot(node.type);
    this.version++;
    return left;
  }
}

/** Puts one node there, without its neighbours. */
function alone(id: string): Walk {
  return { kind: 'walk', from: id, depth: 0, way: 'both', edgeTypes: [], cap: 1 };
}

function count(of: number, what: string): string {
  return `${of} ${what}${of === 1 ? '' : 's'}`;
}
