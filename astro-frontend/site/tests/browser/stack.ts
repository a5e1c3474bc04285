// The real services, gateway, inspector and site on free ports, with a small graph.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { GraphService } from '@throughline/shared/graph';
import { Collector } from './collector.ts';
import { Inspector } from './inspector.ts';
import { freePort } from './ports.ts';
import { Service } from './process.ts';

const SITE = resolve(import.meta.dirname, '../..');
const WORKSPACE = resolve(SITE, '../..');
const BIN = process.env['THROUGHLINE_BIN_DIR'] ?? join(WORKSPACE, 'target/debug');
export const TOKEN = 'a-token-of-the-tests';

/** What is in the graph. */
export const GRAPH = join(WORKSPACE, 'cli/tests/fixtures/package-lock.json');

export interface StackOptions {
  /** Further variables of the site. */
  readonly site?: Record<string, string>;
  /** Further variables of the gateway. */
  readonly gateway?: Record<string, string>;
  /** Puts a collector that can go bad between the inspector and each of these services. */
  readonly collectors?: readonly ('browser' | 'ssr')[];
  /** What pages take for the gateway, given its URL. */
  readonly publicGateway?: (gateway: string) => Promise<string>;
}

export interface Stack {
  readonly inspector: Inspector;
  readonly inspectorUrl: string;
  readonly gateway: Service;
  readonly graph: Service;
  readonly site: Service;
  /** What was asked for. */
  readonly collectors: Partial<Record<'browser' | 'ssr', Collector>>;
  /** Has the service panic once. Built for tests it reads its symbols then, which takes seconds, and knows them from then on. */
  panic(): Promise<void>;
  /** Starts the gateway again, where it was. */
  restartGateway(): Promise<void>;
  stop(): Promise<void>;
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-site-'));
  const inspector = await Service.start(join(BIN, 'throughline'), ['inspect'], {
    INSPECTOR_LISTEN: '127.0.0.1:0',
    INSPECTOR_DATA_DIR: join(folder, 'inspector'),
  });
  const collectors: Partial<Record<string, Collector>> = {};
  for (const service of options.collectors ?? []) collectors[service] = await Collector.before(inspector.url);
  const dsn = (service: string, project: number): string =>
    (collectors[service]?.url ?? inspector.url).replace('://', `://${service}@`) + `/${project}`;
  const telemetry = (service: string, project: number): Record<string, string> => ({
    SENTRY_DSN: dsn(service, project),
    SENTRY_ENVIRONMENT: 'test',
    THROUGHLINE_FAULTS: '1',
    // Each fault is counted by the line that says that it fired.
    RUST_LOG: 'info,throughline_service_kit::fault=debug,throughline_graph_store::sqlite::drill=debug',
  });
  const graph = await Service.start(join(BIN, 'throughline-graph'), [], {
    ...telemetry('graph', 3),
    GRAPH_LISTEN: '127.0.0.1:0',
    GRAPH_STORE: `sqlite:${join(folder, 'graph.db')}`,
    GRAPH_WRITE_TOKEN: TOKEN,
  });
  importGraph(graph.url);
  const sitePort = await freePort();
  const startGateway = (listen: string): Promise<Service> =>
    Service.start(join(BIN, 'throughline-gateway'), [], {
      ...telemetry('gateway', 2),
      GATEWAY_LISTEN: listen,
      GATEWAY_GRAPH_URL: graph.url,
      GATEWAY_ORIGINS: `http://127.0.0.1:${sitePort}`,
      ...options.gateway,
    });
  // One that is still free when the gateway comes back.
  let gateway = await startGateway(`127.0.0.1:${await freePort()}`);
  const publicUrl = await options.publicGateway?.(gateway.url);
  const site = await Service.start(
    resolve(SITE, '../node_modules/.bin/node'),
    ['--import', './sentry.server.config.ts', 'server/main.ts'],
    {
      ...telemetry('ssr', 5),
      SITE_LISTEN: `127.0.0.1:${sitePort}`,
      SITE_GATEWAY_URL: gateway.url,
      SITE_INSPECTOR_URL: inspector.url,
      SITE_BROWSER_DSN: dsn('browser', 4),
      SITE_WRITE_TOKEN: TOKEN,
      SITE_REPLAYS_SESSION_SAMPLE_RATE: '0',
      SITE_REPLAYS_ERROR_SAMPLE_RATE: '0',
      SITE_FAULTS: '1',
      ...(publicUrl && { SITE_PUBLIC_GATEWAY_URL: publicUrl }),
      ...options.site,
    },
    SITE,
  );
  return {
    inspector: new Inspector(inspector.url),
    inspectorUrl: inspector.url,
    get gateway() {
      return gateway;
    },
    graph,
    site,
    collectors,
    panic: async () => {
      const client = createClient(GraphService, createGrpcWebTransport({ baseUrl: gateway.url }));
      const call = () => client.getStats({}, { headers: { 'x-throughline-fault': 'graph=panic' } });
      const code = () => call().then(() => 0, (error: unknown) => ConnectError.from(error).code);
      while ((await code()) !== Code.Internal);
    },
    restartGateway: async () => {
      await gateway.stop();
      gateway = await startGateway(new URL(gateway.url).host);
    },
    stop: async () => {
      for (const service of [site, gateway, graph, inspector]) await service.stop();
      for (const collector of Object.values(collectors)) await collector?.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function importGraph(graph: string): void {
  const args = ['graph', 'import', '--npm', GRAPH, '--graph', graph];
  const ran = spawnSync(join(BIN, 'throughline'), args, { env: { PATH: process.env['PATH'], THROUGHLINE_WRITE_TOKEN: TOKEN } });
  if (ran.status !== 0) throw new Error(`the import failed: ${ran.stderr.toString()}`);
}
