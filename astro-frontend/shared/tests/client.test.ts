import { Code, ConnectError } from '@connectrpc/connect';
import { afterEach, describe, expect, it } from 'vitest';
import { explain } from '../src/client/index.ts';
import {
  BadRequestSchema,
  PreconditionFailureSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from '../src/gen/google/rpc/error_details_pb.ts';
import { GraphService } from '../src/gen/throughline/graph/v1/graph_pb.ts';
import { serve, type Served } from './harness.ts';

let served: Served | undefined;
afterEach(() => served?.stop());

describe('repeating', () => {
  const unavailable = (): ConnectError => new ConnectError('not now', Code.Unavailable);

  it('repeats a read until it succeeds, with what is left of the deadline', async () => {
    let calls = 0;
    served = await serve((router) =>
      router.service(GraphService, {
        getStats: () => {
          if (++calls < 3) throw unavailable();
          return { nodeCount: 1n };
        },
      }),
    );
    expect((await served.client.getStats({}, { timeoutMs: 9_000 })).nodeCount).toBe(1n);
    const left = served.headers.map((headers) => Number(String(headers['grpc-timeout']).slice(0, -1)));
    expect(left[0]).toBe(9_000);
    expect(left[1]).toBeLessThan(9_000);
    expect(left[2]).toBeLessThan(left[1]!);
  });

  const cases: [string, Record<string, unknown>, number][] = [
    ['a write', { mutations: [] }, 1],
    ['a write with an idempotency key', { mutations: [], idempotencyKey: 'k' }, 3],
  ];
  it.each(cases)('%s is called %#', async (_, request, attempts) => {
    let calls = 0;
    served = await serve((router) =>
      router.service(GraphService, {
        applyMutations: () => {
          calls++;
          throw unavailable();
        },
      }),
    );
    await expect(served.client.applyMutations(request)).rejects.toMatchObject({ code: Code.Unavailable });
    expect(calls).toBe(attempts);
  });

  it('repeats nothing but UNAVAILABLE, and nothing that is to wait long', async () => {
    let calls = 0;
    const late = new ConnectError('later', Code.Unavailable, undefined, [
      { desc: RetryInfoSchema, value: { retryDelay: { seconds: 60n } } },
    ]);
    served = await serve((router) =>
      router.service(GraphService, {
        getStats: () => {
          calls++;
          throw new ConnectError('broken', Code.Internal);
        },
        getSchema: () => {
          calls++;
          throw late;
        },
      }),
    );
    await expect(served.client.getStats({})).rejects.toThrow();
    await expect(served.client.getSchema({})).rejects.toThrow();
    expect(calls).toBe(2);
  });

  it('stops waiting when it is aborted', async () => {
    const controller = new AbortController();
    served = await serve((router) =>
      router.service(GraphService, {
        getStats: () => {
          setTimeout(() => controller.abort());
          throw unavailable();
        },
      }),
    );
    await expect(served.client.getStats({}, { signal: controller.signal })).rejects.toMatchObject({ code: Code.Canceled });
    expect(served.headers).toHaveLength(1);
  });
});

describe('explaining', () => {
  it('names the fields at fault', () => {
    const error = new ConnectError('bad', Code.InvalidArgument, undefined, [
      { desc: BadRequestSchema, value: { fieldViolations: [{ field: 'filter', description: 'a bracket is open' }] } },
    ]);
    expect(explain(error)).toMatchObject({ parts: ['filter: a bracket is open'], retry: false });
  });

  it('names what is gone', () => {
    const error = new ConnectError('gone', Code.NotFound, undefined, [
      { desc: ResourceInfoSchema, value: { resourceType: 'Node', resourceName: 'crate:a' } },
    ]);
    expect(explain(error).what).toContain('crate:a');
  });

  it('names the mutation whose precondition fails', () => {
    const error = new ConnectError('no', Code.Aborted, undefined, [
      { desc: PreconditionFailureSchema, value: { violations: [{ type: 'ETAG', subject: 'mutations[0]', description: 'is 2' }] } },
    ]);
    expect(explain(error).parts).toEqual(['mutations[0]: is 2']);
  });

  it('says when to come back', () => {
    const error = new ConnectError('busy', Code.Unavailable, undefined, [
      { desc: RetryInfoSchema, value: { retryDelay: { seconds: 1n, nanos: 500_000_000 } } },
    ]);
    expect(explain(error)).toMatchObject({ retry: true, retryAfterMs: 1_500 });
  });

  it('takes a proxy that limits calls for what it is', () => {
    const error = new ConnectError('HTTP 429', Code.Unavailable, { 'retry-after': '7' });
    expect(explain(error)).toMatchObject({ code: Code.ResourceExhausted, retry: true, retryAfterMs: 7_000, parts: [] });
    expect(explain(new ConnectError('HTTP 429', Code.Unavailable, { 'retry-after': 'soon' }))).not.toHaveProperty('retryAfterMs');
  });

  it('takes a network failure for what it is', () => {
    expect(explain(ConnectError.from(new TypeError('Failed to fetch')))).toMatchObject({ code: Code.Unavailable, retry: true, parts: [] });
  });

  it('keeps what a service says inside to itself', () => {
    expect(explain(new ConnectError('at 10.0.0.7', Code.Internal)).parts).toEqual([]);
  });

  it('knows every code', () => {
    for (let code = 1; code <= 16; code++) {
      const { what, advice } = explain(new ConnectError('x', code));
      expect(what.length, String(code)).toBeGreaterThan(3);
      expect(advice.length, String(code)).toBeGreaterThan(3);
    }
  });
});
