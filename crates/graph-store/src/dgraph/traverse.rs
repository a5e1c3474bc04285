//! Walking: one query for the edges of each piece of a level and the nodes that they lead to.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use throughline_dgraph_client::Dql;
use tokio::sync::mpsc;

use super::{DgraphStore, commit::int, node, row::NodeRow};
use crate::{
    Direction, Edge, Error, Node, Traverse, TraverseBounds, TraversePart, TraverseSummary,
    Unavailable, walk::Walk,
};

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    n: Vec<NodeRow>,
}

pub(super) async fn walk(
    store: &DgraphStore,
    request: Traverse,
    bounds: TraverseBounds,
    parts: mpsc::Sender<TraversePart>,
) -> Result<TraverseSummary, Error> {
    let start: BTreeSet<String> = request.start.iter().cloned().collect();
    let mut found = node::get_many(store, start.iter().cloned()).await?;
    if let Some(missing) = start.iter().find(|id| !found.contains_key(*id)) {
        return Err(Error::no_node(missing));
    }
    let both_ways = request.direction == Direction::Both;
    let (mut walk, sent) = Walk::new(start, both_ways, bounds, &store.limits);
    let mut part = TraversePart {
        nodes: sent.iter().filter_map(|id| found.remove(id)).collect(),
        ..TraversePart::default()
    };
    loop {
        if !part.nodes.is_empty() || !part.edges.is_empty() {
            let left = |_| Error::Unavailable {
                reason: Unavailable::Stopped,
                message: "the caller has left".to_owned(),
            };
            parts.send(part).await.map_err(left)?;
        }
        let Some(piece) = walk.piece() else {
            return Ok(walk.end());
        };
        part = expand(store, &request, &mut walk, &piece).await?;
    }
}

async fn expand(
    store: &DgraphStore,
    request: &Traverse,
    walk: &mut Walk,
    piece: &[String],
) -> Result<TraversePart, Error> {
    let most = walk.most_edges();
    let rows = |it: &Found| {
        it.n.iter()
            .map(|node| node.out.len() + node.into.len())
            .sum()
    };
    let found: Found = store.read(dql(request, most, piece), rows).await?;
    let mut far: HashMap<String, Node> = HashMap::new();
    let mut near: HashMap<String, Vec<Edge>> = HashMap::new();
    for row in found.n {
        let mut edges: Vec<Edge> = Vec::new();
        let sides = [(&row.out, true), (&row.into, false)];
        for (rows, outward) in sides {
            for it in rows {
                if edges.len() >= most {
                    break;
                }
                let other = if outward { &it.target } else { &it.source };
                // One whose end went a moment ago.
                let Some(other) = other.as_ref().filter(|it| !it.id.is_empty()) else {
                    continue;
                };
                let edge = it.edge()?;
                let again = !outward
                    && request.direction == Direction::Both
                    && edge.key.from == edge.key.to;
                let types = &request.node_types;
                if again || !(types.is_empty() || types.contains(&other.node_type)) {
                    continue;
                }
                far.insert(other.id.clone(), other.node()?);
                edges.push(edge);
            }
        }
        near.insert(row.id, edges);
    }
    let edges = piece
        .iter()
        .map(|id| near.remove(id).unwrap_or_default())
        .collect();
    let found = walk.take(piece, edges);
    Ok(TraversePart {
        level: found.level,
        nodes: found.ids.iter().filter_map(|id| far.remove(id)).collect(),
        edges: found.edges,
    })
}

fn dql(request: &Traverse, most: usize, piece: &[String]) -> Dql {
    let mut dql = Dql::new("n(func: eq(tl.id, ");
    dql.values(piece).push(")) { tl.id");
    // Which far nodes are wanted is seen only when they are there. Going both ways, an edge from a node to itself is met
    // twice and counts once.
    let bounded = request.node_types.is_empty();
    let first = int(most as u64 + 1);
    for (goes, begin, end) in [
        (
            request.direction.goes_out(),
            " out: ~tl.source (orderasc: tl.key",
            " { tl.key tl.properties tl.target { tl.id tl.type tl.properties tl.revision } }",
        ),
        (
            request.direction.goes_in(),
            " into: ~tl.target (orderasc: tl.back_key",
            " { tl.key tl.properties tl.source { tl.id tl.type tl.properties tl.revision } }",
        ),
    ] {
        if !goes {
            continue;
        }
        dql.push(begin);
        if bounded {
            dql.push(", first: ").int(first);
        }
        dql.push(")");
        if !request.edge_types.is_empty() {
            dql.push(" @filter(eq(tl.edge_type, ")
                .values(&request.edge_types)
                .push("))");
        }
        dql.push(end);
    }
    dql.push(" }");
    dql
}
