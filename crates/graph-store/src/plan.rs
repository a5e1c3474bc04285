//! What a list of mutations comes to, given what is stored of what they name.
//!
//! Pure: one pass in order decides every precondition, result and etag, and what
//! is left to write is the net difference, so that a backend writes in bulk.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::{
    Change, Edge, EdgeKey, Error, Mutation, MutationResult, Node, Precondition, Properties,
};

/// What is stored of the nodes and edges that the mutations name.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    /// The last revision that was given out.
    pub(crate) revision: u64,
    /// Those that exist, with their etags.
    pub(crate) nodes: HashMap<String, Node>,
    /// Those that exist.
    pub(crate) edges: HashMap<EdgeKey, Properties>,
}

/// What to answer and what to write. To be written in the order of the fields.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) results: Vec<MutationResult>,
    /// The last revision that was given out.
    pub(crate) revision: u64,
    /// Nodes to remove together with all edges that touch them; some may come again below.
    pub(crate) drop_nodes: BTreeSet<String>,
    /// Nodes to create or replace.
    pub(crate) put_nodes: Vec<Node>,
    /// Edges to remove.
    pub(crate) drop_edges: Vec<EdgeKey>,
    /// Edges to create or replace.
    pub(crate) put_edges: Vec<Edge>,
}

impl Plan {
    pub(crate) fn changes_nothing(&self) -> bool {
        self.drop_nodes.is_empty()
            && self.put_nodes.is_empty()
            && self.drop_edges.is_empty()
            && self.put_edges.is_empty()
    }
}

/// The ids and keys that the mutations name, each once.
pub(crate) fn named(mutations: &[Mutation]) -> (BTreeSet<&str>, BTreeSet<&EdgeKey>) {
    let (mut nodes, mut edges) = (BTreeSet::new(), BTreeSet::new());
    for mutation in mutations {
        match &mutation.change {
            Change::PutNode(node) => {
                nodes.insert(node.id.as_str());
            }
            Change::DeleteNode(id) => {
                nodes.insert(id.as_str());
            }
            Change::PutEdge(Edge { key, .. }) => {
                nodes.extend([key.from.as_str(), key.to.as_str()]);
                edges.insert(key);
            }
            // The ends' types are needed for the change feed.
            Change::DeleteEdge(key) => {
                nodes.extend([key.from.as_str(), key.to.as_str()]);
                edges.insert(key);
            }
        }
    }
    (nodes, edges)
}

/// The etag of a revision.
pub(crate) fn etag(revision: u64) -> String {
    format!("{revision:x}")
}

/// The revision of an etag that was made here.
pub(crate) fn revision(etag: &str) -> u64 {
    u64::from_str_radix(etag, 16).unwrap_or(0)
}

/// Runs through the mutations in order; `subject` names the one with an index.
pub(crate) fn plan(
    mutations: &[Mutation],
    stored: &Stored,
    subject: impl Fn(usize) -> String,
) -> Result<Plan, Error> {
    let mut run = Run::new(mutations, stored);
    let mut results = Vec::with_capacity(mutations.len());
    for (index, mutation) in mutations.iter().enumerate() {
        let result = run.step(mutation).map_err(|refusal| match refusal {
            Refusal::Unmet(problem) => Error::FailedPrecondition {
                index,
                subject: subject(index),
                problem,
            },
            Refusal::Outdated(problem) => Error::Aborted {
                index,
                subject: subject(index),
                problem,
            },
        })?;
        results.push(result);
    }
    Ok(run.difference(results))
}

enum Refusal {
    Unmet(String),
    Outdated(String),
}

/// The graph as it is part way through, as far as the mutations can see.
struct Run<'a> {
    stored: &'a Stored,
    revision: u64,
    /// Only what differs from what is stored; `None` is gone.
    nodes: HashMap<&'a str, Option<Node>>,
    edges: HashMap<&'a EdgeKey, Option<&'a Properties>>,
    /// The named edges that touch a node.
    touching: HashMap<&'a str, Vec<&'a EdgeKey>>,
    dropped: BTreeSet<String>,
}

impl<'a> Run<'a> {
    fn new(mutations: &'a [Mutation], stored: &'a Stored) -> Self {
        let mut touching: HashMap<&str, Vec<&EdgeKey>> = HashMap::new();
        for key in named(mutations).1 {
            touching.entry(&key.from).or_default().push(key);
            touching.entry(&key.to).or_default().push(key);
        }
        Self {
            stored,
            revision: stored.revision,
            nodes: HashMap::new(),
            edges: HashMap::new(),
            touching,
            dropped: BTreeSet::new(),
        }
    }

    fn node(&self, id: &str) -> Option<&Node> {
        match self.nodes.get(id) {
            Some(changed) => changed.as_ref(),
            None => self.stored.nodes.get(id),
        }
    }

    fn edge(&self, key: &EdgeKey) -> Option<&Properties> {
        match self.edges.get(key) {
            Some(changed) => *changed,
            None => self.stored.edges.get(key),
        }
    }

    fn step(&mut self, mutation: &'a Mutation) -> Result<MutationResult, Refusal> {
        self.meet(mutation)?;
        let changed = match &mutation.change {
            Change::PutNode(node) => return Ok(self.put_node(node)),
            Change::DeleteNode(id) => self.delete_node(id),
            Change::PutEdge(edge) => self.put_edge(edge)?,
            Change::DeleteEdge(key) => {
                let existed = self.edge(key).is_some();
                self.edges.insert(key, None);
                existed
            }
        };
        Ok(MutationResult {
            changed,
            etag: String::new(),
        })
    }

    fn meet(&self, mutation: &Mutation) -> Result<(), Refusal> {
        let (what, exists, etag) = match &mutation.change {
            Change::PutNode(Node { id, .. }) | Change::DeleteNode(id) => {
                let node = self.node(id);
                let etag = node.map_or("", |node| &node.etag);
                (format!("the node {id:?}"), node.is_some(), etag)
            }
            Change::PutEdge(Edge { key, .. }) | Change::DeleteEdge(key) => {
                let EdgeKey {
                    from,
                    edge_type,
                    to,
                } = key;
                let what = format!("the edge {from:?} -[{edge_type}]-> {to:?}");
                (what, self.edge(key).is_some(), "")
            }
        };
        match &mutation.precondition {
            None => Ok(()),
            Some(Precondition::Exists(wanted)) if *wanted == exists => Ok(()),
            Some(Precondition::Exists(true)) => {
                Err(Refusal::Unmet(format!("{what} does not exist")))
            }
            Some(Precondition::Exists(false)) => {
                Err(Refusal::Unmet(format!("{what} exists already")))
            }
            Some(Precondition::Etag(wanted)) if exists && wanted == etag => Ok(()),
            Some(Precondition::Etag(_)) if !exists => {
                Err(Refusal::Outdated(format!("{what} does not exist")))
            }
            Some(Precondition::Etag(_)) => Err(Refusal::Outdated(format!(
                "{what} has been changed: its etag is {etag:?}"
            ))),
        }
    }

    fn put_node(&mut self, node: &'a Node) -> MutationResult {
        if let Some(now) = self.node(&node.id)
            && now.node_type == node.node_type
            && now.properties == node.properties
        {
            return MutationResult {
                changed: false,
                etag: now.etag.clone(),
            };
        }
        self.revision += 1;
        let etag = etag(self.revision);
        let put = Node {
            etag: etag.clone(),
            ..node.clone()
        };
        self.nodes.insert(&node.id, Some(put));
        MutationResult {
            changed: true,
            etag,
        }
    }

    fn delete_node(&mut self, id: &'a str) -> bool {
        if self.node(id).is_none() {
            return false;
        }
        self.nodes.insert(id, None);
        if self.stored.nodes.contains_key(id) {
            self.dropped.insert(id.to_owned());
        }
        for key in self.touching.get(id).into_iter().flatten() {
            self.edges.insert(key, None);
        }
        true
    }

    fn put_edge(&mut self, edge: &'a Edge) -> Result<bool, Refusal> {
        for id in [&edge.key.from, &edge.key.to] {
            if self.node(id).is_none() {
                let problem = format!("the edge names the node {id:?}, which does not exist");
                return Err(Refusal::Unmet(problem));
            }
        }
        let changed = self.edge(&edge.key) != Some(&edge.properties);
        self.edges.insert(&edge.key, Some(&edge.properties));
        Ok(changed)
    }

    fn difference(self, results: Vec<MutationResult>) -> Plan {
        let mut plan = Plan {
            results,
            revision: self.revision,
            drop_nodes: self.dropped,
            ..Plan::default()
        };
        let mut nodes: Vec<_> = self.nodes.into_values().flatten().collect();
        nodes.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        plan.put_nodes = nodes;
        let mut edges: Vec<_> = self.edges.into_iter().collect();
        edges.sort_unstable_by_key(|(key, _)| *key);
        let gone: HashSet<&str> = plan.drop_nodes.iter().map(String::as_str).collect();
        for (key, now) in edges {
            let falls = gone.contains(key.from.as_str()) || gone.contains(key.to.as_str());
            let before = self.stored.edges.get(key).filter(|_| !falls);
            match now {
                Some(properties) if before != Some(properties) => plan.put_edges.push(Edge {
                    key: key.clone(),
                    properties: properties.clone(),
                }),
                None if before.is_some() => plan.drop_edges.push(key.clone()),
                _ => {}
            }
        }
        plan
    }
}
