// A trace as it fills: asked of the inspector again and again until it is quiet.
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { type Trace, TraceService } from '../gen/throughline/inspector/v1/inspector_pb.ts';
import { isWhole } from './model.ts';

export interface FollowLimits {
  /** Between two questions, in milliseconds. */
  readonly everyMs: number;
  /** How long a trace may take to be quiet, in milliseconds. */
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

/** Says what is known of a trace each time that it is asked, until it is quiet or `signal` ends it. */
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
  for (const until = Date.now() + limits.untilMs; !signal.aborted; ) {
    try {
      const { trace: found } = await client.getTrace({ trace }, { signal });
      nothing = nothing && !found;
      // A browser sends its spans after some seconds: what hangs under nothing waits for them.
      const whole = found?.quiet && isWhole(found);
      if (found) say({ state: whole || (found.quiet && Date.now() > until) ? 'quiet' : 'filling', trace: found });
      if (whole) return;
    } catch (error) {
      const { code, rawMessage } = ConnectError.from(error);
      if (signal.aborted) return;
      // Nothing of it has come: it may yet.
      if (code === Code.NotFound) say({ state: 'waiting' });
      else return say({ state: 'failed', why: rawMessage });
    }
    if (Date.now() > until) {
      if (nothing) say({ state: 'nothing' });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, limits.everyMs));
  }
}
