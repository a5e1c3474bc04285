//! The shortest path: one query for each level, and one for what is answered, which also tells whether it is still there.

use std::collections::HashMap;

use serde::Deserialize;
use throughline_dgraph_client::Dql;

use super::{
    DgraphStore,
    row::{EdgeRow, NodeRow},
    token,
};
use crate::{
    Direction, EdgeKey, Error, FindPath, Path, Unavailable,
    bfs::{Bounds, Failure, Found, Levels, Side, Step},
};

#[derive(Deserialize)]
struct Blocks {
    #[serde(default)]
    n: Vec<NodeRow>,
    #[serde(default)]
    e: Vec<EdgeRow>,
}

pub(super) async fn find(
    store: &DgraphStore,
    request: &FindPath,
    depth: usize,
) -> Result<Option<Path>, Error> {
    for _ in 0..store.bounds.path_retries {
        let Some(steps) = search(store, request, depth).await? else {
            return Ok(None);
        };
        if let Some(path) = load(store, &request.from, &steps).await? {
            return Ok(Some(path));
        }
    }
    Err(Error::Unavailable {
        reason: Unavailable::Locked,
        message: "each path was gone before it could be answered".to_owned(),
    })
}

async fn search(
    store: &DgraphStore,
    request: &FindPath,
    depth: usize,
) -> Result<Option<Vec<Step>>, Error> {
    let ends = super::node::get_many(store, [request.from.clone(), request.to.clone()]).await?;
    for id in [&request.from, &request.to] {
        if !ends.contains_key(id) {
            return Err(Error::no_node(id));
        }
    }
    if request.from == request.to {
        return Ok(Some(Vec::new()));
    }
    let bounds = Bounds {
        depth,
        edges: store.limits.path_edges,
    };
    let mut levels = Levels::new(&request.from, &request.to, bounds);
    while let Some((side, level)) = levels.next() {
        let (direction, end) = match side {
            Side::Forward => (request.direction, &request.to),
            Side::Backward => (request.direction.reversed(), &request.from),
        };
        let ids = level.iter().map(|it| it.to_string());
        let dql = level_dql(request, direction, ids);
        let rows = |it: &Blocks| {
            it.n.iter()
                .map(|node| node.out.len() + node.into.len())
                .sum()
        };
        let found: Blocks = store.read(dql, rows).await?;
        let mut edges = Vec::new();
        for node in &found.n {
            let out = node.out.iter().map(|row| (row, true, row.target_type()));
            let into = node.into.iter().map(|row| (row, false, row.source_type()));
            for (row, outward, far_type) in out.chain(into) {
                let key = row.key()?;
                let far = if outward { &key.to } else { &key.from };
                let types = &request.node_types;
                if types.is_empty() || far == end || types.iter().any(|it| it == far_type) {
                    edges.push((key, outward));
                }
            }
        }
        let found = edges.iter().map(|(key, outward)| {
            let (near, far) = match outward {
                true => (&key.from, &key.to),
                false => (&key.to, &key.from),
            };
            Found {
                near,
                far,
                edge_type: &key.edge_type,
                outward: *outward,
            }
        });
        match levels.take::<Error>(found) {
            Ok(Some(steps)) => return Ok(Some(steps)),
            Ok(None) => {}
            Err(Failure::Expand(error)) => return Err(error),
            Err(Failure::TooManyEdges) => {
                return Err(Error::Exhausted {
                    limit: "path_edges",
                    allowed: bounds.edges,
                });
            }
        }
    }
    Ok(None)
}

fn level_dql(request: &FindPath, direction: Direction, ids: impl Iterator<Item = String>) -> Dql {
    let mut dql = Dql::new("n(func: eq(tl.id, ");
    dql.values(ids).push(")) { tl.id");
    let typed = !request.node_types.is_empty();
    for (goes, begin, end) in [
        (
            direction.goes_out(),
            " out: ~tl.source",
            if typed {
                " { tl.key tl.target { tl.type } }"
            } else {
                " { tl.key }"
            },
        ),
        (
            direction.goes_in(),
            " into: ~tl.target",
            if typed {
                " { tl.key tl.source { tl.type } }"
            } else {
                " { tl.key }"
            },
        ),
    ] {
        if !goes {
            continue;
        }
        dql.push(begin);
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

/// The nodes and edges of a path; nothing where one of them is gone.
async fn load(store: &DgraphStore, from: &str, steps: &[Step]) -> Result<Option<Path>, Error> {
    let mut ids = vec![from];
    let mut keys = Vec::new();
    for step in steps {
        let at = ids[ids.len() - 1];
        let (source, target) = match step.along {
            true => (at, step.to.as_str()),
            false => (step.to.as_str(), at),
        };
        keys.push(EdgeKey::new(source, &step.edge_type, target));
        ids.push(&step.to);
    }
    let mut dql = Dql::new("n(func: eq(tl.id, ");
    dql.values(ids.iter().copied());
    dql.push(")) { tl.id tl.type tl.properties tl.revision }");
    if !keys.is_empty() {
        dql.push(" e(func: eq(tl.key, ")
            .values(keys.iter().map(token::key));
        dql.push(")) { tl.key tl.properties }");
    }
    let found: Blocks = store
        .read(dql, |it: &Blocks| it.n.len() + it.e.len())
        .await?;
    let mut nodes = HashMap::new();
    for row in &found.n {
        nodes.insert(row.id.as_str(), row.node()?);
    }
    let mut edges = HashMap::new();
    for row in &found.e {
        let edge = row.edge()?;
        edges.insert(edge.key.clone(), edge);
    }
    let nodes = ids
        .iter()
        .map(|id| nodes.get(id).cloned())
        .collect::<Option<Vec<_>>>();
    let edges = keys
        .iter()
        .map(|key| edges.get(key).cloned())
        .collect::<Option<Vec<_>>>();
    Ok(nodes.zip(edges).map(|(nodes, edges)| Path { nodes, edges }))
}
