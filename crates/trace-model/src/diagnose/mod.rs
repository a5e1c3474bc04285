//! Says why a trace is not whole.
use crate::{Diagnosis, TraceTree};
pub(crate) fn diagnose(_tree: &TraceTree) -> Vec<Diagnosis> {
    Vec::new()
}
