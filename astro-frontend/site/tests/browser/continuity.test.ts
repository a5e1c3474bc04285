// The rows `browser` and `ssr` of the continuity matrix. `cargo xtask test continuity` prints them with the others, from the file
// that `THROUGHLINE_CONTINUITY_SITE` names; what is not in it has not held.
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { launch, present } from './chromium.ts';
import { checks, judge } from './continuity/judge.ts';
import { play, type Played } from './continuity/play.ts';
import { FAULTS, type Hop, type Part, ROWS } from './continuity/rows.ts';
import { type Stack, startStack } from './stack.ts';

/** What does not hold of each cell. */
const outcomes = new Map<string, string[]>();
const name = (hop: Hop, fault: string): string => `${hop} × ${fault}`;

const parts = ROWS.flatMap(({ hop, cells }) => FAULTS.flatMap((fault) => cells[fault].map((part) => ({ hop, cell: name(hop, fault), part }))));

describe.skipIf(!present)('the continuity matrix', () => {
  beforeAll(async () => {
    const [stack, browser] = await Promise.all([startStack({ collectors: ['browser', 'ssr'], site: { SITE_REPLAYS_SESSION_SAMPLE_RATE: '1' } }), launch()]);
    try {
      await all(stack, browser);
    } finally {
      await browser.close();
      await stack.stop();
    }
    for (const { hop, cell, part } of parts) {
      if (!part.deed?.startsWith('collector')) continue;
      if (!new RegExp(`telemetry was lost: \\d+ envelopes of ${hop}`).test(stack.site.log)) wrong(cell, part, 'no loss was counted');
    }
    const file = process.env['THROUGHLINE_CONTINUITY_SITE'];
    if (file) writeFileSync(file, JSON.stringify(Object.fromEntries(outcomes), undefined, 2));
  }, 1_800_000);

  it.each(parts.map(({ cell }) => cell).filter((cell, at, all) => all.indexOf(cell) === at))('%s', (cell) => {
    expect(outcomes.get(cell)).toEqual([]);
  });
});

/** All faults first, then their traces: by then most of them are quiet. */
async function all(stack: Stack, browser: Browser): Promise<void> {
  const played: Played[] = [];
  for (const { hop, part } of parts) {
    const failed = (error: unknown): Played => ({ traceId: '', wrong: [String(error)] });
    played.push(await play(stack, browser, hop, part).catch(failed));
  }
  const judged = parts.map(async ({ hop, cell, part }, at) => {
    wrong(cell, part, ...(played[at]?.wrong ?? ['it was not played']));
    const traceId = played[at]?.traceId;
    if (!traceId) return wrong(cell, part, 'no trace');
    try {
      wrong(cell, part, ...judge(hop, await stack.inspector.check(traceId, checks(hop, part.expected)), part.expected));
    } catch (error) {
      wrong(cell, part, String(error));
    }
  });
  await Promise.all(judged);
}

function wrong(cell: string, part: Part, ...reasons: string[]): void {
  const before = outcomes.get(cell) ?? [];
  outcomes.set(cell, [...before, ...reasons.map((reason) => `${part.name} ${reason}`.trim())]);
}
