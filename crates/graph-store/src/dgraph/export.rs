//! One part of a snapshot. The snapshot is a place in the feed: what was changed after it is put back as it was, from what
//! the feed keeps, so that it needs nothing of Dgraph but the present.

use std::{collections::BTreeMap, time::UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use throughline_dgraph_client::Dql;

use super::{
    DgraphStore,
    commit::int,
    feed::{self, Before, PartRow},
    node,
    row::{EdgeRow, META_BLOCK, Meta, MetaRow, NodeRow, State},
    token,
};
use crate::{
    Edge, EdgeKey, Error, ExportGraph, ExportPart, Limits, Node, codec, page::Query, plan,
};

const FIELD: &str = "resume_token";

/// A checked request.
pub(super) struct Export {
    request: ExportGraph,
    query: Query,
    place: Option<Place>,
}

/// Where in which snapshot.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Place {
    /// The place in the feed.
    snapshot: u64,
    /// When it was taken, in seconds.
    taken: u64,
    at: At,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum At {
    /// After the node with this id.
    Node(String),
    /// After the edge with this key.
    Edge(String),
}

#[derive(Deserialize)]
struct Blocks {
    meta: Vec<MetaRow>,
    #[serde(default)]
    n: Vec<NodeRow>,
    #[serde(default)]
    e: Vec<EdgeRow>,
    #[serde(default)]
    f: Vec<PartRow>,
}

/// What was changed after the snapshot, as it was in it.
#[derive(Default)]
struct Undo {
    nodes: BTreeMap<String, Option<Node>>,
    edges: BTreeMap<String, Option<Edge>>,
}

impl Undo {
    /// The first change after the snapshot tells what was in it.
    fn of(rows: &[PartRow]) -> Result<Self, Error> {
        let mut undo = Self::default();
        for row in rows {
            let Some(before) = Before::of(row)? else {
                continue;
            };
            for (id, was) in before.nodes {
                let node = was.map(|(node_type, properties, revision)| {
                    Ok::<_, Error>(Node {
                        id: id.clone(),
                        node_type,
                        properties: codec::decode(&properties)?,
                        etag: plan::etag(revision),
                    })
                });
                let node = node.transpose()?;
                undo.nodes.entry(id).or_insert(node);
            }
            for (from, edge_type, to, was) in before.edges {
                let key = EdgeKey {
                    from,
                    edge_type,
                    to,
                };
                let at = token::key(&key);
                let edge = was.map(|properties| {
                    Ok::<_, Error>(Edge {
                        key,
                        properties: codec::decode(&properties)?,
                    })
                });
                let edge = edge.transpose()?;
                undo.edges.entry(at).or_insert(edge);
            }
        }
        Ok(undo)
    }
}

impl Export {
    pub(super) fn new(request: ExportGraph, limits: &Limits) -> Result<Self, Error> {
        request.check(limits)?;
        let query = Query::new(&("export", &request.node_types, &request.edge_types));
        let place = query.place_of(FIELD, &request.resume_token, limits)?;
        Ok(Self {
            request,
            query,
            place,
        })
    }

    fn gone() -> Error {
        Error::Gone {
            field: FIELD,
            problem: "its snapshot is no longer kept; begin a new export without a token"
                .to_owned(),
        }
    }

    pub(super) async fn read(self, store: &DgraphStore) -> Result<ExportPart, Error> {
        let limits = store.limits.as_ref();
        let now = (store.now)()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        if let Some(place) = &self.place
            && now.saturating_sub(place.taken) >= limits.snapshot_age.as_secs()
        {
            return Err(Self::gone());
        }
        let mut room = Room {
            items: limits.export_part.max(1),
            bytes: limits.part_bytes,
        };
        let mut part = ExportPart::default();
        let mut place = self.place.clone();
        let mut identity = String::new();
        if place.as_ref().is_none_or(|it| matches!(it.at, At::Node(_))) {
            let (state, more, at) = self
                .nodes(store, place.as_ref(), &mut room, &mut part)
                .await?;
            let mut next = place.unwrap_or(Place {
                snapshot: state.place,
                taken: now,
                at: At::Node(String::new()),
            });
            next.at = match more {
                true => At::Node(at),
                false => At::Edge(String::new()),
            };
            identity = state.identity;
            place = Some(next);
        }
        let mut place = place.ok_or_else(Self::gone)?;
        // Without room too: whether this part is the last depends on whether there is an edge.
        if let At::Edge(after) = place.at.clone() {
            let (state, more, at) = self
                .edges(store, &place, &after, &mut room, &mut part)
                .await?;
            part.last = !more;
            place.at = At::Edge(at);
            identity = state.identity;
        }
        part.watch_token = feed::query(&identity).token(&place.snapshot);
        part.resume_token = self.query.token(&place);
        Ok(part)
    }

    fn begin(&self, store: &DgraphStore, snapshot: Option<u64>) -> Dql {
        let mut dql = Dql::new(META_BLOCK);
        if let Some(snapshot) = snapshot {
            feed::parts_after(&mut dql, snapshot, store.bounds.export_parts);
            dql.push(" { tl.feed.place tl.feed.first tl.feed.before }");
        }
        dql
    }

    /// The state as it is, and what was changed since the snapshot.
    fn since(&self, blocks: &mut Blocks, snapshot: Option<u64>) -> Result<(State, Undo), Error> {
        let state = Meta::of(std::mem::take(&mut blocks.meta))?.state;
        if let Some(snapshot) = snapshot {
            let all = blocks.f.last().is_none_or(|last| last.place == state.place);
            if !all || feed::is_cut(snapshot, state.place, blocks.f.first()) {
                return Err(Self::gone());
            }
        }
        let undo = Undo::of(&blocks.f)?;
        Ok((state, undo))
    }

    /// Whether there are more nodes than there was room for, and where to go on.
    async fn nodes(
        &self,
        store: &DgraphStore,
        place: Option<&Place>,
        room: &mut Room,
        part: &mut ExportPart,
    ) -> Result<(State, bool, String), Error> {
        let after = match place.map(|it| &it.at) {
            Some(At::Node(after)) => after.clone(),
            _ => String::new(),
        };
        let snapshot = place.map(|it| it.snapshot);
        let most = room.items + 1;
        let mut dql = self.begin(store, snapshot);
        dql.push(" n(func: gt(tl.id, ").value(&after);
        dql.push("), orderasc: tl.id, first: ")
            .int(int(most as u64))
            .push(")");
        if !self.request.node_types.is_empty() {
            dql.push(" @filter(eq(tl.type, ")
                .values(&self.request.node_types)
                .push("))");
        }
        dql.push(" { tl.id tl.type tl.properties tl.revision }");
        let rows = |it: &Blocks| it.n.len() + it.f.len();
        let mut blocks: Blocks = store.read(dql, rows).await?;
        let (state, undo) = self.since(&mut blocks, snapshot)?;
        let full = blocks.n.len() >= most;
        let end = blocks.n.last().filter(|_| full).map(|row| row.id.clone());
        let mut found: BTreeMap<String, (usize, Node)> = BTreeMap::new();
        for row in blocks
            .n
            .iter()
            .filter(|row| !undo.nodes.contains_key(&row.id))
        {
            found.insert(row.id.clone(), (row.bytes(), row.node()?));
        }
        let types = &self.request.node_types;
        for (id, node) in undo.nodes {
            let here = id > after && end.as_ref().is_none_or(|end| id <= *end);
            let Some(node) = node.filter(|_| here) else {
                continue;
            };
            if types.is_empty() || types.contains(&node.node_type) {
                let bytes = codec::encode(&node.properties)?.len();
                found.insert(id, (bytes, node));
            }
        }
        let mut at = after;
        for (id, (bytes, node)) in found {
            if !room.is_left() {
                return Ok((state, true, at));
            }
            room.take(bytes);
            part.nodes.push(node);
            at = id;
        }
        Ok(match end {
            Some(end) => (state, true, end),
            None => (state, false, at),
        })
    }

    /// The same of edges.
    async fn edges(
        &self,
        store: &DgraphStore,
        place: &Place,
        after: &str,
        room: &mut Room,
        part: &mut ExportPart,
    ) -> Result<(State, bool, String), Error> {
        let ExportGraph {
            node_types,
            edge_types,
            ..
        } = &self.request;
        let snapshot = Some(place.snapshot);
        let most = room.items + 1;
        let mut dql = self.begin(store, snapshot);
        dql.push(" e(func: gt(tl.key, ").value(after);
        dql.push("), orderasc: tl.key, first: ")
            .int(int(most as u64))
            .push(")");
        if !edge_types.is_empty() {
            dql.push(" @filter(eq(tl.edge_type, ")
                .values(edge_types)
                .push("))");
        }
        dql.push(" { tl.key tl.properties tl.source { tl.type } tl.target { tl.type } }");
        let rows = |it: &Blocks| it.e.len() + it.f.len();
        let mut blocks: Blocks = store.read(dql, rows).await?;
        let (state, undo) = self.since(&mut blocks, snapshot)?;
        let full = blocks.e.len() >= most;
        let end = match blocks.e.last().filter(|_| full) {
            Some(row) => Some(token::key(&row.key()?)),
            None => None,
        };
        let mut types: BTreeMap<String, String> = BTreeMap::new();
        let mut found: BTreeMap<String, (usize, Edge)> = BTreeMap::new();
        for row in &blocks.e {
            let edge = row.edge()?;
            types.insert(edge.key.from.clone(), row.source_type().to_owned());
            types.insert(edge.key.to.clone(), row.target_type().to_owned());
            let at = token::key(&edge.key);
            if !undo.edges.contains_key(&at) {
                found.insert(at, (row.bytes(), edge));
            }
        }
        for (at, edge) in undo.edges {
            let here = at.as_str() > after && end.as_ref().is_none_or(|end| at <= *end);
            let Some(edge) = edge.filter(|_| here) else {
                continue;
            };
            if edge_types.is_empty() || edge_types.contains(&edge.key.edge_type) {
                let bytes = codec::encode(&edge.properties)?.len();
                found.insert(at, (bytes, edge));
            }
        }
        if !node_types.is_empty() {
            let ends = found
                .values()
                .flat_map(|(_, edge)| [&edge.key.from, &edge.key.to]);
            let unknown =
                ends.filter(|id| !types.contains_key(*id) && !undo.nodes.contains_key(*id));
            let unknown: std::collections::BTreeSet<_> = unknown.cloned().collect();
            for (id, node) in node::get_many(store, unknown).await? {
                types.insert(id, node.node_type);
            }
            // As they were in the snapshot.
            for (id, node) in &undo.nodes {
                types.insert(
                    id.clone(),
                    node.as_ref()
                        .map_or_else(String::new, |it| it.node_type.clone()),
                );
            }
            let fits = |id: &String| types.get(id).is_some_and(|it| node_types.contains(it));
            found.retain(|_, (_, edge)| fits(&edge.key.from) && fits(&edge.key.to));
        }
        let mut at = after.to_owned();
        for (key, (bytes, edge)) in found {
            if !room.is_left() {
                return Ok((state, true, at));
            }
            room.take(bytes);
            part.edges.push(edge);
            at = key;
        }
        Ok(match end {
            Some(end) => (state, true, end),
            None => (state, false, at),
        })
    }
}

/// What still goes into a part.
struct Room {
    items: usize,
    bytes: usize,
}

impl Room {
    fn is_left(&self) -> bool {
        self.items > 0 && self.bytes > 0
    }

    /// Counts an item by its properties, which are all that can be large.
    fn take(&mut self, bytes: usize) {
        self.items -= 1;
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}
