//! The command as a process, against servers of this workspace and against
//! servers that fail.
#![allow(clippy::unwrap_used, reason = "tests")]

mod assert;
mod bad_input;
mod broken_store;
mod command;
mod commands;
mod graph;
mod health;
mod import;
mod intake;
mod memory;
mod readme;
mod relay;
mod servers;
mod sources;
mod stack;
mod trace;
mod usage;
