//! Traverse.

use throughline_api::graph::v1 as proto;
use throughline_graph_store::{Error, Traverse, TraversePart, TraverseSummary};

use super::{
    graph::{count_from, direction_from, edge_to, node_to},
    query::number,
};

pub(crate) fn traverse_from(request: proto::TraverseRequest) -> Result<Traverse, Error> {
    Ok(Traverse {
        direction: direction_from("direction", request.direction)?,
        max_depth: count_from("max_depth", request.max_depth)?,
        max_fan_out: count_from("max_fan_out", request.max_fan_out)?,
        max_nodes: count_from("max_nodes", request.max_nodes)?,
        start: request.start,
        edge_types: request.edge_types,
        node_types: request.node_types,
    })
}

pub(crate) fn part_to(part: TraversePart) -> proto::TraverseResponse {
    proto::TraverseResponse {
        level: i32::try_from(part.level).unwrap_or(i32::MAX),
        nodes: part.nodes.into_iter().map(node_to).collect(),
        edges: part.edges.into_iter().map(edge_to).collect(),
        summary: None,
    }
}

pub(crate) fn summary_to(summary: TraverseSummary) -> proto::TraverseResponse {
    let levels = i32::try_from(summary.levels).unwrap_or(i32::MAX);
    proto::TraverseResponse {
        level: levels.saturating_sub(1),
        summary: Some(proto::TraverseSummary {
            node_count: number(summary.node_count),
            edge_count: number(summary.edge_count),
            levels,
            cut_by_depth: summary.cut_by_depth,
            cut_by_nodes: summary.cut_by_nodes,
            cut_by_fan_out: summary.cut_by_fan_out,
        }),
        ..proto::TraverseResponse::default()
    }
}
