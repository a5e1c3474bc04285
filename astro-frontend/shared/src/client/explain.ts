// What an error says to a person: what happened, and what can be done. Knows gRPC's codes and details, no page.
import { Code, ConnectError } from '@connectrpc/connect';
import {
  BadRequestSchema,
  PreconditionFailureSchema,
  QuotaFailureSchema,
  ResourceInfoSchema,
  RetryInfoSchema,
} from '../gen/google/rpc/error_details_pb.ts';
import { httpStatus } from './http.ts';

export interface Explanation {
  readonly code: Code;
  /** What happened, in a sentence. */
  readonly what: string;
  /** What can be done, in a sentence. */
  readonly advice: string;
  /** Each part that was at fault, as `field: what is wrong with it`. */
  readonly parts: readonly string[];
  /** Whether the same again may succeed. */
  readonly retry: boolean;
  /** After how many milliseconds at the earliest, where the server says. */
  readonly retryAfterMs?: number;
  /** Nothing went wrong: it was stopped on purpose. */
  readonly cancelled: boolean;
}

const SAID: Partial<Record<Code, { what: string; advice: string; retry?: boolean }>> = {
  [Code.Canceled]: { what: 'Stopped.', advice: 'Run it again when you like.', retry: true },
  [Code.InvalidArgument]: { what: 'The request does not fit.', advice: 'Correct what is named and try again.' },
  [Code.DeadlineExceeded]: {
    what: 'It took too long and was stopped.',
    advice: 'Ask for less at once, or try again.',
    retry: true,
  },
  [Code.NotFound]: { what: 'It is not there, or no longer.', advice: 'Search for it again; somebody may have removed it.' },
  [Code.AlreadyExists]: { what: 'There is one already.', advice: 'Choose another id.' },
  [Code.PermissionDenied]: { what: 'That is not allowed here.', advice: 'Ask whoever runs this site for the right to do it.' },
  [Code.ResourceExhausted]: { what: 'That is more than may be asked for at once.', advice: 'Narrow it down, or wait a little.', retry: true },
  [Code.FailedPrecondition]: { what: 'The graph is not as this change expects it.', advice: 'Look at it as it is now, then change it.' },
  [Code.Aborted]: { what: 'Somebody changed it at the same time.', advice: 'Compare both versions, then decide.' },
  [Code.OutOfRange]: { what: 'That place is no longer kept.', advice: 'Begin anew.' },
  [Code.Unimplemented]: { what: 'This server cannot do that.', advice: 'It may be older than this page; reload after it was updated.' },
  [Code.Internal]: { what: 'The service failed.', advice: 'Try again; if it stays, report the trace id.', retry: true },
  [Code.Unavailable]: { what: 'The service cannot be reached.', advice: 'Wait a moment and try again.', retry: true },
  [Code.DataLoss]: { what: 'Stored data cannot be read.', advice: 'Report the trace id.' },
  [Code.Unauthenticated]: { what: 'That needs a right to write.', advice: 'This site was started without one; see its README.' },
};

const UNKNOWN = { what: 'Something went wrong.', advice: 'Try again; if it stays, report the trace id.', retry: true };

export function explain(thrown: unknown): Explanation {
  const error = ConnectError.from(thrown);
  const limited = tooMany(error);
  if (limited) return limited;
  const said = SAID[error.code] ?? UNKNOWN;
  const { parts, subject } = details(error);
  const after = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  const network = error.code === Code.Unknown && error.cause instanceof TypeError;
  if (network) return { ...explain(new ConnectError(error.rawMessage, Code.Unavailable)), parts: [] };
  return {
    code: error.code,
    what: subject ? `${said.what} (${subject})` : said.what,
    advice: said.advice,
    parts,
    retry: said.retry ?? false,
    cancelled: error.code === Code.Canceled,
    ...(after && { retryAfterMs: Number(after.seconds) * 1_000 + after.nanos / 1_000_000 }),
  };
}

/** A proxy in front of the gateway says so in HTTP, which knows no gRPC. */
function tooMany(error: ConnectError): Explanation | undefined {
  if (httpStatus(error) !== 429) return undefined;
  const after = Number(error.metadata.get('retry-after') ?? Number.NaN);
  const said = explain(new ConnectError('', Code.ResourceExhausted));
  return after > 0 ? { ...said, retryAfterMs: after * 1_000 } : said;
}

function details(error: ConnectError): { parts: string[]; subject: string } {
  const parts = [
    ...error.findDetails(BadRequestSchema).flatMap((it) => it.fieldViolations.map((of) => part(of.field, of.description))),
    ...error.findDetails(PreconditionFailureSchema).flatMap((it) => it.violations.map((of) => part(of.subject, of.description))),
    ...error.findDetails(QuotaFailureSchema).flatMap((it) => it.violations.map((of) => part(of.subject, of.description))),
  ];
  const resource = error.findDetails(ResourceInfoSchema)[0];
  // Without details the server's own words are the best there is, where they are meant for callers.
  const own = parts.length === 0 && error.code !== Code.Internal && error.code !== Code.Unknown && error.code !== Code.Canceled;
  if (own && !resource && error.rawMessage && httpStatus(error) === undefined) parts.push(error.rawMessage);
  return { parts, subject: resource?.resourceName ?? '' };
}

function part(subject: string, description: string): string {
  return subject ? `${subject}: ${description}` : description;
}
