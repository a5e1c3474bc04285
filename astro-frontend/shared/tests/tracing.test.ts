import { Code, ConnectError } from '@connectrpc/connect';
import { getActiveSpan } from '@sentry/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GraphService } from '../src/gen/throughline/graph/v1/graph_pb.ts';
import { Actions, isReported, type SentryApi } from '../src/tracing/index.ts';
import { Recorded, serve, type Served } from './harness.ts';

/** On a busy machine. */
const LATE = { timeout: 30_000 };

let recorded: Recorded;
let sentry: SentryApi;
let actions: Actions;
let served: Served | undefined;

beforeEach(() => {
  recorded = new Recorded();
  sentry = recorded.start();
  actions = new Actions(
    () => sentry,
    () => undefined,
  );
});

afterEach(async () => {
  await served?.stop();
});

async function with_(routes: Parameters<typeof serve>[0]): Promise<Served> {
  served = await serve(routes, () => sentry);
  return served;
}

describe('the span of a call', () => {
  it('stands under its action, and over the request, after awaits', async () => {
    const { client, headers } = await with_((router) => router.service(GraphService, { getStats: () => ({ nodeCount: 7n }) }));
    const stats = await actions.run('Count', async ({ call }) => {
      await Promise.resolve();
      return client.getStats({}, call);
    });
    expect(stats.nodeCount).toBe(7n);
    const [action] = recorded.of('ui.action');
    const [call] = recorded.of('rpc.client');
    const [request] = recorded.of('http.client');
    expect(call).toMatchObject({
      name: 'throughline.graph.v1.GraphService/GetStats',
      parent_span_id: action?.span_id,
      trace_id: action?.trace_id,
      status: 'ok',
      data: { 'rpc.grpc.status_code': 0, 'rpc.response.status_code': 'OK', 'server.address': '127.0.0.1' },
    });
    expect(request?.parent_span_id).toBe(call?.span_id);
    expect(headers[0]?.['sentry-trace']).toBe(`${action?.trace_id}-${request?.span_id}-1`);
    expect(headers[0]?.['baggage']).toContain(`sentry-trace_id=${action?.trace_id}`);
    expect(headers[0]?.['grpc-timeout']).toBe('20000m');
  });

  it('lives as long as its stream, whose request carries it too', async () => {
    let open = (): void => {};
    const held = new Promise<void>((resolve) => (open = resolve));
    const { client, headers } = await with_((router) =>
      router.service(GraphService, {
        async *traverse() {
          yield { level: 0 };
          await held;
          yield { level: 1 };
        },
      }),
    );
    let ended = 0;
    await actions.run('Walk', async ({ call, span }) => {
      const end = vi.spyOn(span!, 'end');
      for await (const _ of client.traverse({}, call)) {
        expect(recorded.of('rpc.client')).toHaveLength(0);
        open();
      }
      ended = end.mock.calls.length;
    });
    expect(ended).toBe(0);
    const [call] = recorded.of('rpc.client');
    expect(call).toMatchObject({ name: 'throughline.graph.v1.GraphService/Traverse', status: 'ok' });
    const [request] = recorded.of('http.client');
    expect(request?.parent_span_id).toBe(call?.span_id);
    expect(headers[0]?.['sentry-trace']).toContain(request?.span_id);
  });

  const codes: [Code, string, string][] = [
    [Code.NotFound, 'NOT_FOUND', 'not_found'],
    [Code.Internal, 'INTERNAL', 'internal_error'],
    [Code.Unknown, 'UNKNOWN', 'unknown_error'],
    [Code.FailedPrecondition, 'FAILED_PRECONDITION', 'failed_precondition'],
  ];
  it.each(codes)('carries status %s, before and after the first message', async (code, name, status) => {
    const { client } = await with_((router) =>
      router.service(GraphService, {
        getNode: () => {
          throw new ConnectError('no', code);
        },
        async *traverse() {
          yield { level: 0 };
          throw new ConnectError('no', code);
        },
      }),
    );
    const unary = actions.run('Open', ({ call }) => client.getNode({ id: 'a' }, call));
    await expect(unary).rejects.toMatchObject({ code });
    const stream = actions.run('Walk', async ({ call }) => {
      for await (const _ of client.traverse({}, call)) {
        // Until it fails.
      }
    });
    await expect(stream).rejects.toMatchObject({ code });
    expect(recorded.of('rpc.client').map((span) => [span.data['rpc.response.status_code'], span.status])).toEqual([
      [name, status],
      [name, status],
    ]);
    expect(recorded.events).toHaveLength(2);
    expect(recorded.events.map((event) => event.contexts?.trace?.trace_id)).toEqual(
      recorded.of('ui.action').map((span) => span.trace_id),
    );
  });

  it('is told of once: by the server where that is at fault, else by the action', async () => {
    actions = new Actions(
      () => sentry,
      () => undefined,
      { captures: (error) => !isReported(error) },
    );
    const { client } = await with_((router) =>
      router.service(GraphService, {
        getNode: ({ id }) => {
          throw new ConnectError('no', Number(id));
        },
      }),
    );
    const open = (code: Code) => actions.run('Open', ({ call }) => client.getNode({ id: String(code) }, call));
    for (const code of [Code.Internal, Code.Unknown, Code.DataLoss]) await expect(open(code)).rejects.toMatchObject({ code });
    expect(recorded.events).toHaveLength(0);
    for (const code of [Code.NotFound, Code.ResourceExhausted]) await expect(open(code)).rejects.toMatchObject({ code });
    const own = (error: Error) => actions.run('Own', () => Promise.reject(error));
    await expect(own(new ConnectError('no', Code.Internal))).rejects.toThrow();
    await expect(own(new TypeError('fetch failed'))).rejects.toThrow();
    expect(recorded.events).toHaveLength(4);
  });

  it('ends with its action, when the loop over its stream is left early', async () => {
    let ended = false;
    const { client } = await with_((router) =>
      router.service(GraphService, {
        async *traverse(_, { signal }) {
          signal.addEventListener('abort', () => (ended = true));
          yield { level: 0 };
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
        },
      }),
    );
    const walk = actions.run('Walk', async ({ call }) => {
      for await (const _ of client.traverse({}, call)) throw new Error('in the loop');
    });
    await expect(walk).rejects.toThrow('in the loop');
    expect(recorded.of('rpc.client').map((span) => span.status)).toEqual(['cancelled']);
    expect(recorded.events).toHaveLength(1);
    await vi.waitFor(() => expect(ended).toBe(true), LATE);
  });

  it('ends at once, with its action, when the page is left', async () => {
    const { client } = await with_((router) => router.service(GraphService, { getStats: () => new Promise<never>(() => {}) }));
    const count = actions.run('Count', ({ call }) => client.getStats({}, call));
    await vi.waitFor(() => expect(client).toBeDefined());
    actions.stopAll();
    await expect(count).rejects.toMatchObject({ code: Code.Canceled });
    expect(recorded.of('ui.action').map((span) => span.status)).toEqual(['cancelled']);
    expect(recorded.events).toHaveLength(0);
  });

  it('keeps calls at the same time apart', async () => {
    const { client } = await with_((router) =>
      router.service(GraphService, {
        getNode: ({ id }) => ({ node: { id } }),
        async *traverse() {
          yield { level: 0 };
        },
      }),
    );
    const walk = actions.run('Walk', async ({ call }) => {
      for await (const _ of client.traverse({}, call)) await client.getNode({ id: 'a' }, call);
    });
    const open = Array.from({ length: 5 }, (_, n) => actions.run('Open', ({ call }) => client.getNode({ id: String(n) }, call)));
    await Promise.all([walk, ...open]);
    expect(recorded.of('http.client')).toHaveLength(7);
    for (const request of recorded.of('http.client')) {
      const call = recorded.of('rpc.client').find((span) => span.span_id === request.parent_span_id);
      const action = recorded.of('ui.action').find((span) => span.span_id === call?.parent_span_id);
      expect([request.trace_id, call?.trace_id]).toEqual([action?.trace_id, action?.trace_id]);
    }
    expect(getActiveSpan()).toBeUndefined();
  });

  it('ends as cancelled when the signal aborts a stream that nobody reads on', async () => {
    const { client } = await with_((router) =>
      router.service(GraphService, {
        async *traverse(_, { signal }) {
          yield { level: 0 };
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
        },
      }),
    );
    const controller = new AbortController();
    const run = actions.run(
      'Walk',
      async ({ call }) => {
        for await (const _ of client.traverse({}, call)) break;
        controller.abort();
      },
      { signal: controller.signal },
    );
    await run;
    expect(recorded.of('rpc.client')[0]).toMatchObject({ status: 'cancelled', data: { 'rpc.grpc.status_code': Code.Canceled } });
    expect(recorded.events).toHaveLength(0);
  });

  it('says that its deadline passed', async () => {
    const { client } = await with_((router) =>
      router.service(GraphService, {
        getNode: async (_, { signal }) => {
          await new Promise((resolve) => signal.addEventListener('abort', resolve));
          return {};
        },
      }),
    );
    const run = actions.run('Open', ({ call }) => client.getNode({ id: 'a' }, { ...call, timeoutMs: 20 }));
    await expect(run).rejects.toMatchObject({ code: Code.DeadlineExceeded });
    expect(recorded.of('rpc.client')[0]).toMatchObject({ status: 'deadline_exceeded' });
  });

  it('says that nobody was there', async () => {
    const { client, stop } = await with_(() => {});
    await stop();
    await expect(actions.run('Count', ({ call }) => client.getStats({}, call))).rejects.toThrow();
    const attempts = recorded.of('rpc.client');
    expect(attempts).toHaveLength(3);
    expect(attempts.map((span) => span.status)).toEqual(['unavailable', 'unavailable', 'unavailable']);
  });
});

describe('what an action spawns', () => {
  it('is waited for, and fails in its trace', async () => {
    let fail = (_: Error): void => {};
    const held = new Promise<void>((_, reject) => (fail = reject));
    expect(await actions.run('Save', async ({ spawn }) => (spawn(() => held), 'done'))).toBe('done');
    expect(recorded.of('ui.action')).toHaveLength(0);
    fail(new Error('nobody awaits it'));
    await vi.waitFor(() => expect(recorded.of('ui.action')).toHaveLength(1), LATE);
    const [action] = recorded.of('ui.action');
    expect(action?.status).toBe('internal_error');
    expect(recorded.events.map((event) => event.contexts?.trace)).toMatchObject([{ trace_id: action?.trace_id, span_id: action?.span_id }]);
  });
});

describe('an action', () => {
  it('has a trace of its own, linked to the page load', async () => {
    const load = sentry.startInactiveSpan({ name: '/', op: 'pageload' });
    const linked = new Actions(
      () => sentry,
      () => load,
    );
    const ids = [await linked.run('One', async ({ traceId }) => traceId), await linked.run('Two', async ({ traceId }) => traceId)];
    load.end();
    const page = load.spanContext().traceId;
    expect(new Set([page, ...ids]).size).toBe(3);
    expect(recorded.of('ui.action').map((span) => span.trace_id)).toEqual(ids);
    for (const span of recorded.of('ui.action')) {
      expect(span.parent_span_id).toBeUndefined();
      expect(span.links).toMatchObject([{ trace_id: page, attributes: { 'sentry.link.type': 'previous_trace' } }]);
    }
  });

  it('works where there is no SDK', async () => {
    const silent = await serve((router) => router.service(GraphService, { getStats: () => ({ nodeCount: 1n }) }));
    const untraced = new Actions(
      () => undefined,
      () => undefined,
    );
    const stats = await untraced.run('Count', ({ call }) => silent.client.getStats({}, call));
    expect(stats.nodeCount).toBe(1n);
    expect(recorded.spans).toHaveLength(0);
    await silent.stop();
  });
});
