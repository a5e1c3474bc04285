//! The contract that every backend keeps, and what is SQLite's own.
//!
//! A second backend adds itself to `contract::suite!` and has to pass.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod backends;
mod capture;
mod contract;
mod costs;
mod dgraph;
mod dgraph_text;
mod differential;
mod fitting;
mod kept;
mod listing;
mod matching;
mod migration;
mod oracle;
mod oracle_feed;
mod oracle_schema;
mod oracle_stats;
mod plans;
mod requests;
mod spans;
mod sqlite;
mod walking;
