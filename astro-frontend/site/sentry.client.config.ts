// On every page, first of its scripts. Without a DSN it loads nothing.
import { startTelemetry } from './src/telemetry/browser.ts';

await startTelemetry();
