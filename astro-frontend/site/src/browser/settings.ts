// What a page is told by its server. A page that was built ahead asks for it; one made for this visit carries it.

export interface BrowserSettings {
  /** The gateway as a browser reaches it. */
  readonly gatewayUrl: string;
  /** The inspector as a browser reaches it. */
  readonly inspectorUrl: string;
  /** Where the browser's telemetry belongs; empty: there is none. */
  readonly dsn: string;
  readonly release: string;
  readonly environment: string;
  readonly tracesSampleRate: number;
  /** The URLs that requests carry the trace to, by their beginning. */
  readonly propagationTargets: readonly string[];
  readonly replaysSessionSampleRate: number;
  readonly replaysOnErrorSampleRate: number;
  /** Whether the site's server may write to the graph. */
  readonly editable: boolean;
  /** Whether there is a lab. */
  readonly faults: boolean;
}

/** The id of the element that carries the settings as JSON. */
export const SETTINGS_ID = 'settings';

let asked: Promise<BrowserSettings> | undefined;

export function browserSettings(): Promise<BrowserSettings> {
  asked ??= ask();
  return asked;
}

async function ask(): Promise<BrowserSettings> {
  const carried = document.getElementById(SETTINGS_ID)?.textContent;
  if (carried) return JSON.parse(carried) as BrowserSettings;
  const response = await fetch('/settings.json');
  if (!response.ok) throw new Error(`the site's settings cannot be read: HTTP ${response.status}`);
  return (await response.json()) as BrowserSettings;
}
