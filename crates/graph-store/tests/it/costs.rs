//! What calls cost, by counts: rows read, steps of SQLite's machine, who waits for whom. No clocks.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use rusqlite::{Connection, StatementStatus, params_from_iter, types::Value};
use throughline_graph_store::{
    Direction, Edge, FindPath, GetNode, GraphStore, ImportBatch, ListNodes, Node, PlainRunner,
    SqliteLimits, SqliteOptions, Traverse,
};
use tokio::task::JoinSet;

use crate::{
    backends::{Inline, Sqlite},
    capture::captured,
    contract::levels,
};

/// Nodes `n0`, `n1` … and edges between them, of which few nodes have most.
async fn skewed(store: &impl GraphStore, nodes: u64, edges: usize) -> BTreeSet<(u64, u64)> {
    let mut chance = StdRng::seed_from_u64(5);
    let mut pairs = BTreeSet::new();
    while pairs.len() < edges {
        let mut skewed = || {
            let draw = chance.random::<f64>();
            ((draw * draw * nodes as f64) as u64).min(nodes - 1)
        };
        pairs.insert((skewed(), skewed()));
    }
    let all = (0..nodes).map(|n| Node::new(format!("n{n}"), "T"));
    let batch = ImportBatch {
        nodes: all.collect(),
        ..ImportBatch::default()
    };
    store.import_batch(batch).await.unwrap();
    let all: Vec<_> = pairs.iter().collect();
    for some in all.chunks(5_000) {
        let edge = |(from, to): &&(u64, u64)| Edge::new(format!("n{from}"), "E", format!("n{to}"));
        let batch = ImportBatch {
            edges: some.iter().map(edge).collect(),
            ..ImportBatch::default()
        };
        store.import_batch(batch).await.unwrap();
    }
    pairs
}

/// The edges that leave each level from a node, or enter it, one way.
fn level_costs(from: u64, links: &BTreeMap<u64, Vec<u64>>) -> (Vec<usize>, BTreeMap<u64, usize>) {
    let (mut costs, mut depths, mut level) = (Vec::new(), BTreeMap::from([(from, 0)]), vec![from]);
    while !level.is_empty() {
        let next: Vec<_> = level.iter().flat_map(|n| links.get(n)).flatten().collect();
        costs.push(next.len());
        let depth = costs.len();
        let fresh = next.into_iter().filter(|n| {
            let unseen = !depths.contains_key(n);
            depths.entry(**n).or_insert(depth);
            unseen
        });
        level = fresh.copied().collect();
    }
    (costs, depths)
}

#[tokio::test]
async fn a_path_search_reads_hardly_more_than_the_best_meeting_of_both_ends() {
    let backend = Sqlite::in_memory();
    let store = backend.open(SqliteOptions::default(), Inline);
    let pairs = skewed(&store, 1_500, 5_000).await;
    let (mut out, mut into) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
    for (from, to) in pairs {
        out.entry(from).or_default().push(to);
        into.entry(to).or_default().push(from);
    }
    let (mut read, mut least, mut far) = (0, 0, 0);
    for n in 0..60_u64 {
        let (from, to) = (1_499 - n * 7, 1_400 - n * 11);
        let (forward, depths) = level_costs(from, &out);
        let (backward, _) = level_costs(to, &into);
        let Some(&length) = depths.get(&to).filter(|length| **length >= 4) else {
            continue;
        };
        far += 1;
        let meeting = |ahead: usize| -> usize {
            let behind = backward.iter().take(length - ahead);
            forward.iter().take(ahead).chain(behind).sum()
        };
        least += (0..=length).map(meeting).min().unwrap();
        let request = FindPath {
            from: format!("n{from}"),
            to: format!("n{to}"),
            direction: Direction::Out,
            ..FindPath::default()
        };
        let (path, spans) = captured(store.find_path(request)).await;
        assert_eq!(path.unwrap().unwrap().edges.len(), length);
        let levels = spans
            .iter()
            .map(|it| (&it["db.query.text"], &it["db.response.returned_rows"]))
            .filter(|(text, _)| text.starts_with("SELECT e.") && text.contains("AS near"));
        let rows = levels.map(|(_, rows)| rows.parse::<usize>().unwrap());
        read += rows.sum::<usize>();
    }
    assert!(far >= 20, "only {far} pairs are far from one another");
    let ratio = read as f64 / least as f64;
    // 1.2 is asked for; by the count of nodes alone it would be 1.15 here, and 1.7 on a graph of a million.
    assert!(
        ratio <= 1.1,
        "{read} edges were read where {least} would do: {ratio:.2}"
    );
}

#[tokio::test]
async fn page_1000_of_a_list_costs_what_page_1_costs() {
    const SIZE: usize = 2;
    let backend = Sqlite::in_memory();
    let store = backend.open(SqliteOptions::default(), Inline);
    let batch = ImportBatch {
        nodes: (0..2_100)
            .map(|n| Node::new(format!("n{n:05}"), "T"))
            .collect(),
        ..ImportBatch::default()
    };
    store.import_batch(batch).await.unwrap();
    for order_by in ["", "id desc", "type"] {
        let mut request = ListNodes {
            order_by: order_by.into(),
            page_size: SIZE,
            ..ListNodes::default()
        };
        let mut costs = Vec::new();
        for page in 1..=1_000 {
            let (answer, spans) = captured(store.list_nodes(request.clone())).await;
            let answer = answer.unwrap();
            if page == 2 || page == 1_000 {
                assert_eq!(spans.len(), 1);
                // As the store runs it: a page after this one ends where its last node is.
                let place = &request.page_token;
                assert!(!place.is_empty());
                let last = match order_by {
                    "id desc" => format!("n{:05}", 2_100 - (page - 1) * SIZE),
                    _ => format!("n{:05}", (page - 1) * SIZE - 1),
                };
                costs.push(steps(
                    &backend,
                    &spans[0]["db.query.text"],
                    order_by,
                    &last,
                    SIZE,
                ));
            }
            request.page_token = answer.next_page_token;
        }
        let (first, last) = (costs[0], costs[1]);
        assert!(
            first > 0 && last <= first + 5,
            "by {order_by:?}: {first} steps, then {last}"
        );
    }
}

/// The steps that SQLite's machine takes for a page after the node `last`.
fn steps(backend: &Sqlite, sql: &str, order_by: &str, last: &str, size: usize) -> i32 {
    let connection = Connection::open(backend.path()).unwrap();
    let mut statement = connection.prepare(sql).unwrap();
    let most = size + 1;
    let place = match order_by {
        "type" => vec!["T", last],
        _ => vec![last],
    };
    let place = place.into_iter().map(|it| Value::from(it.to_owned()));
    let bound = place.chain([Value::from(i64::try_from(most).unwrap())]);
    let rows = statement.query_map(params_from_iter(bound), |_| Ok(()));
    assert_eq!(rows.unwrap().count(), most, "{sql}");
    statement.get_status(StatementStatus::VmStep)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_reader_waits_for_the_writer() {
    const READERS: usize = 64;
    let backend = Sqlite::default();
    let sqlite = SqliteLimits {
        busy_timeout: Duration::from_secs(600),
        ..SqliteLimits::default()
    };
    let options = SqliteOptions {
        sqlite,
        ..SqliteOptions::default()
    };
    let store = Arc::new(backend.open(options, PlainRunner));
    let nodes = ["a", "b"].map(|id| Node::new(id, "T")).into();
    let edges = vec![Edge::new("a", "E", "b")];
    let batch = ImportBatch {
        nodes,
        edges,
        step: None,
    };
    store.import_batch(batch).await.unwrap();
    // A write that is in the middle, and one of the store's own that waits for it.
    let other = Connection::open(backend.path()).unwrap();
    other
        .execute_batch("BEGIN IMMEDIATE; UPDATE counter SET revision = 99")
        .unwrap();
    let mut writer = JoinSet::new();
    let writing = Arc::clone(&store);
    writer.spawn(async move {
        let batch = ImportBatch {
            nodes: vec![Node::new("c", "T")],
            ..ImportBatch::default()
        };
        writing.import_batch(batch).await.unwrap();
    });
    let mut readers = JoinSet::new();
    for reader in 0..READERS {
        let store = Arc::clone(&store);
        readers.spawn(async move {
            let id = || "a".to_owned();
            match reader % 4 {
                0 => drop(
                    store
                        .get_node(GetNode {
                            id: id(),
                            ..GetNode::default()
                        })
                        .await
                        .unwrap(),
                ),
                1 => drop(store.list_nodes(ListNodes::default()).await.unwrap()),
                2 => {
                    let request = FindPath {
                        from: id(),
                        to: "b".into(),
                        ..FindPath::default()
                    };
                    assert!(store.find_path(request).await.unwrap().is_some());
                }
                _ => {
                    let start = vec![id()];
                    let request = Traverse {
                        start,
                        ..Traverse::default()
                    };
                    assert_eq!(levels(&*store, request).await.unwrap().0.len(), 2);
                }
            }
        });
    }
    let mut read = 0;
    while let Some(done) = readers.join_next().await {
        done.unwrap();
        read += 1;
        assert!(writer.try_join_next().is_none(), "the writer was to wait");
    }
    assert_eq!(read, READERS);
    other.execute_batch("ROLLBACK").unwrap();
    writer.join_next().await.unwrap().unwrap();
    assert_eq!(store.stats().await.unwrap().node_count, 3);
}
