//! ExportGraph and WatchChanges.

use throughline_api::graph::v1::{self as proto, change};
use throughline_graph_store::{
    Change, ChangesPart, Edge, ExportGraph, ExportPart, Properties, ReadChanges,
};

use super::graph::{edge_to, node_to};

pub(crate) fn export_from(request: proto::ExportGraphRequest) -> ExportGraph {
    ExportGraph {
        node_types: request.node_types,
        edge_types: request.edge_types,
        resume_token: request.resume_token,
    }
}

pub(crate) fn export_to(part: ExportPart) -> proto::ExportGraphResponse {
    proto::ExportGraphResponse {
        nodes: part.nodes.into_iter().map(node_to).collect(),
        edges: part.edges.into_iter().map(edge_to).collect(),
        resume_token: part.resume_token,
        watch_token: part.watch_token,
    }
}

pub(crate) fn changes_from(request: proto::WatchChangesRequest) -> ReadChanges {
    ReadChanges {
        resume_token: request.resume_token,
        node_types: request.node_types,
    }
}

pub(crate) fn changes_to(part: ChangesPart) -> proto::WatchChangesResponse {
    let time = part.committed.map(|time| prost_types::Timestamp {
        seconds: time.seconds,
        nanos: time.nanos,
    });
    proto::WatchChangesResponse {
        changes: part.changes.into_iter().map(change_to).collect(),
        resume_token: part.resume_token,
        commit_time: time,
    }
}

fn change_to(change: Change) -> proto::Change {
    let change = match change {
        Change::PutNode(node) => change::Change::NodePut(node_to(node)),
        Change::DeleteNode(id) => change::Change::NodeDeleted(id),
        Change::PutEdge(edge) => change::Change::EdgePut(edge_to(edge)),
        Change::DeleteEdge(key) => {
            let properties = Properties::new();
            change::Change::EdgeDeleted(edge_to(Edge { key, properties }))
        }
    };
    proto::Change {
        change: Some(change),
    }
}
