// Repeats what may be repeated: a call that changes nothing, or says so by an idempotency key, that found nobody there.
import { Code, ConnectError, type Interceptor, type UnaryRequest } from '@connectrpc/connect';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';

export interface RetryLimits {
  /** Attempts in all. */
  readonly attempts: number;
  /** The pause before the second attempt, in milliseconds; it doubles from then on. */
  readonly pauseMs: number;
  /** The longest pause, in milliseconds. */
  readonly longestPauseMs: number;
}

export const RETRY_LIMITS: RetryLimits = { attempts: 3, pauseMs: 100, longestPauseMs: 2_000 };

export function retryInterceptor(limits: RetryLimits = RETRY_LIMITS): Interceptor {
  return (next) => async (request) => {
    if (request.stream || !isSafe(request)) return next(request);
    for (let attempt = 1; ; attempt++) {
      try {
        return await next(request);
      } catch (error) {
        if (attempt >= limits.attempts || request.signal.aborted || ConnectError.from(error).code !== Code.Unavailable) throw error;
        await pause(Math.min(limits.pauseMs * 2 ** (attempt - 1), limits.longestPauseMs), request.signal);
      }
    }
  };
}

/** Whether calling twice does no more than calling once. */
export function isSafe(request: UnaryRequest): boolean {
  if (request.method.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN) return true;
  return 'idempotencyKey' in request.message && request.message.idempotencyKey !== '';
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
}
