//! What is SQLite's own: files, versions, locks, space.

use std::time::{Duration, SystemTime};

use rusqlite::Connection;
use throughline_graph_store::{
    ApplyMutations, Change, Drill, Drilled, Edge, Error, GetNode, GraphStore, ImportBatch, Node,
    OpenError, PlainRunner, RunBlocking, SqliteLimits, SqliteOptions, SqliteStore, Unavailable,
};

use crate::backends::{Inline, Sqlite};

fn one(id: &str) -> ImportBatch {
    ImportBatch {
        nodes: vec![Node::new(id, "T")],
        ..ImportBatch::default()
    }
}

fn refused(backend: &Sqlite) -> OpenError {
    let opened = SqliteStore::open(&backend.path(), SqliteOptions::default(), PlainRunner);
    opened.err().expect("the file should be refused")
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let backend = Sqlite::default();
    for round in 0..3 {
        let store = backend.open(SqliteOptions::default(), PlainRunner);
        assert_eq!(store.stats().await.unwrap().node_count, round);
        store.import_batch(one(&round.to_string())).await.unwrap();
    }
}

#[test]
fn a_newer_schema_is_refused_by_name_and_left_alone() {
    let backend = Sqlite::default();
    drop(backend.open(SqliteOptions::default(), PlainRunner));
    let file = Connection::open(backend.path()).unwrap();
    let version = |row: &rusqlite::Row<'_>| row.get::<_, i32>(0);
    let ours = file
        .pragma_query_value(None, "user_version", version)
        .unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    let error = refused(&backend);
    assert!(
        matches!(error, OpenError::Newer { found: 99, .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("schema version 99"), "{error}");
    file.pragma_update(None, "user_version", ours).unwrap();
    backend.open(SqliteOptions::default(), PlainRunner);
}

#[test]
fn another_programs_file_is_refused_and_left_alone() {
    let backend = Sqlite::default();
    let file = Connection::open(backend.path()).unwrap();
    file.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(file);
    let before = std::fs::read(backend.path()).unwrap();
    assert!(matches!(refused(&backend), OpenError::NotAGraph));
    assert_eq!(std::fs::read(backend.path()).unwrap(), before);

    let backend = Sqlite::default();
    std::fs::write(
        backend.path(),
        "no database at all, but some text".repeat(50),
    )
    .unwrap();
    assert!(matches!(refused(&backend), OpenError::NotADatabase));
}

#[tokio::test]
async fn a_locked_database_is_unavailable_and_recovers() {
    let backend = Sqlite::default();
    let sqlite = SqliteLimits {
        busy_timeout: Duration::from_millis(20),
        ..SqliteLimits::default()
    };
    let options = SqliteOptions {
        sqlite,
        ..SqliteOptions::default()
    };
    let store = backend.open(options, PlainRunner);
    let other = Connection::open(backend.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.import_batch(one("a")).await.unwrap_err();
    let locked = Unavailable::Locked;
    assert!(
        matches!(error, Error::Unavailable { reason, .. } if reason == locked),
        "{error:?}"
    );
    // Reading goes on meanwhile.
    assert_eq!(store.stats().await.unwrap().node_count, 0);
    other.execute_batch("ROLLBACK").unwrap();
    store.import_batch(one("a")).await.unwrap();
    assert_eq!(store.stats().await.unwrap().node_count, 1);
}

#[tokio::test]
async fn a_full_database_is_unavailable_and_takes_no_half_batch() {
    let backend = Sqlite::default();
    let sqlite = SqliteLimits {
        pages: 60,
        ..SqliteLimits::default()
    };
    let options = SqliteOptions {
        sqlite,
        ..SqliteOptions::default()
    };
    let store = backend.open(options, PlainRunner);
    store.import_batch(one("first")).await.unwrap();
    let text = "some words ".repeat(10_000);
    let nodes = (0..10).map(|n| Node::new(format!("n{n}"), "T").with("text", text.as_str()));
    let large = ImportBatch {
        nodes: nodes.collect(),
        ..ImportBatch::default()
    };
    let error = store.import_batch(large).await.unwrap_err();
    let full = Unavailable::Full;
    assert!(
        matches!(error, Error::Unavailable { reason, .. } if reason == full),
        "{error:?}"
    );
    assert_eq!(store.stats().await.unwrap().node_count, 1);
    store.import_batch(one("second")).await.unwrap();
    assert_eq!(store.stats().await.unwrap().node_count, 2);
}

#[tokio::test]
async fn damage_is_unavailable_and_no_panic() {
    let backend = Sqlite::default();
    let store = backend.open(SqliteOptions::default(), PlainRunner);
    store.import_batch(one("a")).await.unwrap();
    let file = Connection::open(backend.path()).unwrap();
    file.execute("UPDATE node SET properties = '{'", [])
        .unwrap();
    let request = GetNode {
        id: "a".into(),
        ..GetNode::default()
    };
    let error = store.get_node(request).await.unwrap_err();
    let corrupt = Unavailable::Corrupt;
    assert!(
        matches!(error, Error::Unavailable { reason, .. } if reason == corrupt),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_kept_answer_is_forgotten_after_a_day() {
    let backend = Sqlite::default();
    let open = |now: fn() -> SystemTime| {
        backend.open(
            SqliteOptions {
                now,
                ..SqliteOptions::default()
            },
            PlainRunner,
        )
    };
    const HOUR: Duration = Duration::from_secs(3_600);
    let request = || ApplyMutations {
        mutations: vec![Change::PutNode(Node::new("a", "T")).into()],
        idempotency_key: "key".into(),
    };
    let store = open(|| SystemTime::UNIX_EPOCH + 1_000 * HOUR);
    assert!(!store.apply_mutations(request()).await.unwrap().replayed);
    let store = open(|| SystemTime::UNIX_EPOCH + 1_023 * HOUR);
    assert!(store.apply_mutations(request()).await.unwrap().replayed);
    let store = open(|| SystemTime::UNIX_EPOCH + 1_024 * HOUR);
    assert!(!store.apply_mutations(request()).await.unwrap().replayed);
}

#[tokio::test]
async fn the_bound_on_a_path_search_is_named() {
    let backend = Sqlite::default();
    let mut options = SqliteOptions::default();
    options.limits.path_edges = 1;
    let store = backend.open(options, PlainRunner);
    let nodes = ["a", "b", "c"].map(|id| Node::new(id, "T")).into();
    let edges = vec![Edge::new("a", "E", "b"), Edge::new("b", "E", "c")];
    store
        .import_batch(ImportBatch {
            nodes,
            edges,
            step: None,
        })
        .await
        .unwrap();
    let request = throughline_graph_store::FindPath {
        from: "a".into(),
        to: "c".into(),
        ..Default::default()
    };
    let error = store.find_path(request).await.unwrap_err();
    assert_eq!(
        error,
        Error::Exhausted {
            limit: "path_edges",
            allowed: 1
        }
    );
}

/// Runs the work, but only when somebody polls a second time: a caller can leave before.
#[derive(Clone)]
struct Never;

impl RunBlocking for Never {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, throughline_graph_store::RunError> {
        std::future::pending::<()>().await;
        Ok(work())
    }
}

#[tokio::test]
async fn a_caller_who_leaves_gives_the_connection_back() {
    let backend = Sqlite::default();
    drop(backend.open(SqliteOptions::default(), Inline));
    let store = backend.open(SqliteOptions::default(), Never);
    for _ in 0..20 {
        let mut call = Box::pin(store.stats());
        let poll = std::future::poll_fn(|context| {
            std::task::Poll::Ready(call.as_mut().poll(context).is_pending())
        });
        // Pending on the work, not on a connection: dropped calls gave theirs back.
        assert!(poll.await);
        let mut write = Box::pin(store.import_batch(one("a")));
        let poll = std::future::poll_fn(|context| {
            std::task::Poll::Ready(write.as_mut().poll(context).is_pending())
        });
        assert!(poll.await);
    }
}

type Work = Box<dyn FnOnce() + Send>;

/// Holds each work back until the test lets it go.
#[derive(Clone, Default)]
struct Held(std::sync::Arc<std::sync::Mutex<Vec<Work>>>);

impl RunBlocking for Held {
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, throughline_graph_store::RunError> {
        self.0.lock().unwrap().push(Box::new(move || drop(work())));
        std::future::pending().await
    }
}

#[tokio::test]
async fn nothing_is_read_for_a_caller_who_left() {
    let backend = Sqlite::default();
    let held = Held::default();
    let store = backend.open(SqliteOptions::default(), held.clone());
    let request = throughline_graph_store::FindPath {
        from: "a".into(),
        to: "b".into(),
        ..Default::default()
    };
    for leaves in [false, true] {
        let mut call = Box::pin(store.find_path(request.clone()));
        let pending = std::future::poll_fn(|context| {
            std::task::Poll::Ready(call.as_mut().poll(context).is_pending())
        });
        assert!(pending.await);
        let call = (!leaves).then_some(call);
        let work = held.0.lock().unwrap().pop().unwrap();
        let ((), spans) = crate::capture::captured(async { work() }).await;
        assert_eq!(spans.is_empty(), leaves, "{spans:?}");
        drop(call);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_runs_is_interrupted_when_its_caller_leaves() {
    let backend = Sqlite::default();
    let sqlite = SqliteLimits {
        readers: 1,
        interrupt: Duration::from_secs(10),
        ..SqliteLimits::default()
    };
    let options = SqliteOptions {
        sqlite,
        ..SqliteOptions::default()
    };
    let store = backend.open(options, PlainRunner);
    for _ in 0..3 {
        let long = Drilled::drill(&store, Drill::LongQuery);
        // It never ends by itself; the one reader is free again only if it was stopped.
        assert!(
            tokio::time::timeout(Duration::from_millis(30), long)
                .await
                .is_err()
        );
        assert_eq!(store.stats().await.unwrap().node_count, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_waits_for_a_lock_is_given_up_when_its_caller_leaves() {
    let backend = Sqlite::default();
    let sqlite = SqliteLimits {
        // Nothing but the caller's leaving ends the wait before the test's own bound.
        busy_timeout: Duration::from_secs(600),
        interrupt: Duration::from_secs(600),
        ..SqliteLimits::default()
    };
    let options = SqliteOptions {
        sqlite,
        ..SqliteOptions::default()
    };
    let store = backend.open(options, PlainRunner);
    let other = Connection::open(backend.path()).unwrap();
    for round in 0..3 {
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let waits = store.import_batch(one("left"));
        assert!(
            tokio::time::timeout(Duration::from_millis(30), waits)
                .await
                .is_err()
        );
        // The one writer is free again, though the lock was held all the while.
        other.execute_batch("ROLLBACK").unwrap();
        store.import_batch(one(&round.to_string())).await.unwrap();
        assert_eq!(store.stats().await.unwrap().node_count, round + 1);
    }
}

#[tokio::test]
async fn a_file_that_was_taken_away_takes_no_writes_until_it_is_back() {
    let backend = Sqlite::default();
    let store = backend.open(SqliteOptions::default(), PlainRunner);
    store.import_batch(one("before")).await.unwrap();
    let elsewhere = backend.folder.path().join("elsewhere");
    let gone = |error: Error| {
        let io = Unavailable::Io;
        assert!(
            matches!(error, Error::Unavailable { reason, .. } if reason == io),
            "{error:?}"
        );
    };
    std::fs::rename(backend.path(), &elsewhere).unwrap();
    gone(store.import_batch(one("lost")).await.unwrap_err());
    gone(store.stats().await.unwrap_err());
    let export = throughline_graph_store::ExportGraph::default();
    gone(store.export_part(export).await.unwrap_err());
    assert!(!backend.path().exists(), "nobody made a new one");
    std::fs::write(backend.path(), "another file").unwrap();
    gone(store.import_batch(one("lost")).await.unwrap_err());
    std::fs::rename(&elsewhere, backend.path()).unwrap();
    store.import_batch(one("after")).await.unwrap();
    assert_eq!(store.stats().await.unwrap().node_count, 2);
}

#[tokio::test]
async fn drills_fail_as_the_engine_does_and_leave_nothing_behind() {
    let backend = Sqlite::default();
    let open = |busy_timeout| {
        let sqlite = SqliteLimits {
            busy_timeout,
            ..SqliteLimits::default()
        };
        let options = SqliteOptions {
            sqlite,
            ..SqliteOptions::default()
        };
        backend.open(options, PlainRunner)
    };
    let check = async |store: &SqliteStore<_>, drill, expected: Result<(), Option<Unavailable>>| {
        let failed = store.drill(drill).await.map_err(|error| match error {
            Error::Unavailable { reason, .. } => Some(reason),
            Error::Internal(_) => None,
            other => panic!("{other:?}"),
        });
        assert_eq!(failed, expected, "{drill:?}");
        store.import_batch(one("a")).await.unwrap();
    };
    // A lock may be let go late: who is to get it after all waits for long.
    let patient = open(Duration::from_secs(600));
    check(&patient, Drill::Constraint, Err(None)).await;
    check(&patient, Drill::Panic, Err(None)).await;
    check(&patient, Drill::Gone, Err(Some(Unavailable::Io))).await;
    check(&patient, Drill::Corrupt, Err(Some(Unavailable::Corrupt))).await;
    check(&patient, Drill::Locked(Duration::from_millis(1)), Ok(())).await;
    drop(patient);
    let impatient = open(Duration::from_millis(100));
    let long = Drill::Locked(Duration::from_secs(60));
    check(&impatient, long, Err(Some(Unavailable::Locked))).await;
}
