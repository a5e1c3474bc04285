//! What Dgraph answers, read into what a store answers.

use serde::Deserialize;
use throughline_dgraph_client::Uid;

use super::{fault, token};
use crate::{Edge, EdgeKey, Error, Node, Properties, codec, plan};

/// A node; what was not asked for is absent.
#[derive(Debug, Deserialize)]
pub(super) struct NodeRow {
    pub(super) uid: Option<Uid>,
    #[serde(rename = "tl.id", default)]
    pub(super) id: String,
    #[serde(rename = "tl.type", default)]
    pub(super) node_type: String,
    #[serde(rename = "tl.properties", default)]
    properties: String,
    #[serde(rename = "tl.revision", default)]
    revision: u64,
    /// Edges that leave it.
    #[serde(default)]
    pub(super) out: Vec<EdgeRow>,
    /// Edges that enter it.
    #[serde(default)]
    pub(super) into: Vec<EdgeRow>,
}

/// An edge, and its ends where they were asked for.
#[derive(Debug, Deserialize)]
pub(super) struct EdgeRow {
    pub(super) uid: Option<Uid>,
    #[serde(rename = "tl.key", default)]
    key: String,
    #[serde(rename = "tl.properties", default)]
    properties: String,
    #[serde(rename = "tl.source")]
    pub(super) source: Option<Box<NodeRow>>,
    #[serde(rename = "tl.target")]
    pub(super) target: Option<Box<NodeRow>>,
}

fn properties(json: &str) -> Result<Properties, Error> {
    match json.is_empty() {
        true => Ok(Properties::new()),
        false => codec::decode(json),
    }
}

impl NodeRow {
    pub(super) fn node(&self) -> Result<Node, Error> {
        Ok(Node {
            id: self.id.clone(),
            node_type: self.node_type.clone(),
            properties: properties(&self.properties)?,
            etag: plan::etag(self.revision),
        })
    }

    /// How much of an answer it takes.
    pub(super) fn bytes(&self) -> usize {
        self.properties.len()
    }
}

impl EdgeRow {
    pub(super) fn key(&self) -> Result<EdgeKey, Error> {
        token::parse_key(&self.key).ok_or_else(|| fault::damaged("an edge's key"))
    }

    pub(super) fn edge(&self) -> Result<Edge, Error> {
        Ok(Edge {
            key: self.key()?,
            properties: properties(&self.properties)?,
        })
    }

    pub(super) fn bytes(&self) -> usize {
        self.properties.len()
    }

    pub(super) fn source_type(&self) -> &str {
        self.source.as_ref().map_or("", |it| &it.node_type)
    }

    pub(super) fn target_type(&self) -> &str {
        self.target.as_ref().map_or("", |it| &it.node_type)
    }
}

/// What all writes have come to. Kept as one text, since all of it changes with each write.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, Deserialize)]
pub(super) struct State {
    pub(super) version: u64,
    /// Of this database, for tokens.
    pub(super) identity: String,
    /// Of the last write.
    pub(super) writer: String,
    /// The last revision that was given out.
    pub(super) revision: u64,
    /// The end of the feed.
    pub(super) place: u64,
    /// The bytes of the feed since it began.
    pub(super) bytes: u64,
    pub(super) schema: crate::Schema,
    pub(super) schema_revision: u64,
    /// How many nodes there are of each type.
    pub(super) nodes: std::collections::BTreeMap<String, i64>,
    /// The same of edges.
    pub(super) edges: std::collections::BTreeMap<String, i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct MetaRow {
    pub(super) uid: Uid,
    #[serde(rename = "tl.turn")]
    pub(super) turn: i64,
    #[serde(rename = "tl.state")]
    state: String,
}

/// Where writes stand.
#[derive(Clone, Debug)]
pub(super) struct Meta {
    pub(super) uid: Uid,
    pub(super) turn: i64,
    pub(super) state: State,
}

/// The block that reads it.
pub(super) const META_BLOCK: &str = "meta(func: eq(tl.meta, \"graph\")) { uid tl.turn tl.state }";

impl Meta {
    pub(super) fn of(mut rows: Vec<MetaRow>) -> Result<Self, Error> {
        let row = rows
            .pop()
            .ok_or_else(|| fault::damaged("the graph's own node"))?;
        let state = serde_json::from_str(&row.state);
        Ok(Self {
            uid: row.uid,
            turn: row.turn,
            state: state.map_err(|_| fault::damaged("the graph's own node"))?,
        })
    }
}
