// The shared package in a site of somebody else, made word by word of the page for authors of sites.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, present, Visit } from './chromium.ts';
import { CLICK } from './inspector.ts';
import { page } from './page-for-authors.ts';
import { freePort } from './ports.ts';
import { type Stack, startStack } from './stack.ts';

const FRONTEND = resolve(import.meta.dirname, '../../..');
const PACKED = 'throughline-shared-0.1.0.tgz';

describe.skipIf(!present)('the shared package', () => {
  let stack: Stack;
  let browser: Browser;
  let folder: string;
  let port: number;
  const told = page(readFileSync(join(FRONTEND, 'shared/README.md'), 'utf8'));

  beforeAll(async () => {
    port = await freePort();
    [stack, browser] = await Promise.all([startStack({ gateway: { GATEWAY_ORIGINS: `http://127.0.0.1:${port}` } }), launch()]);
    folder = mkdtempSync(join(tmpdir(), 'throughline-another-site-'));
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('is taken into another site, as the page says, and a click of it is one trace', async () => {
    // The packages of this workspace are there already, and in use.
    expect(told.commands('pack')[0]).toBe('npm ci');
    for (const command of told.commands('pack').slice(1)) await run(command, FRONTEND, { npm_config_pack_destination: folder });
    const site = join(folder, 'site');
    mkdirSync(site);
    copyFileSync(join(folder, PACKED), join(site, PACKED));
    writeFileSync(join(site, 'package.json'), JSON.stringify({ name: 'another-site', private: true, type: 'module' }));
    for (const [name, text] of told.files) {
      mkdirSync(dirname(join(site, name)), { recursive: true });
      writeFileSync(join(site, name), text);
    }
    // As the page says, at the ports of this test.
    const ports: Record<string, string> = { 8080: new URL(stack.gateway.url).port, 8969: new URL(stack.inspectorUrl).port, 4321: String(port) };
    const variables = told.commands('environment').join('\n').replaceAll(/\b(8080|8969|4321)\b/g, (usual) => ports[usual]!);
    const env = Object.fromEntries([...variables.matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name!, value!]));
    for (const command of told.commands('install')) await run(command, site, env);
    const [check, build, start] = told.commands('build');
    await run(check!, site, env);
    await run(build!, site, env);
    const server = spawn(start!, { cwd: site, shell: '/bin/sh', env: environment(env), stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    try {
      await new Promise((listening) => server.stdout.once('data', listening));
      await clicked(`http://127.0.0.1:${port}`);
    } finally {
      process.kill(-server.pid!);
    }
  }, 900_000);

  async function clicked(url: string): Promise<void> {
    const visit = await Visit.to(browser, url);
    expect(await visit.page.getByRole('listitem').count()).toBe(5);
    const load = await visit.pageTrace();
    const trace = await visit.callOf(() => visit.page.getByRole('button', { name: 'Search' }).click());
    await visit.page.getByText(/^\d+ found$/).waitFor();
    expect(trace).not.toBe(load);
    // The picture of it comes to have all hops.
    await visit.page.getByText('graph').first().waitFor();
    const stored = await stack.inspector.check(trace, { ...CLICK, errors: 0 });
    expect(stored.roots).toHaveLength(1);
    await stack.inspector.check(load, { services: ['ssr', 'gateway', 'graph', 'sqlite', 'browser'], noOrphans: true, oneRoot: true, errors: 0 });
    expect(visit.complaints).toEqual([]);
    await visit.page.context().close();
  }

  it('is told to be used with what it was tested with', () => {
    const named = told.commands('install').flatMap((command) => command.split(' ').filter((word) => /.@\d/.test(word)));
    expect(named.length).toBeGreaterThan(5);
    for (const word of named) {
      const [, name, version] = /^(.+)@(.+)$/.exec(word)!;
      const manifest = JSON.parse(readFileSync(join(FRONTEND, 'node_modules', name!, 'package.json'), 'utf8')) as { version: string };
      expect(version, name).toBe(manifest.version);
    }
  });
});

/** Runs a line of the page; what it says of warnings is a failure. What came damaged is fetched again, and is none. */
async function run(command: string, cwd: string, env: Record<string, string>): Promise<void> {
  const child = spawn(command, { cwd, shell: '/bin/sh', env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (piece: Buffer) => (said += piece.toString()));
  child.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
  const code = await new Promise((ended) => child.once('close', ended));
  if (code !== 0) throw new Error(`${command}: ${code}\n${said}`);
  expect(said, command).not.toMatch(/\[WARN\]|npm warn (?!unknown .*config|install-scripts|tarball |network )|[1-9]\d* (warning|hint)s?\b/i);
}

/** As a person has it: with the Node that the site brings, and nothing that npm or a stack told this process. */
function environment(env: Record<string, string>): NodeJS.ProcessEnv {
  const told = /^(npm_|SENTRY_|SITE_|GATEWAY_|THROUGHLINE_|VITE|NODE_ENV|TEST|DEV|PROD|MODE|BASE_URL|SSR)/;
  const own = Object.entries(process.env).filter(([name]) => !told.test(name));
  const quiet = { ASTRO_TELEMETRY_DISABLED: '1', npm_config_prefer_offline: 'true', npm_config_audit: 'false', npm_config_fund: 'false' };
  return { ...Object.fromEntries(own), PATH: `${join(FRONTEND, 'node_modules/.bin')}:${process.env['PATH']}`, ...quiet, ...env };
}
