//! Holding writes to the schema: the graph must fit it after the call, so that a call may pass through what does not.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use throughline_dgraph_client::Dql;

use super::{
    DgraphStore,
    load::{self, Loaded},
    row::NodeRow,
    token,
};
use crate::{Change, Edge, EdgeKey, Error, Mutation, Node, Schema, fit, plan::Plan};

/// By the index of the mutation at fault.
type Faults = BTreeMap<usize, String>;

/// The unique values of each node that is put, as tokens.
pub(super) type Unique = BTreeMap<String, Vec<String>>;

/// Checks what is about to be written; the first mutation at fault is named.
pub(super) async fn enforce(
    store: &DgraphStore,
    plan: &Plan,
    loaded: &Loaded,
    mutations: &[Mutation],
    subject: impl Fn(usize) -> String,
) -> Result<Unique, Error> {
    let schema = &loaded.meta.state.schema;
    if schema.node_types.is_empty() && schema.edge_types.is_empty() {
        return Ok(Unique::new());
    }
    let puts = Puts::of(mutations);
    let mut faults = Faults::new();
    for node in &plan.put_nodes {
        if let Some(problem) = fit::node(schema, node) {
            faults.insert(puts.node(&node.id).unwrap_or(0), problem);
        }
    }
    edges(store, schema, plan, loaded, &puts, &mut faults).await?;
    let unique = unique(store, schema, plan, &puts, &mut faults).await?;
    match faults.into_iter().next() {
        None => Ok(unique),
        Some((index, problem)) => Err(Error::FailedPrecondition {
            index,
            subject: subject(index),
            problem,
        }),
    }
}

/// The last mutation that put each node and each edge.
struct Puts<'a> {
    nodes: HashMap<&'a str, usize>,
    edges: HashMap<&'a EdgeKey, usize>,
}

impl<'a> Puts<'a> {
    fn of(mutations: &'a [Mutation]) -> Self {
        let mut puts = Self {
            nodes: HashMap::new(),
            edges: HashMap::new(),
        };
        for (index, mutation) in mutations.iter().enumerate() {
            match &mutation.change {
                Change::PutNode(node) => drop(puts.nodes.insert(&node.id, index)),
                Change::PutEdge(edge) => drop(puts.edges.insert(&edge.key, index)),
                Change::DeleteNode(_) | Change::DeleteEdge(_) => {}
            }
        }
        puts
    }

    fn node(&self, id: &str) -> Option<usize> {
        self.nodes.get(id).copied()
    }

    /// The first of those that made the edge what it is.
    fn edge(&self, key: &EdgeKey) -> usize {
        let put = self.edges.get(key).copied();
        let ends = [self.node(&key.from), self.node(&key.to)];
        [put, ends[0], ends[1]]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(0)
    }
}

async fn edges(
    store: &DgraphStore,
    schema: &Schema,
    plan: &Plan,
    loaded: &Loaded,
    puts: &Puts<'_>,
    faults: &mut Faults,
) -> Result<(), Error> {
    if schema.edge_types.is_empty() {
        return Ok(());
    }
    let put: HashMap<&str, &Node> = plan
        .put_nodes
        .iter()
        .map(|it| (it.id.as_str(), it))
        .collect();
    let type_of = |id: &String| {
        let node = put
            .get(id.as_str())
            .copied()
            .or_else(|| loaded.stored.nodes.get(id));
        node.map_or("", |node| node.node_type.as_str())
    };
    let mut note = |edge: &Edge, from: &str, to: &str| {
        if let Some(problem) = fit::edge(schema, edge, from, to) {
            faults.entry(puts.edge(&edge.key)).or_insert(problem);
        }
    };
    for edge in &plan.put_edges {
        note(edge, type_of(&edge.key.from), type_of(&edge.key.to));
    }
    // A node of another type may not suit the edges that it has.
    let turned = plan.put_nodes.iter().filter(|node| {
        let before = loaded.stored.nodes.get(&node.id);
        before.is_some_and(|before| before.node_type != node.node_type)
    });
    let turned: Vec<_> = turned.map(|node| node.id.clone()).collect();
    if turned.is_empty() {
        return Ok(());
    }
    let rewritten: std::collections::HashSet<_> = plan
        .put_edges
        .iter()
        .map(|it| &it.key)
        .chain(&plan.drop_edges)
        .collect();
    for (key, there) in load::touching(store, &turned).await? {
        let falls = plan.drop_nodes.contains(&key.from) || plan.drop_nodes.contains(&key.to);
        if falls || rewritten.contains(&key) {
            continue;
        }
        let (from, to) = there.types.unwrap_or_default();
        let now = |id: &str, before: String| put.get(id).map_or(before, |it| it.node_type.clone());
        let (from, to) = (now(&key.from, from), now(&key.to, to));
        note(
            &Edge {
                key,
                properties: there.properties,
            },
            &from,
            &to,
        );
    }
    Ok(())
}

#[derive(Deserialize)]
struct Owners {
    #[serde(default)]
    owner: Vec<Owner>,
}

#[derive(Deserialize)]
struct Owner {
    #[serde(flatten)]
    node: NodeRow,
    #[serde(rename = "tl.unique", default)]
    tokens: Vec<String>,
}

/// A unique value as it is kept beside its node.
pub(super) fn unique_token(node_type: &str, property: &str, value: &str) -> String {
    let between = token::BETWEEN;
    format!("{node_type}{between}{property}{between}{value}")
}

async fn unique(
    store: &DgraphStore,
    schema: &Schema,
    plan: &Plan,
    puts: &Puts<'_>,
    faults: &mut Faults,
) -> Result<Unique, Error> {
    let mut put: Vec<_> = plan.put_nodes.iter().collect();
    put.sort_by_key(|node| puts.node(&node.id));
    let mut wanted: Vec<(String, &str, &str)> = Vec::new();
    for node in put {
        for (property, value) in fit::unique(schema, node) {
            let token = unique_token(&node.node_type, property, &fit::key(value)?);
            wanted.push((token, property, &node.id));
        }
    }
    if wanted.is_empty() {
        return Ok(Unique::new());
    }
    let mut dql = Dql::new("owner(func: eq(tl.unique, ");
    dql.values(wanted.iter().map(|(token, ..)| token.as_str()));
    dql.push(")) { tl.id tl.unique }");
    let found: Owners = store.read(dql, |it: &Owners| it.owner.len()).await?;
    let replaced =
        |id: &String| plan.drop_nodes.contains(id) || plan.put_nodes.iter().any(|it| it.id == *id);
    let mut owners: HashMap<String, String> = HashMap::new();
    for owner in found.owner.into_iter().filter(|it| !replaced(&it.node.id)) {
        for token in owner.tokens {
            owners.insert(token, owner.node.id.clone());
        }
    }
    let mut unique = Unique::new();
    for (token, property, id) in wanted {
        if let Some(owner) = owners.get(&token) {
            let index = puts.node(id).unwrap_or(0);
            faults
                .entry(index)
                .or_insert_with(|| fit::shared(property, owner));
            continue;
        }
        owners.insert(token.clone(), id.to_owned());
        unique.entry(id.to_owned()).or_default().push(token);
    }
    Ok(unique)
}
