//! The change feed: written with the change itself, kept within bounds, and with it what was there before, so that an
//! export can go back.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use throughline_dgraph_client::Dql;

use super::{
    DgraphStore,
    commit::{Commit, Forget, int},
    fault,
    load::Loaded,
    row::{META_BLOCK, Meta, MetaRow, State},
};
use crate::{
    ChangesPart, EdgeKey, Error, Limits, ReadChanges,
    changes::{self, Neighbours, micros, timestamp, wanted},
    codec,
    page::Query,
    plan::{self, Plan},
};

const FIELD: &str = "resume_token";

/// A part as it is written.
pub(super) struct Part {
    pub(super) place: u64,
    pub(super) first: u64,
    pub(super) committed: i64,
    pub(super) bytes: u64,
    pub(super) changes: String,
    pub(super) before: Option<String>,
}

/// A node's type, properties and revision.
type WasNode = (String, String, u64);

/// What a commit changed, as it was; nothing where it was not there.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Before {
    pub(super) nodes: Vec<(String, Option<WasNode>)>,
    pub(super) edges: Vec<(String, String, String, Option<String>)>,
}

/// A part as it is read.
#[derive(Deserialize)]
pub(super) struct PartRow {
    #[serde(rename = "tl.feed.place")]
    pub(super) place: u64,
    #[serde(rename = "tl.feed.first")]
    pub(super) first: u64,
    #[serde(rename = "tl.feed.committed", default)]
    committed: i64,
    #[serde(rename = "tl.feed.changes", default)]
    changes: String,
    #[serde(rename = "tl.feed.before", default)]
    pub(super) before: String,
}

#[derive(Deserialize)]
struct Found {
    meta: Vec<MetaRow>,
    #[serde(default)]
    f: Vec<PartRow>,
}

/// A token is good for its database, whatever the types that are watched.
pub(super) fn query(identity: &str) -> Query {
    Query::new(&("changes", identity))
}

/// Adds what the plan changes to the feed; returns how many changes that is.
pub(super) fn append(
    commit: &mut Commit,
    plan: &Plan,
    loaded: &Loaded,
    state: &mut State,
    now: std::time::SystemTime,
    limits: &Limits,
) -> Result<u64, Error> {
    let begun = state.place;
    let mut before = Some(json(&before(plan, loaded)?)?);
    let mut neighbours = Neighbours::new();
    for (key, there) in &loaded.edges {
        let Some((from, to)) = &there.types else {
            continue;
        };
        for (id, other) in [(&key.from, to), (&key.to, from)] {
            if plan.drop_nodes.contains(id) {
                neighbours
                    .entry(id.clone())
                    .or_default()
                    .insert(other.clone());
            }
        }
    }
    let kept = changes::kept(plan, &loaded.stored, &neighbours)?;
    let mut kept = kept.into_iter().peekable();
    let (mut part, mut size) = (Vec::new(), 0);
    while let Some(change) = kept.next() {
        let change = json(&change)?;
        size += change.len();
        part.push(change);
        let full = part.len() >= limits.feed_part_changes || size >= limits.part_bytes;
        if full || kept.peek().is_none() {
            let first = state.place + 1;
            let before = before.take();
            state.place += part.len() as u64;
            state.bytes += (size + before.as_ref().map_or(0, String::len)) as u64;
            commit.feed(Part {
                place: state.place,
                first,
                committed: micros(now),
                bytes: state.bytes,
                changes: format!("[{}]", part.join(",")),
                before,
            });
            part.clear();
            size = 0;
        }
    }
    let age = i64::try_from(limits.feed_age.as_micros()).unwrap_or(i64::MAX);
    commit.forget(Forget {
        place: int(state.place.saturating_sub(limits.feed_changes as u64)),
        committed: micros(now).saturating_sub(age),
        bytes: int(state.bytes.saturating_sub(limits.feed_bytes as u64)),
    });
    Ok(state.place - begun)
}

fn json(it: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(it).map_err(|error| Error::Internal(error.to_string()))
}

fn before(plan: &Plan, loaded: &Loaded) -> Result<Before, Error> {
    let mut before = Before::default();
    let put = plan.put_nodes.iter().map(|it| &it.id);
    let put = put.filter(|id| !plan.drop_nodes.contains(*id));
    for id in put.chain(&plan.drop_nodes) {
        let node = loaded.stored.nodes.get(id);
        let node = node.map(|it| {
            let revision = plan::revision(&it.etag);
            Ok::<_, Error>((
                it.node_type.clone(),
                codec::encode(&it.properties)?,
                revision,
            ))
        });
        before.nodes.push((id.clone(), node.transpose()?));
    }
    let mut note = |key: &EdgeKey, there: Option<&crate::Properties>| {
        let EdgeKey {
            from,
            edge_type,
            to,
        } = key.clone();
        let properties = there.map(codec::encode).transpose()?;
        before.edges.push((from, edge_type, to, properties));
        Ok::<_, Error>(())
    };
    let named: HashSet<_> = plan
        .put_edges
        .iter()
        .map(|it| &it.key)
        .chain(&plan.drop_edges)
        .collect();
    for (key, there) in &loaded.edges {
        let falls = plan.drop_nodes.contains(&key.from) || plan.drop_nodes.contains(&key.to);
        if falls || named.contains(key) {
            note(key, Some(&there.properties))?;
        }
    }
    for edge in &plan.put_edges {
        if !loaded.edges.contains_key(&edge.key) {
            note(&edge.key, None)?;
        }
    }
    Ok(before)
}

/// The places after one, of so many parts.
pub(super) fn parts_after(dql: &mut Dql, after: u64, parts: usize) {
    dql.push(" f(func: gt(tl.feed.place, ").int(int(after));
    dql.push("), orderasc: tl.feed.place, first: ")
        .int(int(parts as u64));
    dql.push(")");
}

/// That what follows a place is no longer all there.
pub(super) fn is_cut(after: u64, end: u64, first: Option<&PartRow>) -> bool {
    match first {
        Some(row) => row.first > after + 1,
        None => after != end,
    }
}

/// The first part after the token that has something of what is asked for.
pub(super) async fn read(store: &DgraphStore, request: &ReadChanges) -> Result<ChangesPart, Error> {
    // The place can be read from a token before the database's identity is known, which it is held against afterwards.
    let limits = store.limits.as_ref();
    let asked = Query::unchecked::<u64>(FIELD, &request.resume_token, limits)?;
    let mut dql = Dql::new(META_BLOCK);
    if let Some(after) = asked {
        parts_after(&mut dql, after, store.bounds.feed_parts);
        dql.push(" { tl.feed.place tl.feed.first tl.feed.committed tl.feed.changes }");
    }
    let found: Found = store.read(dql, |it: &Found| it.f.len()).await?;
    let state = Meta::of(found.meta)?.state;
    let query = query(&state.identity);
    let after = query.place_of(FIELD, &request.resume_token, limits)?;
    let after: u64 = after.unwrap_or(state.place);
    if after > state.place || is_cut(after, state.place, found.f.first()) && asked.is_some() {
        return Err(Error::OutOfRange {
            field: FIELD,
            problem: "the changes after it are no longer kept; export the graph again and \
                      go on from that export's watch_token"
                .to_owned(),
        });
    }
    let mut part = ChangesPart::default();
    let mut at = after;
    for row in found.f {
        at = row.place;
        part.changes = wanted(&row.changes, &request.node_types)?;
        if !part.changes.is_empty() {
            part.committed = Some(timestamp(row.committed));
            break;
        }
    }
    part.caught_up = at == state.place;
    part.resume_token = query.token(&at);
    Ok(part)
}

impl Before {
    pub(super) fn of(row: &PartRow) -> Result<Option<Self>, Error> {
        match row.before.is_empty() {
            true => Ok(None),
            false => serde_json::from_str(&row.before)
                .map(Some)
                .map_err(|_| fault::damaged("the feed")),
        }
    }
}
