// A trace as it fills: asked of the inspector again and again, ever more seldom once it is whole.
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { pause } from '../client/pause.ts';
import { type Trace, TraceService } from '../gen/throughline/inspector/v1/inspector_pb.ts';
import { isWhole } from './model.ts';

export interface FollowLimits {
  /** Between two questions, in milliseconds; twice as long each time that the trace is whole. */
  readonly everyMs: number;
  /** How long it is asked for, in milliseconds. */
  readonly untilMs: number;
}

export const FOLLOW_LIMITS: FollowLimits = { everyMs: 1_000, untilMs: 60_000 };

/** What is known of a trace by now. */
export type Following =
  | { readonly state: 'waiting' }
  /** None of it came in all the time that it may take. */
  | { readonly state: 'nothing' }
  | { readonly state: 'filling' | 'quiet'; readonly trace: Trace }
  | { readonly state: 'failed'; readonly why: string };

/**
 * Says what is known of a trace each time that it is asked, until its time is up or `signal` ends it. It goes on when all spans are
 * there: services send the log lines of a trace seconds after its spans, and a worker may take up its thread.
 */
export async function follow(
  inspectorUrl: string,
  traceId: string,
  signal: AbortSignal,
  say: (following: Following) => void,
  limits: FollowLimits = FOLLOW_LIMITS,
): Promise<void> {
  // Untraced: looking at a trace makes none.
  const client = createClient(TraceService, createGrpcWebTransport({ baseUrl: inspectorUrl, defaultTimeoutMs: 10_000 }));
  const trace = { ref: { case: 'id' as const, value: traceId } };
  let nothing = true;
  let whole = false;
  let everyMs = limits.everyMs;
  for (const until = Date.now() + limits.untilMs; !signal.aborted; ) {
    try {
      const { trace: found } = await client.getTrace({ trace }, { signal });
      nothing = nothing && !found;
      // A browser sends its spans after some seconds: what hangs under nothing waits for them.
      whole = found !== undefined && found.quiet && isWhole(found);
      if (found) say({ state: whole || (found.quiet && Date.now() > until) ? 'quiet' : 'filling', trace: found });
    } catch (error) {
      const { code, rawMessage } = ConnectError.from(error);
      // What was whole is not taken from its reader.
      if (signal.aborted || whole) return;
      // Nothing of it has come: it may yet.
      if (code === Code.NotFound) say({ state: 'waiting' });
      else return say({ state: 'failed', why: rawMessage });
    }
    if (Date.now() > until) {
      if (nothing) say({ state: 'nothing' });
      return;
    }
    everyMs = whole ? everyMs * 2 : limits.everyMs;
    await pause(everyMs, signal);
  }
}
