//! The command as a process, against servers of this workspace and against
//! servers that fail.
#![allow(clippy::unwrap_used, reason = "tests")]

mod assert;
mod command;
mod commands;
mod graph;
mod import;
mod intake;
mod memory;
mod readme;
mod servers;
mod sources;
mod trace;
mod usage;
