//! What of a commit is kept for those who follow the changes; the same on every backend.

use std::{
    collections::{BTreeSet, HashMap},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use crate::{
    Change, Edge, EdgeKey, Error, Node, Timestamp, codec,
    plan::{self, Plan, Stored},
};

/// What the types of a node's neighbours are, by its id.
pub(crate) type Neighbours = HashMap<String, BTreeSet<String>>;

/// A change and the node types for which it is of interest.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) types: BTreeSet<String>,
    pub(crate) change: KeptChange,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeptChange {
    NodePut(String, String, String, u64),
    NodeDeleted(String),
    EdgePut(String, String, String, String),
    EdgeDeleted(String, String, String),
}

/// The changes in the order in which they were written.
pub(crate) fn kept(
    plan: &Plan,
    stored: &Stored,
    neighbours: &Neighbours,
) -> Result<Vec<Kept>, Error> {
    let put: HashMap<&str, &str> = plan
        .put_nodes
        .iter()
        .map(|node| (node.id.as_str(), node.node_type.as_str()))
        .collect();
    // Before and after: who watched a node under its old type learns of the new one.
    let types = |ids: &[&str]| -> BTreeSet<String> {
        let before = ids.iter().filter_map(|id| stored.nodes.get(*id));
        let before = before.map(|node| node.node_type.as_str());
        let after = ids.iter().filter_map(|id| put.get(*id).copied());
        before.chain(after).map(str::to_owned).collect()
    };
    let mut kept = Vec::new();
    for id in &plan.drop_nodes {
        let mut types = types(&[id]);
        types.extend(neighbours.get(id).into_iter().flatten().cloned());
        let change = KeptChange::NodeDeleted(id.clone());
        kept.push(Kept { types, change });
    }
    for node in &plan.put_nodes {
        let change = KeptChange::NodePut(
            node.id.clone(),
            node.node_type.clone(),
            codec::encode(&node.properties)?,
            plan::revision(&node.etag),
        );
        let types = types(&[&node.id]);
        kept.push(Kept { types, change });
    }
    let edge = |key: &EdgeKey| (key.from.clone(), key.edge_type.clone(), key.to.clone());
    for key in &plan.drop_edges {
        let types = types(&[&key.from, &key.to]);
        let (from, edge_type, to) = edge(key);
        let change = KeptChange::EdgeDeleted(from, edge_type, to);
        kept.push(Kept { types, change });
    }
    for Edge { key, properties } in &plan.put_edges {
        let types = types(&[&key.from, &key.to]);
        let (from, edge_type, to) = edge(key);
        let change = KeptChange::EdgePut(from, edge_type, to, codec::encode(properties)?);
        kept.push(Kept { types, change });
    }
    Ok(kept)
}

impl KeptChange {
    pub(crate) fn decode(self) -> Result<Change, Error> {
        Ok(match self {
            Self::NodePut(id, node_type, properties, revision) => Change::PutNode(Node {
                id,
                node_type,
                properties: codec::decode(&properties)?,
                etag: plan::etag(revision),
            }),
            Self::NodeDeleted(id) => Change::DeleteNode(id),
            Self::EdgePut(from, edge_type, to, properties) => Change::PutEdge(Edge {
                key: EdgeKey::new(from, edge_type, to),
                properties: codec::decode(&properties)?,
            }),
            Self::EdgeDeleted(from, edge_type, to) => {
                Change::DeleteEdge(EdgeKey::new(from, edge_type, to))
            }
        })
    }
}

pub(crate) fn wanted(changes: &str, types: &[String]) -> Result<Vec<Change>, Error> {
    let kept: Vec<Kept> = serde_json::from_str(changes).map_err(|error| Error::Unavailable {
        reason: crate::Unavailable::Corrupt,
        message: format!("the feed: {error}"),
    })?;
    let wanted = kept
        .into_iter()
        .filter(|kept| types.is_empty() || types.iter().any(|wanted| kept.types.contains(wanted)));
    wanted.map(|kept| kept.change.decode()).collect()
}

pub(crate) fn micros(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

pub(crate) fn timestamp(micros: i64) -> Timestamp {
    Timestamp {
        seconds: micros.div_euclid(1_000_000),
        nanos: i32::try_from(micros.rem_euclid(1_000_000) * 1_000).unwrap_or_default(),
    }
}
