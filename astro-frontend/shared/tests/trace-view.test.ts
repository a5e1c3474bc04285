import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { type EventSchema, SpanNodeSchema, type Trace, TraceSchema } from '../src/gen/throughline/inspector/v1/inspector_pb.ts';
import { hopOf, hopTimes, isWhole, rows, shownTime } from '../src/trace-view/model.ts';

type Node = MessageInitShape<typeof SpanNodeSchema>;
type EventInit = MessageInitShape<typeof EventSchema>;

/** A span of `service`, from one millisecond to another. */
function span(service: string, op: string, from: number, to: number, children: Node[] = [], events: EventInit[] = []): Node {
  const nanos = (ms: number) => ({ seconds: 0n, nanos: ms * 1_000_000 });
  return { span: { spanId: `${service}${from}`, service, op, name: op, status: 'ok', startTime: nanos(from), duration: nanos(to - from) }, children, events };
}

const TRACE: Trace = create(TraceSchema, {
  roots: [
    span('browser', 'ui.action', 0, 100, [
      span('browser', 'rpc.client', 10, 90, [
        span('gateway', 'rpc.server', 20, 80, [
          span('graph', 'rpc.server', 30, 70, [span('sqlite', 'db.query', 40, 50), span('sqlite', 'db.query', 45, 60)], [
            { eventId: 'e', title: 'no' },
          ]),
        ]),
      ]),
    ]),
  ],
});

describe('a waterfall', () => {
  it('has each span under its caller, on one scale', () => {
    expect(rows(TRACE).map((row) => [row.depth, row.hop, row.start, row.width])).toEqual([
      [0, 'browser', 0, 1],
      [1, 'browser', 0.1, 0.8],
      [2, 'gateway', 0.2, 0.6],
      [3, 'service', 0.3, 0.4],
      [4, 'database', 0.4, 0.1],
      [4, 'database', 0.45, 0.15],
    ]);
  });

  it('marks what failed', () => {
    expect(rows(TRACE).filter((row) => row.failed).map((row) => row.span.service)).toEqual(['graph']);
  });

  it('waits for the parents of what has come', () => {
    expect(isWhole(TRACE)).toBe(true);
    const [early] = TRACE.roots;
    expect(isWhole(create(TraceSchema, { roots: [early!, { span: { ...early!.span!, parentSpanId: 'a' } }] }))).toBe(false);
  });

  it('has no rows for a trace without spans', () => {
    expect(rows(create(TraceSchema, {}))).toEqual([]);
    expect(hopTimes(create(TraceSchema, {}))).toEqual([]);
  });
});

describe('the time of a hop', () => {
  it('is its own, with what ran at the same time counted once', () => {
    const times = Object.fromEntries(hopTimes(TRACE).map(({ hop, milliseconds }) => [hop, milliseconds]));
    expect(times).toEqual({ browser: 40, gateway: 20, service: 20, database: 25 });
  });

  it('is not below zero where a clock is ahead', () => {
    const ahead = create(TraceSchema, { roots: [span('ssr', 'http.server', 0, 10, [span('gateway', 'rpc.server', 8, 30)])] });
    expect(hopTimes(ahead).map(({ hop, milliseconds }) => [hop, milliseconds])).toEqual([
      ['ssr', 8],
      ['gateway', 22],
    ]);
  });

  it('is written as people write it', () => {
    expect([0.0125, 5.678, 1_234].map(shownTime)).toEqual(['13 µs', '5.68 ms', '1.23 s']);
  });

  it('belongs to the kind of hop', () => {
    const of = (service: string, op: string) => hopOf(create(SpanNodeSchema, span(service, op, 0, 1)).span!);
    expect([of('graph', 'rpc.server'), of('dgraph', 'db.query'), of('ssr', 'http.server')]).toEqual(['service', 'database', 'ssr']);
  });
});
