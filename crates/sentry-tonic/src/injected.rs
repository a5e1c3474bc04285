//! The mark on a request whose trace headers are settled.

/// Put into a request's extensions by the client layer, so that the `inject`
/// interceptor further inside leaves alone what the layer wrote, or left out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Injected;
