// A gRPC-web server on a port of its own, and a Sentry client as a browser has it: no span outlives an `await` as the active one.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ConnectRouter, createClient, type Client, type Interceptor } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import * as Sentry from '@sentry/core';
import { createTransport } from '../src/client/index.ts';
import { GraphService } from '../src/gen/throughline/graph/v1/graph_pb.ts';
import type { SentryApi } from '../src/tracing/index.ts';

/** A span as it left the client. */
export interface Sent {
  readonly trace_id: string;
  readonly span_id: string;
  readonly parent_span_id?: string | undefined;
  readonly op?: string | undefined;
  readonly name: string;
  readonly status?: string | undefined;
  readonly data: Record<string, unknown>;
  readonly links?: unknown;
}

/** What a Sentry client sent. */
export class Recorded {
  readonly spans: Sent[] = [];
  readonly events: Sentry.ErrorEvent[] = [];

  of(op: string): Sent[] {
    return this.spans.filter((span) => span.op === op);
  }

  /** Starts the process's client; its SDK's own instrumentation of `fetch` writes the headers, as in a browser. */
  start(): SentryApi {
    const client = new Sentry.ServerRuntimeClient({
      dsn: 'http://browser@127.0.0.1:1/4',
      tracesSampleRate: 1,
      integrations: [],
      stackParser: () => [],
      transport: () => ({ send: () => Promise.resolve({}), flush: () => Promise.resolve(true) }),
      beforeSend: (event) => {
        this.events.push(event);
        return null;
      },
      beforeSendTransaction: (event) => {
        const trace = event.contexts?.trace;
        if (trace) this.spans.push({ ...trace, name: event.transaction ?? '', data: trace.data ?? {}, links: trace.links });
        for (const span of event.spans ?? []) this.spans.push({ ...span, name: span.description ?? '' });
        return null;
      },
    });
    Sentry.setCurrentClient(client);
    client.init();
    instrumentFetch();
    return Sentry;
  }
}

let instrumented = false;

function instrumentFetch(): void {
  if (instrumented) return;
  instrumented = true;
  const spans = {};
  Sentry.addFetchInstrumentationHandler((data) => {
    const yes = (): boolean => true;
    Sentry.instrumentFetchRequest(data, yes, yes, spans, { spanOrigin: 'auto.http.browser' });
  });
}

export interface Served {
  readonly client: Client<typeof GraphService>;
  /** The headers of each request, as they came. */
  readonly headers: Record<string, string | string[] | undefined>[];
  stop(): Promise<void>;
}

/** Serves what `routes` says. */
export async function serve(
  routes: (router: ConnectRouter) => void,
  sentry: () => SentryApi | undefined = () => undefined,
  interceptors: Interceptor[] = [],
): Promise<Served> {
  const adapter = connectNodeAdapter({ routes, grpc: false, connect: false });
  const headers: Served['headers'] = [];
  const server: Server = createServer((request, response) => {
    headers.push(request.headers);
    adapter(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const transport = createTransport({ baseUrl: `http://127.0.0.1:${port}`, sentry, interceptors });
  return {
    client: createClient(GraphService, transport),
    headers,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
