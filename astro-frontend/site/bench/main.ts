// `cargo xtask bench site`: how fast pages come and graphs are drawn, as ratios within one run.
import process from 'node:process';
import { launch } from '../tests/browser/chromium.ts';
import { startStack } from '../tests/browser/stack.ts';
import { draw } from './draw.ts';
import { paint } from './paint.ts';
import { Report } from './report.ts';

const report = new Report();
const browser = await launch();
const traced = await startStack();
const untraced = await startStack({ site: { SENTRY_DSN: '', SITE_BROWSER_DSN: '', SITE_GATEWAY_URL: traced.gateway.url } });
try {
  await paint(browser, { with_: traced.site.url, without: untraced.site.url }, report);
  await draw(browser, report);
} finally {
  await browser.close();
  await Promise.all([traced.stop(), untraced.stop()]);
}
process.exitCode = report.failed ? 1 : 0;
