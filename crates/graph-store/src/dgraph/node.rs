//! Reading nodes and the edges that touch them.

use std::collections::HashMap;

use serde::Deserialize;
use throughline_dgraph_client::Dql;

use super::{
    DgraphStore,
    row::{EdgeRow, NodeRow},
};
use crate::{Edge, Error, GetNode, Node, NodeWithEdges};

#[derive(Deserialize)]
struct Found {
    #[serde(default)]
    n: Vec<NodeRow>,
}

fn rows(found: &Found) -> usize {
    found.n.len()
}

pub(super) async fn get(
    store: &DgraphStore,
    request: &GetNode,
    edges: usize,
) -> Result<NodeWithEdges, Error> {
    let mut dql = Dql::new("n(func: eq(tl.id, ");
    dql.value(&request.id)
        .push(")) { tl.id tl.type tl.properties tl.revision");
    if request.include_edges {
        // One more than asked for tells whether there are more.
        let most = i64::try_from(edges + 1).unwrap_or(i64::MAX);
        dql.push(" out: ~tl.source (orderasc: tl.key, first: ")
            .int(most);
        dql.push(") { tl.key tl.properties } into: ~tl.target (orderasc: tl.back_key, first: ")
            .int(most);
        dql.push(") { tl.key tl.properties }");
    }
    dql.push(" }");
    let mut found: Found = store.read(dql, rows).await?;
    let found = found.n.pop().ok_or_else(|| Error::no_node(&request.id))?;
    let mut answer = NodeWithEdges {
        node: found.node()?,
        outgoing: all(&found.out)?,
        incoming: all(&found.into)?,
        edges_truncated: false,
    };
    for side in [&mut answer.outgoing, &mut answer.incoming] {
        answer.edges_truncated |= side.len() > edges;
        side.truncate(edges);
    }
    Ok(answer)
}

pub(super) fn all(rows: &[EdgeRow]) -> Result<Vec<Edge>, Error> {
    rows.iter().map(EdgeRow::edge).collect()
}

/// The nodes with these ids, as far as they exist.
pub(super) async fn get_many(
    store: &DgraphStore,
    ids: impl IntoIterator<Item = String> + Send,
) -> Result<HashMap<String, Node>, Error> {
    let mut ids = ids.into_iter().peekable();
    if ids.peek().is_none() {
        return Ok(HashMap::new());
    }
    let mut dql = Dql::new("n(func: eq(tl.id, ");
    dql.values(ids)
        .push(")) { tl.id tl.type tl.properties tl.revision }");
    let found: Found = store.read(dql, rows).await?;
    found
        .n
        .iter()
        .map(|row| Ok((row.id.clone(), row.node()?)))
        .collect()
}
