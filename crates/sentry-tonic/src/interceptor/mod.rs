//! Interceptors, for where a layer cannot be put.
//!
//! A server interceptor sees neither the path nor the response, a client
//! interceptor no URI: they carry the trace and record nothing. Anything more
//! needs the layers.

mod extract;
mod inject;

pub use crate::sdk::Scoped;
pub use extract::{InScope, extract};
pub use inject::{Inject, inject};
