// What is shown, as files: JSON and SVG. Pure.
import type { Node } from '@throughline/shared/graph';
import type { ShownGraph } from './graph.ts';
import { label, plain, short } from './value.ts';

/** Of the nodes that are let through, and the edges between them: what the canvas shows. */
export function json(graph: ShownGraph, passing: readonly Node[]): string {
  const through = new Set(passing.map((node) => node.id));
  const nodes = passing.map(({ id, type, properties }) => ({ id, type, properties: plain(properties) }));
  const between = [...graph.edges.values()].filter(({ from, to }) => through.has(from) && through.has(to));
  const edges = between.map(({ from, type, to, properties }) => ({ from, type, to, properties: plain(properties) }));
  return JSON.stringify({ nodes, edges }, null, 2);
}

/** Where a node is drawn, and how. */
export interface Spot {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly colour: string;
}

export interface Paper {
  readonly width: number;
  readonly height: number;
  readonly background: string;
  readonly line: string;
  readonly ink: string;
}

export function svg(graph: ShownGraph, spot: (id: string) => Spot | undefined, paper: Paper): string {
  const { width, height } = paper;
  const edges = [...graph.edges.values()].flatMap((edge) => {
    const [from, to] = [spot(edge.from), spot(edge.to)];
    return from && to ? [`<line x1="${at(from.x)}" y1="${at(from.y)}" x2="${at(to.x)}" y2="${at(to.y)}"/>`] : [];
  });
  const circles: string[] = [];
  const names: string[] = [];
  for (const node of graph.nodes.values()) {
    const place = spot(node.id);
    if (!place) continue;
    const title = `<title>${xml(node.id)}</title>`;
    circles.push(`<circle cx="${at(place.x)}" cy="${at(place.y)}" r="${at(place.size)}" fill="${xml(place.colour)}">${title}</circle>`);
    names.push(`<text x="${at(place.x + place.size + 2)}" y="${at(place.y + 4)}">${xml(short(label(node), 40))}</text>`);
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="${xml(paper.background)}"/>`,
    `<g stroke="${xml(paper.line)}" stroke-width="1">${edges.join('')}</g>`,
    `<g>${circles.join('')}</g>`,
    `<g fill="${xml(paper.ink)}" font-family="sans-serif" font-size="11">${names.join('')}</g>`,
    '</svg>',
  ].join('\n');
}

function at(value: number): string {
  return value.toFixed(1);
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function xml(text: string): string {
  // XML holds no control characters, escaped or not.
  return text.replace(/[&<>"]/g, (it) => ESCAPES[it] ?? '').replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '\ufffd');
}
