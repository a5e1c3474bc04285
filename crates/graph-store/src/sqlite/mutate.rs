//! Writing: read what the mutations name, plan, write the difference in bulk.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use super::{
    caller::Caller,
    codec, enforce, fault,
    feed::{self, Feed},
    node, schema, search, statement, stats,
};
use crate::{
    Applied, ApplyMutations, EdgeKey, Error, Mutation, MutationResult, Node,
    plan::{self, Plan, Stored},
};

const BEGIN: &str = "BEGIN IMMEDIATE";
const COMMIT: &str = "COMMIT";
const ROLLBACK: &str = "ROLLBACK";
const REVISION: &str = "SELECT revision FROM counter";
const SET_REVISION: &str = "UPDATE counter SET revision = ?1";
const KEYS: &str = "SELECT n.id, n.key FROM json_each(?1) AS wanted \
     CROSS JOIN node AS n ON n.id = wanted.value";
const DROP_LEAVING: &str = "DELETE FROM edge \
     WHERE source IN (SELECT value FROM json_each(?1)) RETURNING type";
const DROP_ENTERING: &str = "DELETE FROM edge \
     WHERE target IN (SELECT value FROM json_each(?1)) RETURNING type";
const DROP_NODES: &str = "DELETE FROM node \
     WHERE id IN (SELECT value FROM json_each(?1)) RETURNING key, type";
const PUT_NODE: &str = "INSERT INTO node (key, id, type, properties, revision) \
     VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (key) DO UPDATE \
     SET type = excluded.type, properties = excluded.properties, revision = excluded.revision";
const LAST_KEY: &str = "SELECT coalesce(max(key), 0) FROM node";
const DROP_TEXT: &str = "DELETE FROM node_text WHERE rowid = ?1";
const PUT_TEXT: &str = "INSERT INTO node_text (rowid, id, properties) VALUES (?1, ?2, ?3)";
const DROP_EDGE: &str = "DELETE FROM edge WHERE source = ?1 AND type = ?2 AND target = ?3";
const PUT_EDGE: &str = "INSERT INTO edge (source, type, target, properties) \
     VALUES (?1, ?2, ?3, ?4) \
     ON CONFLICT (source, type, target) DO UPDATE SET properties = excluded.properties";
const ADD_TALLY: &str = "INSERT INTO tally (kind, type, count) VALUES (?1, ?2, ?3) \
     ON CONFLICT (kind, type) DO UPDATE SET count = count + excluded.count";
const FORGET: &str = "DELETE FROM kept_answer WHERE kept_since <= ?1";
const KEPT: &str = "SELECT digest, results FROM kept_answer WHERE key = ?1";
const KEEP: &str = "INSERT INTO kept_answer (key, digest, results, kept_since) \
     VALUES (?1, ?2, ?3, ?4)";

pub(super) fn apply(
    db: &Connection,
    caller: &Caller,
    request: &ApplyMutations,
    feed: &Feed<'_>,
) -> Result<Applied, Error> {
    let answer = match request.idempotency_key.is_empty() {
        true => None,
        false => Some(KeptAnswer::new(request, feed.now)?),
    };
    transaction(db, caller, || {
        if let Some(answer) = &answer
            && let Some(results) = answer.find(db, feed.limits.idempotency_kept)?
        {
            return Ok(Applied {
                results,
                replayed: true,
            });
        }
        let results = change(db, feed, &request.mutations, |index| {
            format!("mutations[{index}]")
        })?;
        if let Some(answer) = &answer {
            answer.keep(db, &results)?;
        }
        Ok(Applied {
            results,
            replayed: false,
        })
    })
}

/// Runs `work` between BEGIN and COMMIT; whatever goes wrong, nothing is changed.
pub(super) fn transaction<T>(
    db: &Connection,
    caller: &Caller,
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    /// Rolls back on the way out, a panic included, unless the commit was done.
    struct Open<'a>(&'a Connection);
    impl Drop for Open<'_> {
        fn drop(&mut self) {
            if !self.0.is_autocommit()
                && let Err(error) = statement::execute(self.0, ROLLBACK, [])
            {
                tracing::warn!(%error, "a transaction could not be rolled back");
            }
        }
    }
    statement::execute(db, BEGIN, [])?;
    let _open = Open(db);
    schema::refuse_newer(db)?;
    let result = work()?;
    caller.still_waits()?;
    statement::execute(db, COMMIT, [])?;
    Ok(result)
}

/// Applies the mutations within a transaction; `subject` names the one with an index.
pub(super) fn change(
    db: &Connection,
    feed: &Feed<'_>,
    mutations: &[Mutation],
    subject: impl Fn(usize) -> String,
) -> Result<Vec<MutationResult>, Error> {
    let stored = load(db, mutations)?;
    let plan = plan::plan(mutations, &stored, &subject)?;
    if !plan.changes_nothing() {
        let neighbours = feed::neighbours(db, &plan)?;
        write(db, &plan, &stored)?;
        enforce::enforce(db, &plan, &stored, mutations, subject)?;
        feed.append(db, &plan, &stored, &neighbours)?;
    }
    // A node that came and went within the call has used up an etag, too.
    if plan.revision != stored.revision {
        statement::execute(db, SET_REVISION, [plan.revision])?;
    }
    Ok(plan.results)
}

fn load(db: &Connection, mutations: &[Mutation]) -> Result<Stored, Error> {
    let (ids, keys) = plan::named(mutations);
    let mut stored = Stored::default();
    statement::rows(db, REVISION, [], |row| {
        stored.revision = row.get(0).map_err(fault::error)?;
        Ok(())
    })?;
    if !ids.is_empty() {
        let nodes = node::get_many(db, ids)?.into_iter();
        stored.nodes = nodes.map(|node| (node.id.clone(), node)).collect();
    }
    if !keys.is_empty() {
        let edges = node::edges_many(db, keys)?.into_iter();
        stored.edges = edges.map(|edge| (edge.key, edge.properties)).collect();
    }
    Ok(stored)
}

fn write(db: &Connection, plan: &Plan, stored: &Stored) -> Result<(), Error> {
    let mut tally = Tally::default();
    if !plan.drop_nodes.is_empty() {
        drop_nodes(db, plan, &mut tally)?;
    }
    if !plan.put_nodes.is_empty() {
        put_nodes(db, plan, stored, &mut tally)?;
    }
    for key in &plan.drop_edges {
        tally.add(stats::EDGE, &key.edge_type, -1);
    }
    statement::batch(db, DROP_EDGE, plan.drop_edges.iter(), |key| {
        (&key.from, &key.edge_type, &key.to)
    })?;
    let mut edges = Vec::with_capacity(plan.put_edges.len());
    for edge in &plan.put_edges {
        let EdgeKey {
            from,
            edge_type,
            to,
        } = &edge.key;
        let survives = [from, to].iter().all(|id| !plan.drop_nodes.contains(*id));
        if !(survives && stored.edges.contains_key(&edge.key)) {
            tally.add(stats::EDGE, edge_type, 1);
        }
        edges.push((from, edge_type, to, codec::encode(&edge.properties)?));
    }
    statement::batch(db, PUT_EDGE, edges.into_iter(), |edge| edge)?;
    let tally = tally.0.into_iter().filter(|(_, count)| *count != 0);
    let tally: Vec<_> = tally.collect();
    statement::batch(db, ADD_TALLY, tally.iter(), |((kind, name), count)| {
        (kind, name, count)
    })
}

fn drop_nodes(db: &Connection, plan: &Plan, tally: &mut Tally) -> Result<(), Error> {
    let ids = node::json(&plan.drop_nodes)?;
    for sql in [DROP_LEAVING, DROP_ENTERING] {
        statement::rows(db, sql, [&ids], |row| {
            let edge_type: String = row.get(0).map_err(fault::error)?;
            tally.add(stats::EDGE, &edge_type, -1);
            Ok(())
        })?;
    }
    let keys = statement::rows(db, DROP_NODES, [&ids], |row| {
        let node_type: String = row.get(1).map_err(fault::error)?;
        tally.add(stats::NODE, &node_type, -1);
        row.get::<_, i64>(0).map_err(fault::error)
    })?;
    statement::batch(db, DROP_TEXT, keys.iter(), |key| [key])
}

fn put_nodes(
    db: &Connection,
    plan: &Plan,
    stored: &Stored,
    tally: &mut Tally,
) -> Result<(), Error> {
    let before = |node: &Node| {
        let stays = !plan.drop_nodes.contains(&node.id);
        stored.nodes.get(&node.id).filter(|_| stays)
    };
    let replaced: Vec<_> = plan.put_nodes.iter().filter_map(before).collect();
    let mut keys: HashMap<String, i64> = HashMap::new();
    if !replaced.is_empty() {
        let ids = node::json(&replaced.iter().map(|node| &node.id).collect::<Vec<_>>())?;
        statement::rows(db, KEYS, [ids], |row| {
            keys.insert(
                row.get(0).map_err(fault::error)?,
                row.get(1).map_err(fault::error)?,
            );
            Ok(())
        })?;
    }
    statement::batch(db, DROP_TEXT, keys.values(), |key| [key])?;
    for node in replaced {
        tally.add(stats::NODE, &node.node_type, -1);
    }
    let last = statement::rows(db, LAST_KEY, [], |row| {
        row.get::<_, i64>(0).map_err(fault::error)
    });
    let mut last = last?.first().copied().unwrap_or(0);
    let mut rows = Vec::with_capacity(plan.put_nodes.len());
    let mut texts = Vec::with_capacity(plan.put_nodes.len());
    for node in &plan.put_nodes {
        tally.add(stats::NODE, &node.node_type, 1);
        let key = *keys.entry(node.id.clone()).or_insert_with(|| {
            last += 1;
            last
        });
        let properties = codec::encode(&node.properties)?;
        let revision = plan::revision(&node.etag);
        rows.push((key, &node.id, &node.node_type, properties, revision));
        let (id, properties) = search::indexed(node);
        texts.push((key, id, properties));
    }
    statement::batch(db, PUT_NODE, rows.into_iter(), |row| row)?;
    statement::batch(db, PUT_TEXT, texts.into_iter(), |row| row)
}

/// How the counts by kind and type change.
#[derive(Default)]
struct Tally(BTreeMap<(&'static str, String), i64>);

impl Tally {
    fn add(&mut self, kind: &'static str, name: &str, count: i64) {
        *self.0.entry((kind, name.to_owned())).or_default() += count;
    }
}

/// The answer kept under an idempotency key.
struct KeptAnswer<'a> {
    key: &'a str,
    digest: [u8; 32],
    /// Seconds since the epoch.
    now: i64,
}

impl<'a> KeptAnswer<'a> {
    fn new(request: &'a ApplyMutations, now: SystemTime) -> Result<Self, Error> {
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Self {
            key: &request.idempotency_key,
            digest: Sha256::digest(node::json(&request.mutations)?).into(),
            now: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        })
    }

    /// Forgets what is too old; then the answer to the same mutations, if there is one.
    fn find(&self, db: &Connection, kept: Duration) -> Result<Option<Vec<MutationResult>>, Error> {
        let kept = i64::try_from(kept.as_secs()).unwrap_or(i64::MAX);
        statement::execute(db, FORGET, [self.now.saturating_sub(kept)])?;
        let found = statement::rows(db, KEPT, [self.key], |row| {
            let digest: [u8; 32] = row.get(0).map_err(fault::error)?;
            Ok((digest, row.get::<_, String>(1).map_err(fault::error)?))
        })?;
        match found.first() {
            None => Ok(None),
            Some((digest, _)) if *digest != self.digest => Err(Error::invalid(
                "idempotency_key",
                "it was used within the last day with other mutations; choose another",
            )),
            Some((_, results)) => serde_json::from_str(results)
                .map(Some)
                .map_err(|error| Error::Internal(error.to_string())),
        }
    }

    fn keep(&self, db: &Connection, results: &[MutationResult]) -> Result<(), Error> {
        let results = node::json(&results)?;
        statement::execute(db, KEEP, (self.key, self.digest, results, self.now))?;
        Ok(())
    }
}
