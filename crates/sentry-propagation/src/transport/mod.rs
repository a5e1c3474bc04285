//! The transport that never holds up a call.
