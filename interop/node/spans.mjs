#!/usr/bin/env node
// Sends a span with a child, an error and a log line, by an unmodified SDK that
// streams its spans (v2). Usage: spans.mjs DSN; prints the trace's id.
import * as Sentry from "@sentry/node";

const dsn = process.argv[2];
if (dsn !== "--probe") {
  Sentry.init({ dsn, tracesSampleRate: 1 });
  const traceId = await Sentry.startSpan({ name: "count", op: "task" }, async (span) => {
    Sentry.startSpan({ name: "add", op: "function" }, () => {
      Sentry.captureException(new RangeError("too many"));
      Sentry.logger.info("counted");
    });
    return span.spanContext().traceId;
  });
  if (!(await Sentry.close(10_000))) {
    throw new Error("not all was sent");
  }
  console.log(traceId);
}
