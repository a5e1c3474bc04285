// The canvas: sigma over a graph of its own, which follows the one that is shown. Loaded when there is something to draw.
import Graph from 'graphology';
import Sigma from 'sigma';
import type { Spot } from '../model/picture.ts';
import type { ShownGraph } from '../model/graph.ts';
import type { Palette } from '../model/palette.ts';
import { label, short } from '../model/value.ts';
import { type Colours, colours } from './colours.ts';
import { Layout } from './layout.ts';
import { place } from './place.ts';
import { drawHover } from './hover.ts';
import { drawLabel } from './label.ts';

export interface Look {
  readonly selected: string;
  readonly path: ReadonlySet<string>;
  /** The nodes that the filter lets through. */
  readonly passing: ReadonlySet<string>;
}

export interface Gestures {
  readonly choose: (id: string) => void;
  readonly expand: (id: string) => void;
}

const NOTHING: Look = { selected: '', path: new Set(), passing: new Set() };
const SPREAD = 100;
/** More new nodes and edges than this are put in apart from the drawing. */
const MANY = 200;
/** Of more nodes than this, only the large ones are named. */
const FEW = 150;
/** How large, in pixels. */
const LABELLED = 7;

export class Renderer {
  readonly #graph = new Graph({ type: 'directed', multi: true });
  readonly #layout = new Layout();
  readonly #sigma: Sigma;
  readonly #host: HTMLElement;
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');
  #colours: Colours;
  #look = NOTHING;
  #hovered = '';
  #near: ReadonlySet<string> = new Set();

  constructor(host: HTMLElement, gestures: Gestures) {
    this.#host = host;
    this.#colours = colours(host);
    this.#sigma = new Sigma(this.#graph, host, {
      allowInvalidContainer: true,
      defaultEdgeType: 'arrow',
      labelDensity: 0.7,
      labelRenderedSizeThreshold: LABELLED,
      stagePadding: 56,
      labelFont: this.#colours.font,
      labelSize: 12,
      zIndex: true,
      defaultDrawNodeLabel: (context, data, settings) => drawLabel(context, data, settings, this.#colours),
      defaultDrawNodeHover: (context, data, settings) => drawHover(context, data, settings, this.#colours),
      nodeReducer: (id, data) => this.#reduceNode(id, data),
      edgeReducer: (key, data) => this.#reduceEdge(key, data),
    });
    this.#sigma.on('clickNode', ({ node }) => gestures.choose(node));
    this.#sigma.on('doubleClickNode', ({ node, preventSigmaDefault }) => {
      preventSigmaDefault();
      gestures.expand(node);
    });
    this.#sigma.on('enterNode', ({ node }) => this.#hover(node));
    this.#sigma.on('leaveNode', () => this.#hover(''));
    this.recolour();
  }

  /** Takes the tokens' colours as they are now. */
  recolour(): void {
    this.#colours = colours(this.#host);
    this.#sigma.setSetting('labelColor', { color: this.#colours.ink });
    this.#sigma.refresh();
  }

  look(look: Look): void {
    this.#look = look;
    this.#sigma.refresh({ skipIndexation: true });
    this.#count();
  }

  #count(): void {
    this.#host.dataset['nodes'] = String(this.#graph.filterNodes((id) => this.#look.passing.has(id)).length);
  }

  /** Draws what is shown now, so looked at. What was there stays where it is. */
  follow(shown: ShownGraph, palette: Palette, look: Look): void {
    this.#look = look;
    const more = shown.nodes.size + shown.edges.size - this.#graph.order - this.#graph.size;
    // Sigma looks at each thing that comes, and at all once more: where many come at once, it comes back when they are there.
    const apart = more > MANY;
    if (apart) this.#sigma.setGraph(new Graph());
    const changed = this.#take(shown, palette);
    this.#name(shown.nodes.size > FEW ? LABELLED : 0);
    if (apart) this.#sigma.setGraph(this.#graph);
    else this.#sigma.refresh({ skipIndexation: true });
    this.#count();
    if (changed) this.arrange();
  }

  /** Names the nodes from this size on, as far as there is room. */
  #name(from: number): void {
    if (this.#sigma.getSetting('labelRenderedSizeThreshold') !== from) this.#sigma.setSetting('labelRenderedSizeThreshold', from);
  }

  #take(shown: ShownGraph, palette: Palette): boolean {
    let changed = false;
    for (const id of this.#graph.nodes()) if (!shown.nodes.has(id)) this.#graph.dropNode(id);
    for (const key of this.#graph.edges()) if (!shown.edges.has(key)) this.#graph.dropEdge(key);
    for (const node of shown.nodes.values()) {
      if (this.#graph.hasNode(node.id)) continue;
      changed = true;
      this.#graph.addNode(node.id, { ...this.#firstPlace(node.id, shown), label: short(label(node), 40), slot: palette.slot(node.type) });
    }
    for (const [key, edge] of shown.edges) {
      if (this.#graph.hasEdge(key)) continue;
      changed = true;
      this.#graph.addEdgeWithKey(key, edge.from, edge.to);
    }
    this.#graph.updateEachNodeAttributes((id, attributes) => ({ ...attributes, size: 4 + Math.min(14, Math.sqrt(shown.degree(id)) * 1.6) }));
    return changed;
  }

  #firstPlace(id: string, shown: ShownGraph): { x: number; y: number } {
    for (const near of shown.neighbours(id)) {
      if (this.#graph.hasNode(near)) return place(id, this.#point(near), SPREAD / 4);
    }
    return place(id, undefined, SPREAD);
  }

  #point(id: string): { x: number; y: number } {
    return { x: this.#graph.getNodeAttribute(id, 'x') as number, y: this.#graph.getNodeAttribute(id, 'y') as number };
  }

  /** Lets the layout run. */
  arrange(): void {
    const ids = this.#graph.nodes();
    const at = new Map(ids.map((id, index) => [id, index]));
    const positions = new Float32Array(ids.flatMap((id) => [this.#point(id).x, this.#point(id).y]));
    const ends = this.#graph.mapEdges((_key, _data, from, to) => [at.get(from) ?? 0, at.get(to) ?? 0]);
    const input = { positions, edges: new Uint32Array(ends.flat()), silent: this.#still.matches };
    this.#host.dataset['layout'] = 'running';
    this.#layout.run(input, (answer) => {
      this.#graph.updateEachNodeAttributes((id, attributes) => {
        const index = at.get(id);
        if (index === undefined) return attributes;
        return { ...attributes, x: answer.positions[index * 2], y: answer.positions[index * 2 + 1] };
      });
      if (answer.done) this.#host.dataset['layout'] = 'done';
    });
  }

  zoom(factor: number): void {
    const camera = this.#sigma.getCamera();
    void camera.animate({ ratio: camera.ratio * factor }, this.#motion());
  }

  pan(x: number, y: number): void {
    const camera = this.#sigma.getCamera();
    void camera.animate({ x: camera.x + x * camera.ratio, y: camera.y + y * camera.ratio }, this.#motion());
  }

  fit(): void {
    void this.#sigma.getCamera().animate({ x: 0.5, y: 0.5, ratio: 1, angle: 0 }, this.#motion());
  }

  /** Brings a node to the middle. */
  centre(id: string): void {
    const data = this.#sigma.getNodeDisplayData(id);
    if (data) void this.#sigma.getCamera().animate({ x: data.x, y: data.y }, this.#motion());
  }

  #motion(): { duration: number } {
    return { duration: this.#still.matches ? 1 : 180 };
  }

  /** Where a node is drawn now, in pixels; nothing where it is not. */
  spot(id: string): Spot | undefined {
    const data = this.#sigma.getNodeDisplayData(id);
    if (!data || data.hidden) return undefined;
    const { x, y } = this.#sigma.framedGraphToViewport(data);
    return { x, y, size: this.#sigma.scaleSize(data.size), colour: data.color };
  }

  get paper(): { width: number; height: number; background: string; line: string; ink: string } {
    const { width, height } = this.#sigma.getDimensions();
    return { width, height, background: this.#colours.canvas, line: this.#colours.rest, ink: this.#colours.ink };
  }

  close(): void {
    this.#layout.stop();
    this.#sigma.kill();
  }

  #hover(id: string): void {
    this.#hovered = id;
    this.#near = new Set(id ? [id, ...this.#graph.neighbors(id)] : []);
    this.#sigma.refresh({ skipIndexation: true });
  }

  #reduceNode(id: string, data: Record<string, unknown>): Record<string, unknown> {
    const { types, faded, accent } = this.#colours;
    const look = this.#look;
    const near = !this.#hovered || this.#near.has(id);
    const marked = id === look.selected || look.path.has(id);
    return {
      ...data,
      color: near ? types[(data['slot'] as number) - 1] : faded,
      label: near ? data['label'] : '',
      hidden: !look.passing.has(id),
      highlighted: id === look.selected,
      forceLabel: marked,
      zIndex: marked ? 2 : near ? 1 : 0,
      ...(look.path.has(id) && { color: accent }),
    };
  }

  #reduceEdge(key: string, data: Record<string, unknown>): Record<string, unknown> {
    const [from, to] = this.#graph.extremities(key);
    const { path } = this.#look;
    const onPath = path.has(from) && path.has(to);
    const near = !this.#hovered || from === this.#hovered || to === this.#hovered;
    const color = onPath ? this.#colours.accent : this.#hovered && near ? this.#colours.edge : this.#colours.rest;
    return { ...data, color, size: onPath ? 3 : 1, hidden: Boolean(this.#hovered) && !near, zIndex: onPath ? 1 : 0 };
  }
}
