// Moves nodes to where their edges pull them, off the page's thread. Bounded: it stops by itself.
import Graph from 'graphology';
import forceAtlas2 from 'graphology-layout-forceatlas2';
import type { LayoutOrder, LayoutAnswer } from './layout.ts';

const CHUNK = 10;

let current = 0;

self.onmessage = ({ data }: MessageEvent<LayoutOrder>): void => {
  current = data.order;
  const graph = new Graph({ multi: true });
  for (let at = 0; at < data.positions.length; at += 2) {
    graph.addNode(at / 2, { x: data.positions[at], y: data.positions[at + 1] });
  }
  for (let at = 0; at < data.edges.length; at += 2) graph.addEdge(data.edges[at], data.edges[at + 1]);
  const settings = { ...forceAtlas2.inferSettings(graph), barnesHutOptimize: graph.order > 500 };
  let left = data.iterations;
  const go = (): void => {
    if (current !== data.order) return;
    const iterations = Math.min(left, data.silent ? left : CHUNK);
    forceAtlas2.assign(graph, { iterations, settings });
    left -= iterations;
    const positions = new Float32Array(data.positions.length);
    graph.forEachNode((node, { x, y }) => positions.set([x as number, y as number], Number(node) * 2));
    const answer: LayoutAnswer = { order: data.order, positions, done: left <= 0 };
    self.postMessage(answer, { transfer: [positions.buffer] });
    // A new order waits in line behind this.
    if (left > 0) setTimeout(go);
  };
  go();
};
