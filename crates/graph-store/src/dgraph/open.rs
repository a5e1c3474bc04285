//! Opening: the version, the schema, and the node that all writes go through.

use std::{sync::Arc, time::SystemTime};

use serde::Deserialize;
use throughline_dgraph_client::{Dgraph, Dql, Error as Fault, Mutation, Options, Subject};
use tokio::sync::watch;

use super::{
    DgraphStore, fault,
    guess::Last,
    layout::{self, Difference, META, Predicate, STATE, TURN},
    row::{META_BLOCK, Meta, MetaRow, State},
};
use crate::{Error, Limits};

/// How a graph in Dgraph is opened.
#[derive(Debug)]
pub struct DgraphOptions {
    /// Where it is, and who asks.
    pub client: Options,
    /// The bounds of requests.
    pub limits: Limits,
    /// The bounds of this backend.
    pub dgraph: DgraphLimits,
    /// The clock.
    pub now: fn() -> SystemTime,
}

impl DgraphOptions {
    /// With the defaults.
    pub fn new(client: Options) -> Self {
        Self {
            client,
            limits: Limits::default(),
            dgraph: DgraphLimits::default(),
            now: SystemTime::now,
        }
    }
}

/// The bounds of the Dgraph backend.
#[derive(Clone, Debug)]
pub struct DgraphLimits {
    /// Nodes that are read at once where a filter has to be looked at node by node.
    pub list_piece: usize,
    /// Nodes that one page of a list may look at.
    pub list_scan: usize,
    /// How often a write is planned anew because another was faster.
    pub overtaken: usize,
    /// How often a path is looked for anew because it was gone before it was answered.
    pub path_retries: usize,
    /// Parts of the feed that are looked through for a change of the wanted types in one call.
    pub feed_parts: usize,
    /// Parts of the feed that an export goes back over.
    pub export_parts: usize,
}

impl Default for DgraphLimits {
    fn default() -> Self {
        Self {
            list_piece: 1_000,
            list_scan: 1_000_000,
            overtaken: 64,
            path_retries: 5,
            feed_parts: 64,
            export_parts: 100_000,
        }
    }
}

/// Why a graph in Dgraph could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DgraphOpenError {
    /// Dgraph cannot be used, or refuses.
    #[error(transparent)]
    Dgraph(#[from] Fault),
    /// A predicate of ours is of another type.
    #[error(
        "Dgraph has the predicate \"{found}\", and this graph needs \"{wanted}\"; drop it, or use another namespace"
    )]
    Predicate {
        /// What is there.
        found: String,
        /// What should be.
        wanted: &'static str,
    },
    /// It was written by a newer program.
    #[error(
        "the graph in Dgraph has the layout {found}, and this program knows {known}; use a newer one"
    )]
    Newer {
        /// Its layout.
        found: u64,
        /// The newest that is known.
        known: u64,
    },
    /// What is there cannot be read.
    #[error(transparent)]
    Store(#[from] Error),
}

#[derive(Deserialize)]
struct Schema {
    #[serde(default)]
    schema: Vec<Predicate>,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    meta: Vec<MetaRow>,
}

impl DgraphStore {
    /// Opens the graph, and makes it if it is not there.
    pub async fn open(options: DgraphOptions) -> Result<Self, DgraphOpenError> {
        let dgraph = Dgraph::new(options.client)?;
        let version = dgraph.version().await?;
        migrate(&dgraph).await?;
        let meta = begin(&dgraph).await?;
        let (found, known) = (meta.state.version, layout::VERSION);
        if found > known {
            return Err(DgraphOpenError::Newer { found, known });
        }
        tracing::info!(version, "a graph in Dgraph was opened");
        Ok(Self {
            dgraph,
            limits: Arc::new(options.limits),
            bounds: options.dgraph,
            now: options.now,
            turn: tokio::sync::Mutex::new(Last::opened(meta)),
            commits: watch::Sender::new(0),
        })
    }
}

/// Puts the schema right, and says first what that changes.
async fn migrate(dgraph: &Dgraph) -> Result<(), DgraphOpenError> {
    let schema: Schema = dgraph.read().schema().await?.blocks()?;
    let mut missing = false;
    for difference in layout::differences(&schema.schema) {
        match difference {
            Difference::Other(wanted, found) => {
                return Err(DgraphOpenError::Predicate { found, wanted });
            }
            Difference::Missing(line) => {
                tracing::info!(
                    predicate = line,
                    "Dgraph's schema lacks a predicate: it will be added"
                );
                missing = true;
            }
        }
    }
    if missing {
        dgraph.alter(layout::SCHEMA).await?;
    }
    Ok(())
}

/// The node that all writes go through, which is made if it is not there.
async fn begin(dgraph: &Dgraph) -> Result<Meta, DgraphOpenError> {
    let mut attempt = 0;
    loop {
        let answer = dgraph.read().query(Dql::new(META_BLOCK)).await?;
        let found: Found = answer.blocks()?;
        if !found.meta.is_empty() {
            return Ok(Meta::of(found.meta)?);
        }
        let state = State {
            version: layout::VERSION,
            identity: super::write::random(),
            ..State::default()
        };
        let state = serde_json::to_string(&state).map_err(|_| fault::damaged("the state"))?;
        let mut mutation = Mutation::only_if("@if(eq(len(m), 0))");
        mutation.set(Subject::New(0), META, "graph");
        mutation.set(Subject::New(0), TURN, 1);
        mutation.set(Subject::New(0), STATE, state);
        let query = Dql::new("m as var(func: eq(tl.meta, \"graph\"))");
        attempt += 1;
        match dgraph.upsert(query, vec![mutation]).await {
            // Somebody else has begun it.
            Err(Fault::Aborted) if attempt < 10 => {}
            other => drop(other?),
        }
    }
}
