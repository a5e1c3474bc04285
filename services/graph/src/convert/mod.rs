//! Between the protocol's messages and the store's types. No rule of the graph is
//! checked here, only what the store's types cannot say; errors name the field.

mod graph;
mod mutation;
mod query;
mod schema;
mod stream;
mod traverse;

pub(crate) use self::{
    graph::{edge_from, node_from},
    mutation::{applied_to, apply_from, import_from},
    query::{
        batch_to, get_node_from, get_node_to, list_from, list_to, path_from, path_to, search_from,
        search_to, stats_to,
    },
    schema::{schema_to, update_schema_from},
    stream::{changes_from, changes_to, export_from, export_to},
    traverse::{part_to, summary_to, traverse_from},
};
