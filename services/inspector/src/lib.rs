//! The inspector: a Sentry-protocol collector that shows a trace and says why it broke.
