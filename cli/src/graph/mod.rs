//! `graph`: questions to the graph service, each the head of a trace.

mod draw;
mod get;
mod head;
mod path;
mod resolve;
mod search;
mod service;
mod stats;

pub(crate) use head::run;
pub(crate) use service::Graph;
