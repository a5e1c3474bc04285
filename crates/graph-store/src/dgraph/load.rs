//! What a write has to know before it is planned, in one query: where writes stand, what the mutations name, what touches
//! the nodes that may go, and what is kept under the write's own key.

use std::collections::HashMap;

use serde::Deserialize;
use throughline_dgraph_client::{Dql, Uid};

use super::{
    DgraphStore,
    row::{EdgeRow, META_BLOCK, Meta, MetaRow, NodeRow},
    token,
};
use crate::{
    Change, EdgeKey, Error, Mutation, Properties,
    plan::{self, Stored},
};

#[derive(Deserialize)]
pub(super) struct Blocks {
    /// The node that all writes go through, in a write: it has had its turn.
    #[serde(default)]
    pub(super) held: Vec<serde::de::IgnoredAny>,
    #[serde(default)]
    meta: Vec<MetaRow>,
    #[serde(default)]
    n: Vec<NodeRow>,
    #[serde(default)]
    e: Vec<EdgeRow>,
    #[serde(default)]
    gone: Vec<NodeRow>,
    #[serde(default)]
    kept: Vec<KeptRow>,
}

/// What is kept for a time under a key.
#[derive(Debug, Deserialize)]
pub(super) struct KeptRow {
    pub(super) uid: Uid,
    #[serde(rename = "tl.kept.text")]
    pub(super) text: String,
    #[serde(rename = "tl.kept.until")]
    pub(super) until: i64,
}

/// An edge that is there.
#[derive(Clone, Debug)]
pub(super) struct There {
    pub(super) uid: Uid,
    pub(super) properties: Properties,
    /// The types of its ends, where it touches a node that may go.
    pub(super) types: Option<(String, String)>,
}

/// All of it.
pub(super) struct Loaded {
    pub(super) meta: Meta,
    pub(super) stored: Stored,
    pub(super) uids: HashMap<String, Uid>,
    /// Named edges, and those that touch nodes that may go.
    pub(super) edges: HashMap<EdgeKey, There>,
    pub(super) kept: Option<KeptRow>,
}

pub(super) async fn meta(store: &DgraphStore) -> Result<Meta, Error> {
    let blocks: Blocks = store
        .read(Dql::new(META_BLOCK), |it: &Blocks| it.meta.len())
        .await?;
    Meta::of(blocks.meta)
}

/// What is kept under a key.
pub(super) async fn kept(store: &DgraphStore, key: &str) -> Result<Option<KeptRow>, Error> {
    let mut dql = Dql::default();
    kept_block(&mut dql, key);
    let mut blocks: Blocks = store.read(dql, |it: &Blocks| it.kept.len()).await?;
    Ok(blocks.kept.pop())
}

fn nodes_block<'a>(dql: &mut Dql, ids: impl IntoIterator<Item = &'a str>) {
    dql.push(" n(func: eq(tl.id, ").values(ids);
    dql.push(")) { uid tl.id tl.type tl.properties tl.revision }");
}

fn edges_block<'a>(dql: &mut Dql, keys: impl IntoIterator<Item = &'a EdgeKey>) {
    dql.push(" e(func: eq(tl.key, ")
        .values(keys.into_iter().map(token::key));
    dql.push(")) { uid tl.key tl.properties }");
}

fn kept_block(dql: &mut Dql, key: &str) {
    dql.push(" kept(func: eq(tl.kept, ").value(key);
    dql.push(")) { uid tl.kept.text tl.kept.until }");
}

/// What is there of what a write names, and under its key.
pub(super) fn statement(mutations: &[Mutation], key: Option<&str>) -> Dql {
    let mut dql = Dql::new(META_BLOCK);
    let (ids, keys) = plan::named(mutations);
    if !ids.is_empty() {
        nodes_block(&mut dql, ids);
    }
    if !keys.is_empty() {
        edges_block(&mut dql, keys);
    }
    let gone = mutations.iter().filter_map(|it| match &it.change {
        Change::DeleteNode(id) => Some(id.as_str()),
        _ => None,
    });
    let gone: std::collections::BTreeSet<_> = gone.collect();
    if !gone.is_empty() {
        touching_block(&mut dql, gone);
    }
    if let Some(key) = key {
        kept_block(&mut dql, key);
    }
    dql
}

/// The same of what is put, and all that is there as the variable `there`.
pub(super) fn guessing_statement(mutations: &[Mutation], key: Option<&str>) -> Dql {
    let mut dql = Dql::new(META_BLOCK);
    let (ids, keys) = plan::named(mutations);
    dql.push(" x as");
    nodes_block(&mut dql, ids);
    let edges = !keys.is_empty();
    if edges {
        dql.push(" y as");
        edges_block(&mut dql, keys);
    }
    if let Some(key) = key {
        dql.push(" z as");
        kept_block(&mut dql, key);
    }
    dql.push(" there as var(func: uid(x");
    dql.push(if edges { ", y" } else { "" });
    dql.push(if key.is_some() { ", z)) " } else { ")) " });
    dql
}

pub(super) async fn load(
    store: &DgraphStore,
    mutations: &[Mutation],
    key: Option<&str>,
) -> Result<Loaded, Error> {
    let blocks = store.read(statement(mutations, key), Blocks::rows).await?;
    Loaded::of(blocks)
}

impl Blocks {
    pub(super) fn rows(&self) -> usize {
        let named = self.n.len() + self.e.len() + self.gone.len();
        self.held.len() + self.meta.len() + named + self.kept.len()
    }

    /// Whether nothing is there but the node that all writes go through.
    pub(super) fn are_empty(&self) -> bool {
        self.n.is_empty() && self.e.is_empty() && self.kept.is_empty()
    }
}

impl Loaded {
    /// Of a graph in which there is nothing of what is named.
    pub(super) fn nothing_but(meta: Meta) -> Self {
        Self {
            stored: Stored {
                revision: meta.state.revision,
                ..Stored::default()
            },
            meta,
            uids: HashMap::new(),
            edges: HashMap::new(),
            kept: None,
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        self.uids.is_empty() && self.edges.is_empty() && self.kept.is_none()
    }

    pub(super) fn of(mut blocks: Blocks) -> Result<Self, Error> {
        let mut loaded = Self::nothing_but(Meta::of(blocks.meta)?);
        loaded.kept = blocks.kept.pop();
        for row in &blocks.n {
            loaded.stored.nodes.insert(row.id.clone(), row.node()?);
            loaded.uids.extend(row.uid.map(|uid| (row.id.clone(), uid)));
        }
        for row in &blocks.e {
            let edge = row.edge()?;
            let properties = edge.properties.clone();
            loaded.stored.edges.insert(edge.key.clone(), properties);
            if let Some(uid) = row.uid {
                let there = There {
                    uid,
                    properties: edge.properties,
                    types: None,
                };
                loaded.edges.insert(edge.key, there);
            }
        }
        loaded.edges.extend(touching_edges(&blocks.gone)?);
        Ok(loaded)
    }
}

/// The edges that touch some nodes, with the types of their ends.
fn touching_block<'a>(dql: &mut Dql, ids: impl IntoIterator<Item = &'a str>) {
    dql.push(" gone(func: eq(tl.id, ").values(ids);
    dql.push(
        ")) { tl.id tl.type out: ~tl.source { uid tl.key tl.properties tl.target { tl.type } } \
         into: ~tl.target { uid tl.key tl.properties tl.source { tl.type } } }",
    );
}

pub(super) async fn touching(
    store: &DgraphStore,
    ids: &[String],
) -> Result<HashMap<EdgeKey, There>, Error> {
    let mut dql = Dql::default();
    touching_block(&mut dql, ids.iter().map(String::as_str));
    let blocks: Blocks = store.read(dql, |it: &Blocks| it.gone.len()).await?;
    touching_edges(&blocks.gone)
}

fn touching_edges(rows: &[NodeRow]) -> Result<HashMap<EdgeKey, There>, Error> {
    let mut edges = HashMap::new();
    for node in rows {
        let out = node
            .out
            .iter()
            .map(|row| (row, (node.node_type.as_str(), row.target_type())));
        let into = node
            .into
            .iter()
            .map(|row| (row, (row.source_type(), node.node_type.as_str())));
        for (row, (from, to)) in out.chain(into) {
            let edge = row.edge()?;
            let Some(uid) = row.uid else { continue };
            let types = Some((from.to_owned(), to.to_owned()));
            edges.insert(
                edge.key,
                There {
                    uid,
                    properties: edge.properties,
                    types,
                },
            );
        }
    }
    Ok(edges)
}
