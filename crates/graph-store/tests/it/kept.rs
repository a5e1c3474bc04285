//! What SQLite keeps for how long, and how much of it goes out at once.

use std::time::{Duration, SystemTime};

use throughline_graph_store::{
    Error, ExportGraph, GraphStore, ImportBatch, ImportStep, Node, PlainRunner, ReadChanges,
    ReadImport, SqliteOptions, SqliteStore,
};

use crate::backends::Sqlite;

fn one(id: &str) -> ImportBatch {
    ImportBatch {
        nodes: vec![Node::new(id, "T")],
        ..ImportBatch::default()
    }
}

#[tokio::test]
async fn how_far_an_import_has_come_is_forgotten_after_a_week() {
    const HOUR: Duration = Duration::from_secs(3_600);
    let backend = Sqlite::default();
    let open = |now: fn() -> SystemTime| {
        let options = SqliteOptions {
            now,
            ..SqliteOptions::default()
        };
        backend.open(options, PlainRunner)
    };
    let batch = |import_id: &str| ImportBatch {
        step: Some(ImportStep {
            import_id: import_id.into(),
            sequence: 1,
        }),
        ..ImportBatch::default()
    };
    let read = |import_id: &str| ReadImport {
        import_id: import_id.into(),
    };
    let store = open(|| SystemTime::UNIX_EPOCH + 1_000 * HOUR);
    store.import_batch(batch("old")).await.unwrap();
    let store = open(|| SystemTime::UNIX_EPOCH + 1_167 * HOUR);
    store.import_batch(batch("new")).await.unwrap();
    assert_eq!(store.read_import(read("old")).await.unwrap(), 1);
    let store = open(|| SystemTime::UNIX_EPOCH + 1_168 * HOUR);
    store.import_batch(batch("other")).await.unwrap();
    assert_eq!(store.read_import(read("old")).await.unwrap(), 0);
    assert_eq!(store.read_import(read("new")).await.unwrap(), 1);
}

#[tokio::test]
async fn the_feed_is_bounded_in_bytes_and_age() {
    const DAY: Duration = Duration::from_secs(24 * 3_600);
    let backend = Sqlite::default();
    let open = |now: fn() -> SystemTime, feed_bytes| {
        let mut options = SqliteOptions {
            now,
            ..SqliteOptions::default()
        };
        options.limits.feed_bytes = feed_bytes;
        backend.open(options, PlainRunner)
    };
    let now = async |store: &SqliteStore<PlainRunner>| {
        let part = store.read_changes(ReadChanges::default()).await.unwrap();
        part.resume_token
    };
    let is_kept = async |store: &SqliteStore<PlainRunner>, token: &str| {
        let resume_token = token.into();
        let request = ReadChanges {
            resume_token,
            ..ReadChanges::default()
        };
        match store.read_changes(request).await {
            Ok(_) => true,
            Err(Error::OutOfRange { .. }) => false,
            Err(other) => panic!("{other:?}"),
        }
    };
    let store = open(|| SystemTime::UNIX_EPOCH + 100 * DAY, 1_000_000);
    let begin = now(&store).await;
    store.import_batch(one("a")).await.unwrap();
    let later = || SystemTime::UNIX_EPOCH + 101 * DAY;
    let store = open(later, 1_000_000);
    assert!(is_kept(&store, &begin).await);
    let second = now(&store).await;
    store.import_batch(one("b")).await.unwrap();
    assert!(!is_kept(&store, &begin).await, "it is a day old");
    assert!(is_kept(&store, &second).await);
    let store = open(later, 200);
    for n in 0..10 {
        store.import_batch(one(&n.to_string())).await.unwrap();
    }
    assert!(
        !is_kept(&store, &second).await,
        "it is far more than 200 bytes ago"
    );
    assert!(is_kept(&store, &now(&store).await).await);
}

#[tokio::test]
async fn a_part_of_an_export_is_bounded_in_bytes() {
    let backend = Sqlite::default();
    let mut options = SqliteOptions::default();
    options.limits.part_bytes = 1_000;
    let store = backend.open(options, PlainRunner);
    let text = "x".repeat(600);
    let node = |n| Node::new(format!("n{n}"), "T").with("text", text.as_str());
    let batch = ImportBatch {
        nodes: (0..5).map(node).collect(),
        ..ImportBatch::default()
    };
    store.import_batch(batch).await.unwrap();
    let mut request = ExportGraph::default();
    let mut sizes = Vec::new();
    loop {
        let part = store.export_part(request.clone()).await.unwrap();
        sizes.push(part.nodes.len());
        if part.last {
            break;
        }
        request.resume_token = part.resume_token;
    }
    assert_eq!(sizes, [2, 2, 1]);
}
