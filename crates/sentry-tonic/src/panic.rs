//! Panics of the code that a layer runs: caught, so that the caller gets an
//! answer and the call an end.
//!
//! Useless under `panic = "abort"`, which leaves nothing to catch. Does not
//! report: that is `sdk`'s.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

use crate::status::scrub;

/// What a panic was thrown with.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Runs `f`. What it panics with comes back as the error.
///
/// Unwind safety is asserted because whatever panicked is dropped, never
/// polled or called again.
pub(crate) fn catch<R>(f: impl FnOnce() -> R) -> Result<R, Payload> {
    panic::catch_unwind(AssertUnwindSafe(f))
}

/// Lets a caught panic go on, past the panic hook, which has seen it.
pub(crate) fn resume(payload: Payload) -> ! {
    panic::resume_unwind(payload)
}

/// The text of a panic, if it has one.
pub(crate) fn message(payload: &Payload, max_bytes: usize) -> String {
    let text = payload
        .downcast_ref::<&'static str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("Box<dyn Any>");
    scrub(text, max_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_panic_is_kept_within_bounds() {
        let text = |payload: Payload| message(&payload, 8);
        assert_eq!(text(Box::new("stone")), "stone");
        assert_eq!(text(Box::new("stone and clay".to_owned())), "stone an");
        assert_eq!(text(Box::new(7)), "Box<dyn ");
    }
}
