// Faults of this hop: what a page is asked for by `?fault=`, obeyed where the services run with `--faults`.
import process from 'node:process';
import { captureException } from '@sentry/astro';
import { type Fault, FAULT_HEADER, faultOf, FIRES, thrown } from '../faults.ts';
import { settings } from './settings.ts';

/** What a page asks for: headers for the hops behind, and what this one is to do. */
export interface Asked {
  readonly headers: Record<string, string>;
  readonly fault: Fault | undefined;
}

export function asked(url: URL): Asked {
  const said = settings().faults ? url.searchParams.get('fault') : null;
  return said ? { headers: { [FAULT_HEADER]: said }, fault: faultOf(said, 'ssr') } : { headers: {}, fault: undefined };
}

/** Fails as it was asked to, if it is one of these faults. */
export function strike(fault: Fault | undefined, ...kinds: Fault['kind'][]): void {
  if (!fault || !kinds.includes(fault.kind)) return;
  // Not by the console, whose errors are logs of the trace.
  process.stderr.write(`${FIRES} hop=ssr fault=${fault.kind}\n`);
  throw thrown(fault);
}

/**
 * Starts what nobody awaits inside the trace of the request: its failure is captured there. The bare promise would be
 * rejected into no trace at all.
 */
export function spawn(work: () => Promise<void>): void {
  work().catch((error: unknown) => captureException(error));
}
