// Who tells of a failure, so that one failure is one event.
import { Code, ConnectError } from '@connectrpc/connect';

/** What a traced server tells of itself: these are its own failures, not its caller's. */
const SERVERS = new Set([Code.Unknown, Code.Internal, Code.Unavailable, Code.DataLoss]);

/**
 * Whether an error came as a status of which the server that sent it has told already. Where all servers are traced, such as
 * `sentry-tonic` does it, the caller need not tell of it again: `new Actions(sentry, pageLoad, { captures: (error) => !isReported(error) })`.
 * What the caller found by itself, such as that nobody answered, nobody else tells.
 */
export function isReported(error: unknown): boolean {
  return error instanceof ConnectError && SERVERS.has(error.code) && error.metadata.has('grpc-status');
}
