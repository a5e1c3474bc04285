//! What is asked of a store and what it answers, call by call.
//!
//! Every request has a `check` that names the field at fault as the protocol
//! does; a backend calls it first and may rely on it afterwards.

mod batch;
mod export;
mod feed;
mod import;
mod list;
mod mutation;
mod node;
mod path;
mod schema;
mod search;
mod stats;
mod traverse;

pub use self::{
    batch::{BatchGetNodes, NodeBatch},
    export::{ExportGraph, ExportPart},
    feed::{ChangesPart, ReadChanges},
    import::{ImportBatch, ImportStep, Imported, ReadImport},
    list::{ListNodes, NodePage},
    mutation::{Applied, ApplyMutations, Change, Mutation, MutationResult, Precondition},
    node::{GetNode, NodeWithEdges},
    path::{FindPath, Path},
    schema::{EdgeType, NodeType, PropertyType, Schema, UpdateSchema, ValueType},
    search::{Highlight, SearchHit, SearchNodes, SearchPage, TextRange},
    stats::{Stats, TypeCount},
    traverse::{Traverse, TraverseBounds, TraversePart, TraverseSummary},
};
