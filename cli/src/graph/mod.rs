//! `graph`: questions to the graph service, each the head of a trace.

mod draw;
mod export;
mod get;
mod head;
mod list;
mod mutate;
mod path;
mod resolve;
mod schema;
mod search;
mod service;
mod stats;
mod traverse;
mod watch;

pub(crate) use export::each_part;
pub(crate) use head::run;
pub(crate) use service::Graph;
