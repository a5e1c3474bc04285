//! `cargo xtask up`, as someone who has just cloned this runs it.
