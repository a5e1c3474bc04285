// Faults on demand, as the services know them: `x-throughline-fault: <hop>=<fault>[,…]`. The hops here are `browser` and `ssr`; what is
// meant for others goes on to them unchanged. Obeyed only where the services run with `--faults`. Pure.
import { Code, ConnectError } from '@connectrpc/connect';

/** What a hop of the site can be asked for. */
export type Fault =
  | { readonly kind: 'error'; readonly code: Code }
  | { readonly kind: 'panic' | 'panic-spawned' | 'panic-stream' };

/** What goes on to other hops. */
export const FAULT_HEADER = 'x-throughline-fault';

/** What is said of each fault that was obeyed: it is how they are counted. */
export const FIRES = 'a fault fires, as was asked';

const PANICS = ['panic', 'panic-spawned', 'panic-stream'] as const;

/** What this hop is asked for. */
export function faultOf(header: string, hop: 'browser' | 'ssr'): Fault | undefined {
  for (const one of header.split(',')) {
    const [at, fault = ''] = one.trim().split('=');
    if (at !== hop) continue;
    const kind = PANICS.find((panic) => panic === fault);
    if (kind) return { kind };
    const [error, name = ''] = fault.split(':');
    if (error === 'error') return { kind: 'error', code: codeOf(name) };
  }
  return undefined;
}

/** What is thrown where a fault strikes. */
export function thrown(fault: Fault): Error {
  return fault.kind === 'error' ? new ConnectError(FIRES, fault.code) : new Error(FIRES);
}

/** `not_found` or `NOT_FOUND`; what is no code is UNKNOWN. */
function codeOf(name: string): Code {
  const wanted = name.toLowerCase().replaceAll('_', '');
  const found = Object.entries(Code).find(([key]) => key.toLowerCase() === wanted)?.[1];
  return typeof found === 'number' ? found : Code.Unknown;
}
