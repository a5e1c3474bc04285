// What every answer says to a browser of how far it may be trusted. The policy's hashes are Astro's; here it learns
// where this installation's pages may connect to, which is known only when it is served.
import type { ServerResponse } from 'node:http';

const POLICY = 'content-security-policy';

/** On every answer. */
const HEADERS: Readonly<Record<string, string>> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** What an answer without scripts may do. */
const NOTHING = "default-src 'none'";

/** Adds the headers to an answer, whoever writes it. */
export function secure(response: ServerResponse, connect: readonly string[]): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const rest = ["frame-ancestors 'none'", `connect-src ${["'self'", ...connect].join(' ')}`].join('; ');
  const setHeader = response.setHeader.bind(response);
  response.setHeader(POLICY, `${NOTHING}; ${rest}`);
  response.setHeader = (name, value) =>
    setHeader(name, name.toLowerCase() === POLICY && typeof value === 'string' ? `${value.replace(/;\s*$/, '')}; ${rest}` : value);
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = ((status: number, ...more: unknown[]) => {
    const headers = more.find((it): it is Record<string, string | string[]> => typeof it === 'object' && !Array.isArray(it));
    for (const name of Object.keys(headers ?? {})) {
      if (name.toLowerCase() !== POLICY || !headers) continue;
      response.setHeader(POLICY, String(headers[name]));
      delete headers[name];
    }
    return writeHead(status, ...more);
  }) as ServerResponse['writeHead'];
}
