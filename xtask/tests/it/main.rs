//! What must hold of the workspace as a whole.
#![allow(clippy::unwrap_used, reason = "tests")]

mod tidy;
mod workspace;
