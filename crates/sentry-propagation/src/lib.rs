//! Sentry trace propagation: wire formats, the frozen sampling context, and a transport that never holds up a call.
