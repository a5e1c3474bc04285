// Takes the trace out of a page's head. Pure.

/** Whether a shared cache may keep an answer. */
export function isShared(cacheControl: string): boolean {
  const directives = cacheControl.toLowerCase().split(',').map((directive) => directive.trim().split('=')[0]);
  const kept = directives.includes('public') || directives.includes('s-maxage');
  return kept && !directives.includes('private') && !directives.includes('no-store');
}

const META = /<meta name="(?:sentry-trace|baggage|traceparent)" content="[^"]*"\s*\/?>\n?/g;

/** The page without the tags by which a browser would continue its trace. They stand at the beginning of the head. */
export function withoutTrace(page: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let head = '';
  let through = false;
  const strip = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      if (through) return controller.enqueue(piece);
      head += decoder.decode(piece, { stream: true });
      if (!head.includes('</head>')) return undefined;
      through = true;
      controller.enqueue(encoder.encode(head.replace(META, '')));
      return undefined;
    },
    flush(controller) {
      if (!through) controller.enqueue(encoder.encode((head + decoder.decode()).replace(META, '')));
    },
  });
  return page.pipeThrough(strip);
}
