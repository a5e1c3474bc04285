// What axe finds wrong with a page as it is now; and, where a folder is named, a picture of it for a person to look at.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Where pictures of all states go; none are taken where it is not set. */
const SCREENSHOTS = process.env['THROUGHLINE_SCREENSHOTS'];

/** What each state is looked at in: colours do not depend on the width, nor what is where on the colours. */
const LOOKS = [
  { name: 'light', colorScheme: 'light', width: 1_280, height: 800 },
  { name: 'dark-narrow', colorScheme: 'dark', width: 360, height: 740 },
] as const;

/** And these are for the eye alone. */
const MORE_LOOKS = [
  { name: 'dark', colorScheme: 'dark', width: 1_280, height: 800 },
  { name: 'light-narrow', colorScheme: 'light', width: 360, height: 740 },
  { name: 'light-wide', colorScheme: 'light', width: 1_920, height: 1_080 },
  { name: 'dark-wide', colorScheme: 'dark', width: 1_920, height: 1_080 },
] as const;

/** Violations of a page in a state, light and dark, wide and 360 px; what is wider than the window is one too. */
export async function violations(page: Page, state: string): Promise<string[]> {
  const found: string[] = [];
  for (const look of SCREENSHOTS ? [...LOOKS, ...MORE_LOOKS] : LOOKS) {
    await page.emulateMedia({ colorScheme: look.colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize(look);
    // A colour on its way from light to dark is neither.
    await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((it) => it instanceof CSSTransition).map((it) => it.finished)));
    if (SCREENSHOTS) await picture(page, `${state}-${look.name}`);
    if (MORE_LOOKS.some((it) => it === look)) continue;
    found.push(...(await audit(page)).map((it) => `${state}, ${look.name}: ${it}`));
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wider > 0) found.push(`${state}, ${look.name}: ${wider} px wider than the window`);
  }
  return found;
}

async function audit(page: Page): Promise<string[]> {
  // Not by a script element: the policy refuses it.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const axe = Reflect.get(window, 'axe') as { run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    const { violations } = await axe.run({ resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 2).map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  });
}

async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS!, { recursive: true });
  const whole = (page.viewportSize()?.width ?? 0) < 400;
  await page.screenshot({ fullPage: whole, path: join(SCREENSHOTS!, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}.png`) });
}
