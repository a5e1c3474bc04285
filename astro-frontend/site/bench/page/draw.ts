// In the browser: the explorer's own drawing, and sigma alone, each with the same data and places.
import { create } from '@bufbuild/protobuf';
import { EdgeSchema, NodeSchema } from '@throughline/shared/graph';
import Graph from 'graphology';
import Sigma from 'sigma';
import { Renderer } from '../../src/explorer/canvas/renderer.ts';
import { ShownGraph } from '../../src/explorer/model/graph.ts';
import { Palette } from '../../src/explorer/model/palette.ts';

const NODES = 5_000;
const EDGES = 10_000;
const ids = Array.from({ length: NODES }, (_, n) => `n${n}`);
/** A ring, and as many chords: who is joined to whom is the same each time. */
const ends = Array.from({ length: EDGES }, (_, n) => [n % NODES, n < NODES ? (n + 1) % NODES : (n * 7_919 + 13) % NODES] as const);

const host = (): HTMLElement => {
  const old = document.querySelector('#host')!;
  const fresh = old.cloneNode() as HTMLElement;
  old.replaceWith(fresh);
  return fresh;
};

/** What is drawn, and how to move it and be rid of it. */
interface Drawn {
  readonly milliseconds: number;
  pan(x: number): void;
  close(): void;
}

const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));

/** Until the frame is through in which it was drawn. */
async function timed(draw: () => Omit<Drawn, 'milliseconds'>): Promise<Drawn> {
  await frame();
  const began = performance.now();
  const drawn = draw();
  await frame();
  await frame();
  return { ...drawn, milliseconds: performance.now() - began };
}

const ours = (): Promise<Drawn> => {
  const element = host();
  const nodes = ids.map((id, n) => create(NodeSchema, { id, type: `T${n % 6}` }));
  const edges = ends.map(([from, to]) => create(EdgeSchema, { from: ids[from]!, type: 'E', to: ids[to]! }));
  return timed(() => {
    const shown = new ShownGraph();
    shown.add(nodes, edges);
    const renderer = new Renderer(element, { choose: () => {}, expand: () => {} });
    renderer.follow(shown, new Palette(), { selected: '', path: new Set(), passing: new Set(ids) });
    return { pan: (x) => renderer.pan(x, 0), close: () => renderer.close() };
  });
};

const bare = (): Promise<Drawn> => {
  const element = host();
  return timed(() => {
    const graph = new Graph({ type: 'directed', multi: true });
    ids.forEach((id, n) => graph.addNode(id, { x: Math.cos(n) * n, y: Math.sin(n) * n, size: 4, label: id, color: '#4f5bd5' }));
    for (const [from, to] of ends) graph.addEdge(ids[from], ids[to], { color: '#dddddd', size: 1 });
    const sigma = new Sigma(graph, element, { defaultEdgeType: 'arrow' });
    const pan = (x: number): void => {
      const camera = sigma.getCamera();
      void camera.animate({ x: camera.x + x * camera.ratio }, { duration: 180 });
    };
    return { pan, close: () => sigma.kill() };
  });
};

/** Moves it to and fro; gives how long each frame took. */
async function panned(drawn: Drawn, times: number): Promise<number[]> {
  const frames: number[] = [];
  let last = await frame();
  for (let n = 0; n < times; n++) {
    drawn.pan(n % 2 ? 0.1 : -0.1);
    for (const until = last + 200; last < until; ) {
      const now = await frame();
      frames.push(now - last);
      last = now;
    }
  }
  return frames;
}

/** What the runner asks for. */
export async function measure(which: 'ours' | 'bare', pans: number): Promise<{ drawn: number; frames: number[] }> {
  const drawn = await (which === 'ours' ? ours() : bare());
  // The layout of the explorer is none of the drawing, and is awaited.
  while (document.querySelector('[data-layout=running]')) await frame();
  const frames = await panned(drawn, pans);
  drawn.close();
  return { drawn: drawn.milliseconds, frames };
}

Object.assign(window, { measure });
