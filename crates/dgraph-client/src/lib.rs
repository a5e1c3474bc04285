//! A client of Dgraph's gRPC API, `api.Dgraph`, on the workspace's tonic.
//!
//! Several alphas, each with one channel and asked by `CheckVersion` after it failed; what goes with a call (its trace,
//! its deadline) comes from a [`Carrier`]; transactions carry `start_ts`, `hash`, `keys` and `preds` as Dgraph wants it,
//! and are discarded when they are dropped; errors are told apart. A statement's text is constant ([`Dql`]), what is
//! written is typed ([`Mutation`]). Each statement is one `tracing` span. It knows no graph of ours and no Sentry SDK.
//!
//! ```no_run
//! use throughline_dgraph_client::{Dgraph, Dql, Mutation, Options, Subject};
//!
//! # async fn run() -> Result<(), throughline_dgraph_client::Error> {
//! let dgraph = Dgraph::new(Options::new(["127.0.0.1:9080"]))?;
//! dgraph.version().await?;
//! dgraph.alter("name: string @index(exact) @upsert .").await?;
//!
//! let mut put = Mutation::default();
//! put.set(Subject::New(0), "name", "Ann");
//! dgraph.upsert(Dql::default(), vec![put]).await?;
//!
//! let mut dql = Dql::new("q(func: eq(name, ");
//! dql.value("Ann").push(")) { uid }");
//! let answer = dgraph.read().query(dql).await?;
//! # drop(answer);
//! # Ok(())
//! # }
//! ```

#[allow(missing_docs, unused_qualifications, reason = "generated code")]
pub mod api {
    //! The messages, and the server's side for doubles.
    tonic::include_proto!("api");
}

mod alpha;
mod answer;
mod client;
mod cluster;
mod connect;
mod dql;
mod error;
mod limits;
mod mutation;
mod options;
mod read;
mod rpc;
mod session;
mod shared;
mod span;
mod transaction;
pub mod transport;
mod version;

pub use self::{
    answer::Answer,
    client::Dgraph,
    dql::{Dql, Identifier},
    error::{Error, Refusal},
    limits::Limits,
    mutation::{Mutation, Subject, Uid, Value},
    options::{Carrier, Login, Nothing, Options, Tls},
    read::Read,
    transaction::Transaction,
};
