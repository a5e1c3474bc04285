// One step that changed what is on the canvas: a walk from a node, a path between two, a node taken off, all taken off.
// Written into links.

export const DIRECTIONS = ['out', 'in', 'both'] as const;
export type Way = (typeof DIRECTIONS)[number];

export interface Walk {
  readonly kind: 'walk';
  readonly from: string;
  readonly depth: number;
  readonly way: Way;
  /** Only edges of these types; all if empty. */
  readonly edgeTypes: readonly string[];
  /** At most so many edges of each node. */
  readonly cap: number;
}

export interface Path {
  readonly kind: 'path';
  readonly from: string;
  readonly to: string;
  readonly way: Way;
  readonly edgeTypes: readonly string[];
}

/** A node is taken off the canvas; the graph keeps it. */
export interface Off {
  readonly kind: 'off';
  readonly from: string;
}

/** The canvas was emptied, and nothing has come since. */
export interface Empty {
  readonly kind: 'empty';
  readonly from: '';
}

export type Step = Walk | Path | Off | Empty;

export const EMPTIED: Empty = { kind: 'empty', from: '' };

/** What a step is called in a history. */
export function describe(step: Step): string {
  if (step.kind === 'empty') return 'Empty canvas';
  if (step.kind === 'off') return `Take ${step.from} off`;
  const types = step.edgeTypes.length > 0 ? ` by ${step.edgeTypes.join(', ')}` : '';
  if (step.kind === 'path') return `Path from ${step.from} to ${step.to}${types}`;
  if (step.depth === 0) return `Show ${step.from}`;
  return `Walk ${step.depth} from ${step.from}, ${WORDS[step.way]}${types}`;
}

const WORDS: Record<Way, string> = { out: 'outward', in: 'inward', both: 'both ways' };

/** Parts are escaped one by one, so that an id may hold whatever it likes. */
export function writeStep(step: Step): string {
  if (step.kind === 'empty') return step.kind;
  if (step.kind === 'off') return [step.kind, step.from].map(escape).join('~');
  const parts =
    step.kind === 'walk' ? ['walk', step.from, String(step.depth), step.way, String(step.cap)] : ['path', step.from, step.to, step.way];
  return [...parts, ...step.edgeTypes].map(escape).join('~');
}

export function readStep(text: string): Step | undefined {
  const parts: string[] = [];
  for (const part of text.split('~')) {
    const plain = unescape(part);
    if (plain === undefined) return undefined;
    parts.push(plain);
  }
  const [kind, from, third, way, ...rest] = parts;
  if (kind === 'empty') return EMPTIED;
  if (kind === 'off' && from) return { kind, from };
  const known = DIRECTIONS.find((it) => it === way);
  if (!from || !third || !known) return undefined;
  if (kind === 'path') return { kind, from, to: third, way: known, edgeTypes: rest };
  const [depth, cap] = [Number(third), Number(rest[0])];
  if (kind !== 'walk' || !within(depth, 0, 16) || !within(cap, 1, 1_000)) return undefined;
  return { kind, from, depth, way: known, cap, edgeTypes: rest.slice(1) };
}

function within(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function escape(part: string): string {
  return part.replaceAll('%', '%25').replaceAll('~', '%7E');
}

function unescape(part: string): string | undefined {
  return /%(?!25|7E)/i.test(part) ? undefined : part.replaceAll(/%7E/gi, '~').replaceAll('%25', '%');
}
