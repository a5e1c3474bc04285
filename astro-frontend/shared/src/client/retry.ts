// Repeats what may be repeated: a unary call that changes nothing, or says so by an idempotency key, and found nobody there.
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type Interceptor, type UnaryRequest } from '@connectrpc/connect';
import { RetryInfoSchema } from '../gen/google/rpc/error_details_pb.ts';
import { httpStatus } from './http.ts';
import { pause } from './pause.ts';

export interface RetryLimits {
  /** Attempts in all. */
  readonly attempts: number;
  /** The pause before the second attempt, in milliseconds; it doubles from then on. */
  readonly pauseMs: number;
  /** The longest pause, in milliseconds; a server that asks for a longer one is not asked again. */
  readonly longestPauseMs: number;
}

export const RETRY_LIMITS: RetryLimits = { attempts: 3, pauseMs: 100, longestPauseMs: 2_000 };

/** Methods that only read, as the API Improvement Proposals name them (AIP-131, -132, -136, -231). */
const READS = /^(Get|BatchGet|List|Search|Find)/;

/** Whether calling twice does no more than calling once. */
export function isSafe(request: UnaryRequest): boolean {
  if (request.method.idempotency !== MethodOptions_IdempotencyLevel.IDEMPOTENCY_UNKNOWN) return true;
  if (READS.test(request.method.name)) return true;
  return 'idempotencyKey' in request.message && request.message.idempotencyKey !== '';
}

/** Attempts share the call's deadline: the header says what is left of it. */
export function retryInterceptor(limits: RetryLimits = RETRY_LIMITS): Interceptor {
  return (next) => async (request) => {
    if (request.stream || !isSafe(request)) return next(request);
    const started = Date.now();
    const budget = timeoutMs(request.header.get(TIMEOUT));
    for (let attempt = 1; ; attempt++) {
      try {
        return await next(request);
      } catch (error) {
        const wait = pauseBefore(attempt, error, limits);
        if (wait === undefined || request.signal.aborted) throw error;
        const left = budget === undefined ? undefined : budget - (Date.now() - started) - wait;
        if (left !== undefined && left <= 0) throw error;
        await pause(wait, request.signal);
        if (request.signal.aborted) throw error;
        if (left !== undefined) request.header.set(TIMEOUT, `${Math.ceil(left)}m`);
      }
    }
  };
}

const TIMEOUT = 'grpc-timeout';

/** A deadline as the transport writes it, in milliseconds. */
function timeoutMs(header: string | null): number | undefined {
  const said = /^(\d+)m$/.exec(header ?? '')?.[1];
  return said === undefined ? undefined : Number(said);
}

/** How long to wait after the attempt that failed; nothing: it was the last one. */
function pauseBefore(attempt: number, thrown: unknown, limits: RetryLimits): number | undefined {
  const error = ConnectError.from(thrown);
  // Who limits calls by HTTP is not to be asked again at once.
  if (httpStatus(error) === 429) return undefined;
  if (attempt >= limits.attempts || !(error.code === Code.Unavailable || unreached(error))) return undefined;
  const asked = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  if (asked) {
    const ms = Number(asked.seconds) * 1_000 + asked.nanos / 1_000_000;
    return ms > limits.longestPauseMs ? undefined : ms;
  }
  const full = Math.min(limits.pauseMs * 2 ** (attempt - 1), limits.longestPauseMs);
  // Half of it by chance, so that many pages do not return at once.
  return full / 2 + (Math.random() * full) / 2;
}

/** `fetch` found nobody: a browser says no more than a TypeError. */
function unreached(error: ConnectError): boolean {
  return error.code === Code.Unknown && error.cause instanceof TypeError;
}
