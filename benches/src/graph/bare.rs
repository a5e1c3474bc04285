//! The same statements by `rusqlite` alone: what can be known before is, such as the
//! JSON of lists and of the change feed.

use std::path::Path;

use rusqlite::{Connection, params};
use throughline_graph_store::ImportBatch;

const GET: &str = "SELECT id, type, properties, revision FROM node WHERE id = ?1";
const OUT: &str = "SELECT e.source, e.type, e.target, e.properties FROM edge AS e \
     WHERE e.source = ?1 ORDER BY e.type, e.target LIMIT ?2";
const GET_MANY: &str = "SELECT n.id, n.type, n.properties, n.revision \
     FROM json_each(?1) AS wanted CROSS JOIN node AS n ON n.id = wanted.value";
const EDGES_MANY: &str = "SELECT e.source, e.type, e.target, e.properties \
     FROM json_each(?1) AS wanted CROSS JOIN edge AS e ON e.source = wanted.value ->> 0 \
     AND e.type = wanted.value ->> 1 AND e.target = wanted.value ->> 2";
const PUT_NODE: &str = "INSERT INTO node (key, id, type, properties, revision) \
     VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (key) DO UPDATE \
     SET type = excluded.type, properties = excluded.properties, revision = excluded.revision";
const PUT_TEXT: &str = "INSERT INTO node_text (rowid, id, properties) VALUES (?1, ?2, ?3)";
const PUT_EDGE: &str = "INSERT INTO edge (source, type, target, properties) \
     VALUES (?1, ?2, ?3, ?4) \
     ON CONFLICT (source, type, target) DO UPDATE SET properties = excluded.properties";
const APPEND: &str = "INSERT INTO feed (place, first, committed, bytes, changes) \
     VALUES (?1, ?2, ?3, ?4, ?5)";
/// Changes in a row of the feed, as the store cuts them.
const FEED_PART: usize = 500;
const FEED_KEPT: i64 = 100_000;

/// Opens a database that the store made, as durable as the store has it.
pub(super) fn open(path: &Path) -> anyhow::Result<Connection> {
    let db = Connection::open(path)?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// A batch as its statements take it.
pub(super) struct Rows {
    ids: String,
    keys: String,
    nodes: Vec<(String, String, String, String)>,
    edges: Vec<(String, String, String)>,
    feed: Vec<(usize, String)>,
}

impl Rows {
    pub(super) fn new(batch: &ImportBatch) -> Self {
        let quoted = |text: &str| format!("\"{text}\"");
        let node_ids = batch.nodes.iter().map(|node| quoted(&node.id));
        let ends = batch.edges.iter();
        let ends = ends.flat_map(|edge| [quoted(&edge.key.from), quoted(&edge.key.to)]);
        let mut ids: Vec<_> = node_ids.chain(ends).collect();
        ids.sort_unstable();
        ids.dedup();
        // In the order of their keys, as the store writes a batch: another order would touch more pages.
        let mut edges: Vec<_> = batch
            .edges
            .iter()
            .map(|edge| {
                let key = edge.key.clone();
                (key.from, key.edge_type, key.to)
            })
            .collect();
        edges.sort_unstable();
        let keys = edges
            .iter()
            .map(|(from, kind, to)| format!(r#"["{from}","{kind}","{to}"]"#));
        let keys: Vec<_> = keys.collect();
        let nodes = batch.nodes.iter().enumerate().map(|(n, node)| {
            let properties = format!(r#"{{"name":"number {n}"}}"#);
            let words = node.id.replace(':', " ");
            (node.id.clone(), properties, words, format!("number {n}"))
        });
        let nodes: Vec<_> = nodes.collect();
        let puts = nodes.iter().map(|(id, properties, ..)| {
            let properties = properties.replace('"', "\\\"");
            format!(
                r#"{{"types":["Node"],"change":{{"node_put":["{id}","Node","{properties}",1]}}}}"#
            )
        });
        let links = edges.iter().map(|(from, kind, to)| {
            format!(
                r#"{{"types":["Node"],"change":{{"edge_put":["{from}","{kind}","{to}","{{}}"]}}}}"#
            )
        });
        let changes: Vec<_> = puts.chain(links).collect();
        let feed = changes.chunks(FEED_PART);
        Self {
            ids: format!("[{}]", ids.join(",")),
            keys: format!("[{}]", keys.join(",")),
            nodes,
            edges,
            feed: feed
                .map(|part| (part.len(), format!("[{}]", part.join(","))))
                .collect(),
        }
    }
}

/// Writes batches, one transaction each.
pub(super) fn import(db: &Connection, batches: &[Rows]) -> anyhow::Result<()> {
    let (mut key, mut place, mut bytes) = (0_i64, 0_i64, 0_i64);
    for rows in batches {
        db.execute_batch("BEGIN IMMEDIATE")?;
        for (sql, list) in [(GET_MANY, &rows.ids), (EDGES_MANY, &rows.keys)] {
            let mut statement = db.prepare_cached(sql)?;
            let mut found = statement.query([list])?;
            while let Some(row) = found.next()? {
                std::hint::black_box(row.get::<_, String>(0)?);
            }
        }
        let mut node = db.prepare_cached(PUT_NODE)?;
        let mut text = db.prepare_cached(PUT_TEXT)?;
        for (id, properties, words, names) in &rows.nodes {
            key += 1;
            node.execute(params![key, id, "Node", properties, key])?;
            text.execute(params![key, words, names])?;
        }
        let mut edge = db.prepare_cached(PUT_EDGE)?;
        for (from, kind, to) in &rows.edges {
            edge.execute(params![from, kind, to, "{}"])?;
        }
        let mut append = db.prepare_cached(APPEND)?;
        for (count, part) in &rows.feed {
            let first = place + 1;
            place += i64::try_from(*count)?;
            bytes += i64::try_from(part.len())?;
            append.execute(params![place, first, 0, bytes, part])?;
        }
        db.prepare_cached("DELETE FROM feed WHERE place <= ?1")?
            .execute([place - FEED_KEPT])?;
        db.execute_batch("COMMIT")?;
    }
    Ok(())
}

/// Reads one node.
pub(super) fn get(db: &Connection, id: &str) -> anyhow::Result<()> {
    let mut statement = db.prepare_cached(GET)?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        let text = |at| row.get::<_, String>(at);
        std::hint::black_box((text(0)?, text(1)?, text(2)?, row.get::<_, i64>(3)?));
    }
    Ok(())
}

/// Three levels from a node, within `fan_out` and `most` nodes: edges node by node, the
/// nodes of a piece at once. Returns how many nodes and edges it read.
pub(super) fn traverse(
    db: &Connection,
    start: &str,
    fan_out: usize,
    most: usize,
) -> anyhow::Result<(usize, usize)> {
    const PIECE: usize = 8;
    let mut seen = std::collections::HashSet::from([start.to_owned()]);
    let (mut level, mut edges) = (vec![start.to_owned()], 0);
    for _ in 0..3 {
        let mut next = Vec::new();
        for piece in level.chunks(PIECE) {
            let mut fresh = Vec::new();
            let mut statement = db.prepare_cached(OUT)?;
            for near in piece {
                let mut rows = statement.query(params![near, i64::try_from(fan_out)?])?;
                while let Some(row) = rows.next()? {
                    let text = |at| row.get::<_, String>(at);
                    let far = text(2)?;
                    std::hint::black_box((text(0)?, text(1)?, text(3)?));
                    edges += 1;
                    if seen.len() < most && seen.insert(far.clone()) {
                        fresh.push(far);
                    }
                }
            }
            let ids = format!("[\"{}\"]", fresh.join("\",\""));
            let mut statement = db.prepare_cached(GET_MANY)?;
            let mut rows = statement.query([ids])?;
            while let Some(row) = rows.next()? {
                let text = |at| row.get::<_, String>(at);
                std::hint::black_box((text(0)?, text(1)?, text(2)?, row.get::<_, i64>(3)?));
            }
            next.append(&mut fresh);
        }
        next.sort_unstable();
        level = next;
    }
    Ok((seen.len(), edges))
}
