// `cargo xtask up`, from the address that it prints first to this workspace's own graph in a browser.
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { launch, present, Visit, waitFor } from './chromium.ts';

const WORKSPACE = resolve(import.meta.dirname, '../../../..');
const BIN = process.env['THROUGHLINE_BIN_DIR'] ?? join(WORKSPACE, 'target/debug');

describe.skipIf(!present)('cargo xtask up', () => {
  it('prints the site’s address first, and the site shows this workspace’s own graph', async () => {
    const ports = Object.fromEntries(['GATEWAY', 'GRAPH', 'INSPECTOR', 'SITE'].map((name) => [`${name}_LISTEN`, '127.0.0.1:0']));
    const up = spawn(join(BIN, 'xtask'), ['up'], { cwd: WORKSPACE, env: { ...process.env, ...ports }, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<number | null>((resolve) => up.once('exit', resolve));
    const meanwhile = <T>(what: Promise<T>): Promise<T> => Promise.race([what, ended.then((code) => Promise.reject(new Error(`it ended with ${code}`)))]);
    // From the first on, however many come at once.
    const lines: string[] = [];
    createInterface({ input: up.stdout }).on('line', (line) => lines.push(line));
    const browser = await launch();
    try {
      await meanwhile(waitFor('its first line', () => lines.length > 0));
      const [first = ''] = lines;
      const address = /^(http:\S+) shows this workspace's dependency graph$/.exec(first)?.[1] ?? `no address: ${first}`;
      // The import goes on meanwhile; the trace that is asked for at its end says that it is there.
      await meanwhile(waitFor('that it runs', () => lines.some((line) => line.startsWith('running; '))));
      const visit = await Visit.to(browser, address);
      await visit.page.getByText(/nodes? and .* edges? are shown/).waitFor();
      await visit.page.getByLabel('Search the graph').fill('throughline-gateway');
      await visit.page.getByRole('option', { name: /throughline-gateway@/ }).first().click();
      await visit.page.getByRole('heading', { name: /throughline-gateway@/ }).waitFor();
      await visit.page.getByRole('button', { name: 'Expand DEPENDS_ON out' }).waitFor();
    } finally {
      await browser.close();
      up.kill('SIGINT');
    }
    expect(await ended).toBe(0);
  });
});
