// Whether a request that changes something comes from a page of this site. Two guards, for a browser may lack one: it says
// where a request comes from, and it asks before it sends this content type anywhere else.

/** The content types that no form and no plain script of another site can send unasked. */
const ASKED = /^application\/(grpc-web(\+proto)?|json)$/;

/** Why a request is refused; nothing if it is not. */
export function refusal(request: Request, url: URL): string | undefined {
  const { headers } = request;
  if (!ASKED.test(headers.get('content-type') ?? '')) return 'not a content type of this site';
  const site = headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin') return 'same origin only';
  const origin = headers.get('origin');
  // No page sends a POST without one.
  if (origin === null || URL.parse(origin)?.host !== (headers.get('host') ?? url.host)) return 'same origin only';
  return undefined;
}
