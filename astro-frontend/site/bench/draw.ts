// 5 000 nodes and 10 000 edges drawn by the explorer's renderer, beside sigma alone with the same data.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import type { measure } from './page/draw.ts';
import { median, type Report } from './report.ts';

const ROUNDS = 3;
const PANS = 2;
const SLOW_MS = 100;
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

export async function draw(browser: Browser, report: Report): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'throughline-bench-'));
  await build({ root: resolve(import.meta.dirname, 'page'), logLevel: 'error', configFile: false, build: { outDir: folder, emptyOutDir: true } });
  const server = createServer((request, response) => {
    const file = request.url === '/' ? '/index.html' : (request.url ?? '');
    try {
      const text = readFileSync(join(folder, file));
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' }).end(text);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const drawn: Record<string, number[]> = { ours: [], bare: [] };
  const frames: Record<string, number[]> = { ours: [], bare: [] };
  // The first of each compiles its shaders, and does not count.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const which of round % 2 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)) {
      const took = await page.evaluate(([name, pans]) => (Reflect.get(window, 'measure') as typeof measure)(name, pans), [which, PANS] as const);
      if (round === 0) continue;
      drawn[which]!.push(took.drawn);
      frames[which]!.push(...took.frames);
    }
  }
  await page.close();
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
  const slow = (which: string): string => `${frames[which]!.filter((it) => it > SLOW_MS).length} of ${frames[which]!.length}`;
  report.note('sigma alone, 5 000 nodes and 10 000 edges drawn', `${median(drawn['bare']!).toFixed(0)} ms`);
  report.note('the explorer, the same', `${median(drawn['ours']!).toFixed(0)} ms`);
  report.atMost('explorer over sigma alone', median(drawn['ours']!) / median(drawn['bare']!), 1.3);
  report.note('frames over 100 ms while panning, sigma alone', slow('bare'));
  report.note('frames over 100 ms while panning, the explorer', slow('ours'));
  report.note('median frame while panning, sigma alone', `${median(frames['bare']!).toFixed(0)} ms`);
  report.note('median frame while panning, the explorer', `${median(frames['ours']!).toFixed(0)} ms`);
}
