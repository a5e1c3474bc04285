//! The graph in maps, as plainly as it can be said: what the backends are compared with.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use crate::{fitting, listing, matching, oracle_schema, oracle_stats, walking};
use throughline_graph_store::{
    Applied, ApplyMutations, BatchGetNodes, Change, ChangesPart, Edge, EdgeKey, Error, ExportGraph,
    ExportPart, FindPath, GetNode, GraphStore, Highlight, ImportBatch, Imported, Limits, ListNodes,
    Mutation, MutationResult, Node, NodeBatch, NodePage, NodeWithEdges, Path, Precondition,
    Properties, ReadChanges, ReadImport, Schema, SearchHit, SearchNodes, SearchPage, Stats,
    Traverse, TraversePart, TraverseSummary, UpdateSchema,
};
use tokio::sync::{mpsc, watch};

use crate::oracle_feed::{self, Feed, Snapshots, malformed};

#[derive(Clone, Default)]
pub(crate) struct Graph {
    revision: u64,
    pub(crate) nodes: BTreeMap<String, Node>,
    pub(crate) edges: BTreeMap<EdgeKey, Properties>,
    /// Those that the last write removed, even if they came again.
    pub(crate) removed: BTreeSet<String>,
    kept: BTreeMap<String, (Vec<Mutation>, Vec<MutationResult>)>,
    pub(crate) schema: Schema,
    schema_revision: u64,
}

pub(crate) struct Oracle {
    limits: Limits,
    graph: Mutex<Graph>,
    /// Where pages of lists ended, each with its query.
    places: Mutex<Vec<(String, Node)>>,
    feed: Mutex<Feed>,
    snapshots: Mutex<Snapshots>,
    imports: Mutex<BTreeMap<String, u64>>,
    commits: watch::Sender<u64>,
}

impl Oracle {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            graph: Mutex::default(),
            places: Mutex::default(),
            feed: Mutex::default(),
            snapshots: Mutex::default(),
            imports: Mutex::default(),
            commits: watch::Sender::new(0),
        }
    }

    fn graph(&self) -> Graph {
        self.graph.lock().unwrap().clone()
    }

    fn write(
        &self,
        mutations: &[Mutation],
        subject: impl Fn(usize) -> String,
    ) -> Result<Vec<MutationResult>, Error> {
        let mut graph = self.graph();
        graph.removed.clear();
        let steps = mutations.iter().enumerate();
        let results = steps.map(|(index, it)| graph.apply(it, index, subject(index)));
        let results = results.collect::<Result<_, _>>()?;
        graph.must_fit(mutations, subject)?;
        let mut feed = self.feed.lock().unwrap();
        feed.append(&self.graph(), &graph, &self.limits);
        self.commits
            .send_if_modified(|told| std::mem::replace(told, feed.end()) != feed.end());
        *self.graph.lock().unwrap() = graph;
        Ok(results)
    }
}

impl Graph {
    fn apply(
        &mut self,
        mutation: &Mutation,
        index: usize,
        subject: String,
    ) -> Result<MutationResult, Error> {
        let (exists, etag) = match &mutation.change {
            Change::PutNode(Node { id, .. }) | Change::DeleteNode(id) => {
                let etag = self.nodes.get(id).map(|node| node.etag.clone());
                (self.nodes.contains_key(id), etag)
            }
            Change::PutEdge(Edge { key, .. }) | Change::DeleteEdge(key) => {
                (self.edges.contains_key(key), None)
            }
        };
        let problem = String::new();
        match &mutation.precondition {
            Some(Precondition::Exists(wanted)) if *wanted != exists => {
                return Err(Error::FailedPrecondition {
                    index,
                    subject,
                    problem,
                });
            }
            Some(Precondition::Etag(wanted)) if Some(wanted) != etag.as_ref() => {
                return Err(Error::Aborted {
                    index,
                    subject,
                    problem,
                });
            }
            _ => {}
        }
        let mut result = MutationResult::default();
        match &mutation.change {
            Change::PutNode(node) => {
                let old = self.nodes.get(&node.id);
                result.changed = old.is_none_or(|old| {
                    (&old.node_type, &old.properties) != (&node.node_type, &node.properties)
                });
                if result.changed {
                    self.revision += 1;
                    let etag = format!("{:x}", self.revision);
                    self.nodes.insert(
                        node.id.clone(),
                        Node {
                            etag,
                            ..node.clone()
                        },
                    );
                }
                result.etag.clone_from(&self.nodes[&node.id].etag);
            }
            Change::DeleteNode(id) => {
                result.changed = self.nodes.remove(id).is_some();
                self.removed.insert(id.clone());
                self.edges.retain(|key, _| key.from != *id && key.to != *id);
            }
            Change::PutEdge(Edge { key, properties }) => {
                if !self.nodes.contains_key(&key.from) || !self.nodes.contains_key(&key.to) {
                    return Err(Error::FailedPrecondition {
                        index,
                        subject,
                        problem,
                    });
                }
                let old = self.edges.insert(key.clone(), properties.clone());
                result.changed = old.as_ref() != Some(properties);
            }
            Change::DeleteEdge(key) => result.changed = self.edges.remove(key).is_some(),
        }
        Ok(result)
    }

    fn node(&self, id: &str) -> Result<Node, Error> {
        self.nodes.get(id).cloned().ok_or_else(|| Error::NotFound {
            kind: "node",
            name: id.to_owned(),
        })
    }

    pub(crate) fn edges(&self, keep: impl Fn(&EdgeKey) -> bool) -> Vec<Edge> {
        let edges = self.edges.iter().filter(|(key, _)| keep(key));
        edges
            .map(|(key, properties)| Edge {
                key: key.clone(),
                properties: properties.clone(),
            })
            .collect()
    }
}

impl GraphStore for Oracle {
    fn limits(&self) -> &Limits {
        &self.limits
    }

    async fn get_node(&self, request: GetNode) -> Result<NodeWithEdges, Error> {
        let most = request.check(&self.limits)?;
        let graph = self.graph();
        let node = graph.node(&request.id)?;
        let mut found = NodeWithEdges {
            node,
            ..NodeWithEdges::default()
        };
        if request.include_edges {
            found.outgoing = graph.edges(|key| key.from == request.id);
            found.incoming = graph.edges(|key| key.to == request.id);
            let by_type = |edge: &Edge| (edge.key.edge_type.clone(), edge.key.from.clone());
            found.incoming.sort_by_key(by_type);
            for side in [&mut found.outgoing, &mut found.incoming] {
                found.edges_truncated |= side.len() > most;
                side.truncate(most);
            }
        }
        Ok(found)
    }

    async fn batch_get_nodes(&self, request: BatchGetNodes) -> Result<NodeBatch, Error> {
        request.check(&self.limits)?;
        let graph = self.graph();
        let mut answer = NodeBatch::default();
        for id in request.ids {
            match graph.nodes.get(&id) {
                Some(node) => answer.nodes.push(node.clone()),
                None => answer.missing.push(id),
            }
        }
        Ok(answer)
    }

    /// The token is the node that the page before ended with, as it was then.
    async fn list_nodes(&self, request: ListNodes) -> Result<NodePage, Error> {
        let (filter, order, size) = request.check(&self.limits)?;
        let mut nodes: Vec<_> = self.graph().nodes.into_values().collect();
        nodes.retain(|node| listing::holds(&filter, node));
        nodes.sort_by(|one, other| listing::compare(&order, one, other));
        let query = format!("{:?}", (&request.filter, &request.order_by));
        let mut places = self.places.lock().unwrap();
        if !request.page_token.is_empty() {
            let at = request.page_token.parse::<usize>();
            let place = at.ok().and_then(|at| places.get(at));
            let place = place.filter(|(other, _)| *other == query);
            let (_, last) = place.ok_or_else(|| Error::Invalid {
                field: "page_token".into(),
                problem: "no token of this query".into(),
            })?;
            nodes.retain(|node| listing::compare(&order, last, node).is_lt());
        }
        let more = nodes.len() > size;
        nodes.truncate(size);
        let mut next_page_token = String::new();
        if more {
            next_page_token = places.len().to_string();
            places.push((query, nodes[size - 1].clone()));
        }
        Ok(NodePage {
            nodes,
            next_page_token,
        })
    }

    /// Unranked; the token is the number of hits before.
    async fn search_nodes(&self, request: SearchNodes) -> Result<SearchPage, Error> {
        let (words, size) = request.check(&self.limits)?;
        let mut hits: Vec<_> = self.graph().nodes.into_values().collect();
        hits.retain(|node| {
            let typed = request.types.is_empty() || request.types.contains(&node.node_type);
            typed && matching::matches(node, &words)
        });
        let bad = |problem: &str| Error::Invalid {
            field: "page_token".into(),
            problem: problem.into(),
        };
        let query = format!("{words:?}{:?}", request.types);
        let offset = match request.page_token.split_once('|') {
            None if request.page_token.is_empty() => 0,
            None => return Err(bad("no token")),
            Some((_, other)) if other != query => return Err(bad("another query")),
            Some((offset, _)) => offset.parse().map_err(|_| bad("no number"))?,
        };
        let more = hits.len() > offset + size;
        let hits = hits
            .into_iter()
            .skip(offset)
            .take(size)
            .map(|node| SearchHit {
                node,
                score: 1.0,
                highlights: vec![Highlight::default()],
            });
        Ok(SearchPage {
            hits: hits.collect(),
            next_page_token: if more {
                format!("{}|{query}", offset + size)
            } else {
                String::new()
            },
        })
    }

    /// The smallest walk to every node with one edge, then with two, and so on.
    async fn find_path(&self, request: FindPath) -> Result<Option<Path>, Error> {
        let depth = request.check(&self.limits)?;
        let graph = self.graph();
        graph.node(&request.from)?;
        graph.node(&request.to)?;
        let allowed = |id: &str| {
            let types = &request.node_types;
            types.is_empty() || id == request.to || types.contains(&graph.nodes[id].node_type)
        };
        type Walk = Vec<(String, String, bool)>;
        let mut walks: BTreeMap<String, Walk> = [(request.from.clone(), Vec::new())].into();
        for _ in 0..=depth {
            if let Some(walk) = walks.get(&request.to) {
                let mut path = Path {
                    nodes: vec![graph.node(&request.from)?],
                    edges: Vec::new(),
                };
                let mut at = &request.from;
                for (to, edge_type, against) in walk {
                    let (from, into) = if *against { (to, at) } else { (at, to) };
                    let key = EdgeKey::new(from, edge_type, into);
                    path.nodes.push(graph.node(to)?);
                    path.edges.extend(graph.edges(|other| *other == key));
                    at = to;
                }
                return Ok(Some(path));
            }
            let mut longer: BTreeMap<String, Walk> = BTreeMap::new();
            for (at, walk) in &walks {
                for key in graph.edges.keys() {
                    let types = &request.edge_types;
                    if !types.is_empty() && !types.contains(&key.edge_type) {
                        continue;
                    }
                    let out = (request.direction.goes_out() && key.from == *at)
                        .then(|| (key.to.clone(), key.edge_type.clone(), false));
                    let back = (request.direction.goes_in() && key.to == *at)
                        .then(|| (key.from.clone(), key.edge_type.clone(), true));
                    for step in out.into_iter().chain(back).filter(|step| allowed(&step.0)) {
                        let mut walk = walk.clone();
                        let to = step.0.clone();
                        walk.push(step);
                        // By the nodes first, then by the edges between them.
                        let order = |walk: &Walk| {
                            let nodes: Vec<_> = walk.iter().map(|step| step.0.clone()).collect();
                            (nodes, walk.clone())
                        };
                        let best = longer.get(&to);
                        if best.is_none_or(|best| order(&walk) < order(best)) {
                            longer.insert(to, walk);
                        }
                    }
                }
            }
            walks = longer;
        }
        Ok(None)
    }

    async fn traverse(
        &self,
        request: Traverse,
        parts: mpsc::Sender<TraversePart>,
    ) -> Result<TraverseSummary, Error> {
        let bounds = request.check(&self.limits)?;
        let graph = self.graph();
        let start: BTreeSet<_> = request.start.iter().collect();
        for id in start {
            graph.node(id)?;
        }
        let types = graph.nodes.values();
        let types = types.map(|node| (node.id.clone(), node.node_type.clone()));
        let edges: Vec<_> = graph.edges.keys().cloned().collect();
        let (levels, summary) = walking::walk(&types.collect(), &edges, &request, bounds);
        for (level, (ids, keys)) in levels.into_iter().enumerate() {
            let nodes = ids.iter().map(|id| graph.nodes[id].clone());
            let part = TraversePart {
                level,
                nodes: nodes.collect(),
                edges: graph.edges(|key| keys.contains(key)),
            };
            let _ = parts.send(part).await;
        }
        Ok(summary)
    }

    async fn apply_mutations(&self, request: ApplyMutations) -> Result<Applied, Error> {
        request.check(&self.limits)?;
        let key = &request.idempotency_key;
        if let Some((mutations, results)) = self.graph().kept.get(key) {
            if *mutations != request.mutations {
                return Err(Error::Invalid {
                    field: "idempotency_key".into(),
                    problem: "used".into(),
                });
            }
            return Ok(Applied {
                results: results.clone(),
                replayed: true,
            });
        }
        let results = self.write(&request.mutations, |index| format!("mutations[{index}]"))?;
        if !key.is_empty() {
            let answer = (request.mutations.clone(), results.clone());
            self.graph.lock().unwrap().kept.insert(key.clone(), answer);
        }
        Ok(Applied {
            results,
            replayed: false,
        })
    }

    async fn import_batch(&self, batch: ImportBatch) -> Result<Imported, Error> {
        batch.check(&self.limits)?;
        let (nodes, edges) = (batch.nodes.len(), batch.edges.len());
        let puts = batch.nodes.into_iter().map(Change::PutNode);
        let puts = puts.chain(batch.edges.into_iter().map(Change::PutEdge));
        let puts: Vec<_> = puts.map(Mutation::from).collect();
        let subject = |index| match index {
            node if node < nodes => format!("nodes[{node}]"),
            edge => format!("edges[{}]", edge - nodes),
        };
        let mut imports = self.imports.lock().unwrap();
        oracle_stats::in_turn(&imports, batch.step.as_ref())?;
        let results = self.write(&puts, subject)?;
        if let Some(step) = batch.step {
            imports.insert(step.import_id, step.sequence);
        }
        Ok(Imported {
            nodes: nodes as u64,
            edges: edges as u64,
            changed: results.iter().filter(|result| result.changed).count() as u64,
        })
    }

    async fn read_import(&self, request: ReadImport) -> Result<u64, Error> {
        request.check(&self.limits)?;
        let imports = self.imports.lock().unwrap();
        Ok(*imports.get(&request.import_id).unwrap_or(&0))
    }

    async fn export_part(&self, request: ExportGraph) -> Result<ExportPart, Error> {
        request.check(&self.limits)?;
        let query = format!("{:?}{:?}", request.node_types, request.edge_types);
        let mut snapshots = self.snapshots.lock().unwrap();
        let (number, offset) = if request.resume_token.is_empty() {
            snapshots.push((self.graph(), self.feed.lock().unwrap().end()));
            (snapshots.len() - 1, 0)
        } else {
            let mut parts = request.resume_token.splitn(3, '|');
            let mut number = || parts.next().and_then(|it| it.parse().ok());
            let (Some(number), Some(offset)) = (number(), number()) else {
                return Err(malformed());
            };
            if parts.next() != Some(&query) {
                return Err(malformed());
            }
            (number, offset)
        };
        oracle_feed::export(&snapshots, number, offset, &request, &self.limits)
    }

    async fn read_changes(&self, request: ReadChanges) -> Result<ChangesPart, Error> {
        self.feed.lock().unwrap().read(&request, &self.limits)
    }

    fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    async fn schema(&self) -> Result<Schema, Error> {
        let graph = self.graph();
        let etag = format!("{:x}", graph.schema_revision);
        Ok(Schema {
            etag,
            ..graph.schema
        })
    }

    async fn update_schema(&self, request: UpdateSchema) -> Result<Schema, Error> {
        request.check(&self.limits)?;
        let (mut graph, old) = (self.graph(), self.schema().await?);
        let new = request.schema;
        if !new.etag.is_empty() && new.etag != old.etag {
            return Err(Error::Aborted {
                index: 0,
                subject: "schema".into(),
                problem: String::new(),
            });
        }
        if (&new.node_types, &new.edge_types) == (&old.node_types, &old.edge_types) {
            return Ok(old);
        }
        let misfits = fitting::misfits(&new, &graph.nodes, &graph.edges);
        let violations = oracle_schema::violations(misfits, self.limits.schema_violations);
        if !violations.is_empty() {
            return Err(Error::Unfit { violations });
        }
        graph.schema_revision += 1;
        graph.schema = Schema {
            etag: String::new(),
            ..new
        };
        let etag = format!("{:x}", graph.schema_revision);
        let answer = Schema {
            etag,
            ..graph.schema.clone()
        };
        if !request.validate_only {
            *self.graph.lock().unwrap() = graph;
        }
        Ok(answer)
    }

    async fn stats(&self) -> Result<Stats, Error> {
        Ok(oracle_stats::stats(&self.graph()))
    }
}
