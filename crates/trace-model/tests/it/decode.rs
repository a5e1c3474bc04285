//! Envelopes as unmodified clients send them.
use crate::scene::trace_id;
#[test]
fn placeholder() {
    assert_eq!(trace_id("a").len(), 32);
}
