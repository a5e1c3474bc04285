//! GetNode, SearchNodes, FindPath, GetStats.

use throughline_api::graph::v1 as proto;
use throughline_graph_store::{
    Error, FindPath, GetNode, ListNodes, NodeBatch, NodePage, NodeWithEdges, Path, SearchHit,
    SearchNodes, SearchPage, Stats, TypeCount,
};

use super::graph::{count_from, direction_from, edge_to, node_to};
use crate::mask::NodeMask;

pub(crate) fn get_node_from(request: proto::GetNodeRequest) -> Result<GetNode, Error> {
    Ok(GetNode {
        id: request.id,
        include_edges: request.include_edges,
        max_edges: count_from("max_edges", request.max_edges)?,
    })
}

pub(crate) fn get_node_to(found: NodeWithEdges, mask: &NodeMask) -> proto::GetNodeResponse {
    proto::GetNodeResponse {
        node: Some(mask.apply(node_to(found.node))),
        outgoing: found.outgoing.into_iter().map(edge_to).collect(),
        incoming: found.incoming.into_iter().map(edge_to).collect(),
        edges_truncated: found.edges_truncated,
    }
}

pub(crate) fn batch_to(found: NodeBatch, mask: &NodeMask) -> proto::BatchGetNodesResponse {
    let nodes = found.nodes.into_iter().map(node_to);
    proto::BatchGetNodesResponse {
        nodes: nodes.map(|node| mask.apply(node)).collect(),
        missing: found.missing,
    }
}

pub(crate) fn list_from(request: proto::ListNodesRequest) -> Result<ListNodes, Error> {
    Ok(ListNodes {
        filter: request.filter,
        order_by: request.order_by,
        page_size: count_from("page_size", request.page_size)?,
        page_token: request.page_token,
    })
}

pub(crate) fn list_to(page: NodePage, mask: &NodeMask) -> proto::ListNodesResponse {
    let nodes = page.nodes.into_iter().map(node_to);
    proto::ListNodesResponse {
        nodes: nodes.map(|node| mask.apply(node)).collect(),
        next_page_token: page.next_page_token,
    }
}

pub(crate) fn search_from(request: proto::SearchNodesRequest) -> Result<SearchNodes, Error> {
    Ok(SearchNodes {
        query: request.query,
        types: request.types,
        page_size: count_from("page_size", request.page_size)?,
        page_token: request.page_token,
    })
}

pub(crate) fn search_to(page: SearchPage) -> proto::SearchNodesResponse {
    proto::SearchNodesResponse {
        hits: page.hits.into_iter().map(hit_to).collect(),
        next_page_token: page.next_page_token,
    }
}

fn hit_to(hit: SearchHit) -> proto::SearchHit {
    let position = |at| i32::try_from(at).unwrap_or(i32::MAX);
    let highlights = hit.highlights.into_iter().map(|highlight| {
        let ranges = highlight.ranges.iter().map(|range| proto::TextRange {
            start: position(range.start),
            end: position(range.end),
        });
        proto::Highlight {
            ranges: ranges.collect(),
            property: highlight.property,
            snippet: highlight.snippet,
        }
    });
    proto::SearchHit {
        highlights: highlights.collect(),
        node: Some(node_to(hit.node)),
        score: hit.score,
    }
}

pub(crate) fn path_from(request: proto::FindPathRequest) -> Result<FindPath, Error> {
    Ok(FindPath {
        direction: direction_from("direction", request.direction)?,
        max_depth: count_from("max_depth", request.max_depth)?,
        from: request.from,
        to: request.to,
        edge_types: request.edge_types,
        node_types: request.node_types,
    })
}

pub(crate) fn path_to(path: Option<Path>) -> proto::FindPathResponse {
    let found = path.is_some();
    let path = path.unwrap_or_default();
    proto::FindPathResponse {
        found,
        nodes: path.nodes.into_iter().map(node_to).collect(),
        edges: path.edges.into_iter().map(edge_to).collect(),
    }
}

pub(crate) fn stats_to(stats: Stats) -> proto::GetStatsResponse {
    proto::GetStatsResponse {
        node_count: number(stats.node_count),
        edge_count: number(stats.edge_count),
        node_types: stats.node_types.into_iter().map(type_count_to).collect(),
        edge_types: stats.edge_types.into_iter().map(type_count_to).collect(),
    }
}

fn type_count_to(count: TypeCount) -> proto::TypeCount {
    proto::TypeCount {
        r#type: count.name,
        count: number(count.count),
    }
}

/// A count as the protocol has it.
pub(super) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
