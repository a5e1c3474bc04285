// Puts a span around each call, and has the call's request sent inside it.
import { Code, ConnectError, createContextKey, type Interceptor } from '@connectrpc/connect';
import { CallSpan } from './call-span.ts';
import type { SentryApi, SentrySource, Span } from './sentry-api.ts';

/** Under which span a call stands, where that is not the active one: in a browser no span is active after an `await`. */
export const parentSpan = createContextKey<Span | undefined>(undefined, {
  description: 'the span under which a call stands',
});

/** A call's span, by the signal that its request carries down to `fetch`. */
const spans = new WeakMap<AbortSignal, Span>();

/**
 * The span of each call: from its start until its answer or the last message of its stream, an error, or its abort.
 *
 * Ends by the signal too, for a loop that is left early calls nothing of the stream.
 */
export function tracingInterceptor(source: SentrySource): Interceptor {
  return (next) => async (request) => {
    const sentry = source();
    if (!sentry) return next(request);
    const name = { service: request.service.typeName, method: request.method.name, url: request.url };
    const call = new CallSpan(sentry, name, request.contextValues.get(parentSpan));
    const fail = (reason: unknown): void => call.end(failure(reason));
    const aborted = (): void => fail(request.signal.reason);
    spans.set(request.signal, call.span);
    request.signal.addEventListener('abort', aborted, { once: true });
    try {
      const response = await startedIn(sentry, call.span, () => next(request));
      if (!response.stream) {
        call.end(undefined);
        return response;
      }
      return { ...response, message: watched(response.message, () => call.end(undefined), fail) };
    } catch (error) {
      // An abort is told by its reason: fetch throws an error of its own.
      fail(request.signal.aborted ? request.signal.reason : error);
      throw error;
    }
  };
}

/** `fetch` inside the span of the call it belongs to. Looks the global one up late: an SDK may replace it. */
export function tracedFetch(source: SentrySource): typeof globalThis.fetch {
  return (input, init) => {
    const span = init?.signal ? spans.get(init.signal) : undefined;
    const sentry = source();
    if (!span || !sentry) return globalThis.fetch(input, init);
    return startedIn(sentry, span, () => globalThis.fetch(input, init)).catch(unlessLeft);
  };
}

/** A browser fails what is under way a moment before it says that the page is left: so long, in milliseconds, is waited for that. */
const LEAVING_MS = 50;

/** Fails as the request did, unless the page is gone by then: who leaves has cancelled. */
async function unlessLeft(error: unknown): Promise<never> {
  if (error instanceof TypeError && typeof document !== 'undefined') await new Promise((resolve) => setTimeout(resolve, LEAVING_MS));
  throw error;
}

/**
 * Starts `work` with the span as the active one. The promise is kept from the SDK, which in a browser would leave the
 * span active for everybody until it settles.
 */
function startedIn<T>(sentry: SentryApi, span: Span, work: () => Promise<T>): Promise<T> {
  let started: Promise<T> | undefined;
  sentry.withActiveSpan(span, () => {
    started = work();
  });
  return started ?? Promise.reject(new Error('the SDK did not run what it was given'));
}

function failure(reason: unknown): { code: Code; message: string } {
  if (reason instanceof DOMException && reason.name === 'AbortError') return { code: Code.Canceled, message: 'aborted' };
  // A browser says no more of a server that it cannot reach, or of one that lets it in to nothing.
  if (reason instanceof TypeError) return { code: Code.Unavailable, message: reason.message };
  const error = ConnectError.from(reason);
  return { code: error.code, message: error.rawMessage };
}

async function* watched<T>(messages: AsyncIterable<T>, done: () => void, fail: (reason: unknown) => void): AsyncGenerator<T> {
  try {
    yield* messages;
    done();
  } catch (error) {
    fail(error);
    throw error;
  }
}
