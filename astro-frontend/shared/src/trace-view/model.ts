// What a waterfall and a chip show of a trace, out of the tree as the inspector serves it. Pure; knows no page.
import type { Event, Log, Span, SpanNode, Trace } from '../gen/throughline/inspector/v1/inspector_pb.ts';

/** The kinds of hop, from the reader to the data. */
export const HOPS = ['browser', 'ssr', 'gateway', 'service', 'database', 'other'] as const;
export type Hop = (typeof HOPS)[number];

/** A line of a waterfall. */
export interface Row {
  readonly span: Span;
  readonly depth: number;
  readonly hop: Hop;
  /** Where its bar begins and how long it is, as shares of the whole. */
  readonly start: number;
  readonly width: number;
  readonly milliseconds: number;
  readonly failed: boolean;
  readonly events: readonly Event[];
  readonly logs: readonly Log[];
}

/** How long each hop itself worked, the hops below it taken off. */
export interface HopTime {
  readonly hop: Hop;
  readonly milliseconds: number;
  /** Its share of all of them. */
  readonly share: number;
}

const OK = new Set(['', 'ok', 'unset', 'cancelled']);

/** Which kind of hop a span belongs to. */
export function hopOf(span: Span): Hop {
  if (span.service === 'browser' || span.service === 'ssr' || span.service === 'gateway') return span.service;
  if (span.op.startsWith('db')) return 'database';
  return span.op.startsWith('rpc') || span.segment ? 'service' : 'other';
}

/** All spans, each under its parent, with bars on one scale. */
export function rows(trace: Trace): Row[] {
  const all = trace.roots.flatMap((root) => flat(root, 0));
  const begin = Math.min(...all.map(({ node }) => startOf(node)));
  const end = Math.max(...all.map(({ node }) => startOf(node) + lengthOf(node)));
  const whole = Math.max(end - begin, Number.EPSILON);
  return all.flatMap(({ node, depth }) => {
    if (!node.span) return [];
    const milliseconds = lengthOf(node);
    const row: Row = {
      span: node.span,
      depth,
      hop: hopOf(node.span),
      start: (startOf(node) - begin) / whole,
      width: milliseconds / whole,
      milliseconds,
      failed: !OK.has(node.span.status) || node.events.length > 0,
      events: node.events,
      logs: node.logs,
    };
    return [row];
  });
}

/** The time that each hop took for itself, in the order of the hops; those that took none are left out. */
export function hopTimes(trace: Trace): HopTime[] {
  const own = new Map<Hop, number>();
  const add = (node: SpanNode): void => {
    if (!node.span) return;
    const taken = covered(node);
    const hop = hopOf(node.span);
    own.set(hop, (own.get(hop) ?? 0) + Math.max(lengthOf(node) - taken, 0));
    node.children.forEach(add);
  };
  trace.roots.forEach(add);
  const all = [...own.values()].reduce((sum, one) => sum + one, 0);
  return HOPS.flatMap((hop) => {
    const milliseconds = own.get(hop) ?? 0;
    return milliseconds > 0 ? [{ hop, milliseconds, share: milliseconds / all }] : [];
  });
}

/** Whether every span hangs under one that has come, or under none at all. */
export function isWhole(trace: Trace): boolean {
  return trace.roots.every(({ span }) => !span?.parentSpanId);
}

/** A time as people write it. */
export function shownTime(milliseconds: number): string {
  if (milliseconds >= 1_000) return `${(milliseconds / 1_000).toPrecision(3)} s`;
  if (milliseconds >= 1) return `${milliseconds.toPrecision(3)} ms`;
  return `${Math.round(milliseconds * 1_000)} µs`;
}

function flat(node: SpanNode, depth: number): { node: SpanNode; depth: number }[] {
  return [{ node, depth }, ...node.children.flatMap((child) => flat(child, depth + 1))];
}

/** How much of a span its children cover, each moment counted once; the clocks of services differ, so only within it. */
function covered(node: SpanNode): number {
  const [begin, end] = [startOf(node), startOf(node) + lengthOf(node)];
  let [sum, until] = [0, begin];
  const children = node.children.map((child) => [startOf(child), startOf(child) + lengthOf(child)] as const);
  for (const [from, to] of children.sort(([a], [b]) => a - b)) {
    const [first, last] = [Math.max(from, until), Math.min(to, end)];
    if (last > first) {
      sum += last - first;
      until = last;
    }
  }
  return sum;
}

function startOf(node: SpanNode): number {
  const time = node.span?.startTime;
  return time ? Number(time.seconds) * 1_000 + time.nanos / 1_000_000 : 0;
}

function lengthOf(node: SpanNode): number {
  const length = node.span?.duration;
  return length ? Number(length.seconds) * 1_000 + length.nanos / 1_000_000 : 0;
}
