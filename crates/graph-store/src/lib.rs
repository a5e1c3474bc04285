//! A typed property graph behind one trait, and its SQLite backend.
//!
//! [`GraphStore`] says what a graph is on every backend; the request types check
//! themselves against [`Limits`], so that a backend only has to store. Knows
//! nothing of gRPC, of the Sentry SDK or of the service that uses it: it emits
//! `tracing` spans, and its blocking work is run by whoever opened it.
//!
//! ```
//! use throughline_graph_store::{
//!     ApplyMutations, Change, GraphStore, Mutation, Node, PlainRunner, SqliteOptions, SqliteStore,
//! };
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let folder = tempfile::tempdir().unwrap();
//! let path = folder.path().join("graph.db");
//! let store = SqliteStore::open(&path, SqliteOptions::default(), PlainRunner).unwrap();
//!
//! let put = Mutation::from(Change::PutNode(Node::new("crate:serde@1.0.0", "Crate")));
//! let request = ApplyMutations { mutations: vec![put], ..ApplyMutations::default() };
//! let applied = store.apply_mutations(request).await.unwrap();
//! assert!(applied.results[0].changed);
//! assert_eq!(store.stats().await.unwrap().node_count, 1);
//! # });
//! ```

mod bfs;
mod changes;
mod check;
mod codec;
mod dgraph;

mod error;
mod filter;
mod fit;
mod highlight;
mod limits;
mod model;
mod page;
mod plan;
mod request;
mod runner;
mod sqlite;
mod store;
mod untraced;
mod walk;
mod words;

pub use self::{
    dgraph::{DgraphLimits, DgraphOpenError, DgraphOptions, DgraphStore},
    error::{Error, Unavailable, Violation},
    filter::{Comparator, Field, Filter, Order, OrderKey, Term},
    limits::Limits,
    model::{Direction, Edge, EdgeKey, Node, Properties, Timestamp, Value},
    request::{
        Applied, ApplyMutations, BatchGetNodes, Change, ChangesPart, EdgeType, ExportGraph,
        ExportPart, FindPath, GetNode, Highlight, ImportBatch, ImportStep, Imported, ListNodes,
        Mutation, MutationResult, NodeBatch, NodePage, NodeType, NodeWithEdges, Path, Precondition,
        PropertyType, ReadChanges, ReadImport, Schema, SearchHit, SearchNodes, SearchPage, Stats,
        TextRange, Traverse, TraverseBounds, TraversePart, TraverseSummary, TypeCount,
        UpdateSchema, ValueType,
    },
    runner::{PlainRunner, RunBlocking, RunError},
    sqlite::{Drill, Drilled, OpenError, SqliteLimits, SqliteOptions, SqliteStore},
    store::GraphStore,
    untraced::{traced_at_most, untraced},
    words::{Word, words},
};
