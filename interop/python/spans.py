"""Sends a transaction with a child, an error and a log line, by an unmodified SDK.

Usage: spans.py DSN; prints the trace's id.
"""

import sys

import sentry_sdk


def main() -> None:
    sentry_sdk.init(dsn=sys.argv[1], traces_sample_rate=1.0, enable_logs=True)
    with sentry_sdk.start_transaction(op="task", name="count") as transaction:
        with sentry_sdk.start_span(op="function", name="add"):
            try:
                raise OverflowError("too many")
            except OverflowError as error:
                sentry_sdk.capture_exception(error)
            sentry_sdk.logger.info("counted")
    sentry_sdk.flush(timeout=10)
    print(transaction.trace_id)


if __name__ == "__main__":
    main()
