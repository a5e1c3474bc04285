//! The graph service: `throughline.graph.v1` over a [`GraphStore`].
//!
//! Handlers are thin: convert and check the shape of the request, ask the store,
//! convert the answer; one place turns errors into gRPC statuses with
//! `google.rpc` details. Must not know which store it serves from, nor the Sentry
//! SDK: tracing and the server's frame are service-kit's.
//!
//! ```
//! use throughline_graph::{WriteToken, graph_service};
//! use throughline_graph_store::{PlainRunner, SqliteOptions, SqliteStore};
//!
//! let folder = tempfile::tempdir().unwrap();
//! let path = folder.path().join("graph.db");
//! let store = SqliteStore::open(&path, SqliteOptions::default(), PlainRunner).unwrap();
//! let service = graph_service(store, WriteToken::new("secret"));
//! # drop(service);
//! ```
//!
//! [`GraphStore`]: throughline_graph_store::GraphStore

mod api;
mod convert;
mod dgraph;
mod export;
mod faulty;
mod import;
mod limits;
mod location;
mod mask;
mod options;
mod parts;
mod runner;
mod status;
mod steps;
mod token;
mod watch;

pub use self::{
    api::{GraphApi, graph_service, graph_service_within},
    dgraph::open_dgraph,
    faulty::Faulty,
    limits::Limits,
    location::StoreLocation,
    options::{DgraphFlags, Options},
    parts::Parts,
    runner::KitRunner,
    token::WriteToken,
};
