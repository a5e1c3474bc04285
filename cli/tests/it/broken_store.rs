//! A store that is locked, full or of a newer version, a snapshot that has gone and a watch from too long ago: what the
//! command says, and that the service is well again without a restart.

use rusqlite::Connection;
use throughline_testkit::{Disk, Process};

use crate::command::Said;
use crate::relay::Relay;
use crate::stack::Stack;

const PUT: &[&str] = &["mutate", "put-node", "a", "T"];

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_is_worth_another_try() {
    let stack = Stack::start().await;
    let other = Connection::open(stack.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let said = stack.ask(PUT, 1).await;
    said.says("UNAVAILABLE")
        .says("reason STORE_LOCKED")
        .says("worth trying again in 1 s");
    other.execute_batch("ROLLBACK").unwrap();
    stack.ask(PUT, 0).await.says("1 change made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_whose_file_has_gone_is_missed_until_it_is_back() {
    let stack = Stack::start().await;
    stack.ask(PUT, 0).await;
    let (here, there) = (stack.database(), stack.database().with_extension("away"));
    std::fs::rename(&here, &there).unwrap();
    for line in [PUT, &["get", "a"]] {
        let said = stack.ask(line, 1).await;
        said.says("UNAVAILABLE")
            .says("the file is gone")
            .says("reason STORE_IO")
            .says("worth trying again in 1 s")
            .says("next: see to the file");
    }
    std::fs::rename(&there, &here).unwrap();
    stack.ask(&["get", "a"], 0).await;
    stack.ask(&["mutate", "put-node", "b", "T"], 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_takes_no_half_batch() {
    let mut disk = None;
    let stack = Stack::start_as(|folder, graph| disk.insert(Disk::at(folder)).hold(graph)).await;
    let disk = disk.unwrap();
    let lines: String = (0..4_000)
        .map(|n| format!("{{\"node\":{{\"id\":\"n{n}\",\"type\":\"T\",\"properties\":{{\"p\":{{\"stringValue\":\"{}\"}}}}}}}}\n", "x".repeat(500)))
        .collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), lines).unwrap();
    let import = [
        "import",
        "--retries",
        "0",
        "--json",
        file.path().to_str().unwrap(),
    ];
    disk.fill(&stack.graph);
    let said = stack.ask(&import, 1).await;
    said.says("UNAVAILABLE")
        .says("reason STORE_FULL")
        .says("worth trying again in 1 s")
        .says("next: make room");
    stack.ask(&["stats"], 0).await.prints("0");
    let said = stack.ask(&["stats", "--json"], 0).await;
    said.prints("\"nodeCount\": \"0\"");
    disk.free(&stack.graph);
    stack.ask(&import, 0).await.prints("imported 4000 nodes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("graph.db");
    let start = || {
        Process::builder("throughline-graph")
            .env("GRAPH_LISTEN", "127.0.0.1:0")
            .env("GRAPH_STORE", format!("sqlite:{}", database.display()))
    };
    start().spawn().await.stop().await;
    let newer = Connection::open(&database).unwrap();
    newer.pragma_update(None, "user_version", 999).unwrap();
    drop(newer);
    let said = start().output().await;
    assert_eq!(said.status.code(), Some(1), "{said:?}");
    for text in ["graph.db", "999", "newer"] {
        assert!(said.stderr.contains(text), "no {text} in {}", said.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_a_later_version_takes_over_gets_no_more_writes() {
    let stack = Stack::start().await;
    stack.ask(PUT, 0).await;
    let later = Connection::open(stack.database()).unwrap();
    let version = |db: &Connection| -> i64 {
        db.pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap()
    };
    let before = version(&later);
    let nodes = stack.file("nodes.jsonl", &nodes(10));
    let import = ["import", "--retries", "0", "--json", &nodes];
    let put = ["mutate", "put-node", "b", "T"];
    // What looks the same need not mean the same; and what is not there any more is no defect of this version.
    for (migrated, refused) in [
        ("PRAGMA user_version = 999", &[&put[..], &import][..]),
        ("ALTER TABLE node RENAME TO vertex", &[&["get", "a"], &put]),
    ] {
        later.execute_batch(migrated).unwrap();
        for line in refused {
            let said = stack.ask(line, 1).await;
            said.says("UNAVAILABLE")
                .says("version 999")
                .says("reason STORE_NEWER")
                .says("next: a later version");
        }
    }
    let back = format!("ALTER TABLE vertex RENAME TO node; PRAGMA user_version = {before}");
    later.execute_batch(&back).unwrap();
    stack.ask(&["get", "a"], 0).await;
    stack.ask(&["get", "b"], 1).await.says("NOT_FOUND");
    stack.ask(&import, 0).await.prints("imported 10 nodes");
}

/// Nodes with some text, as JSON lines.
fn nodes(count: usize) -> String {
    nodes_of(count, 100)
}

fn nodes_of(count: usize, bytes: usize) -> String {
    let text = "x".repeat(bytes);
    let line = |n| {
        format!(
            "{{\"node\":{{\"id\":\"n{n:06}\",\"type\":\"T\",\"properties\":{{\"p\":{{\"stringValue\":\"{text}\"}}}}}}}}\n"
        )
    };
    (0..count).map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_breaks_off_goes_on_or_says_that_its_snapshot_has_gone() {
    let mut stack = Stack::start().await;
    let file = stack.file("nodes.jsonl", &nodes(5_000));
    stack.ask(&["import", "--json", &file], 0).await;
    let whole = stack.ask(&["export"], 0).await.stdout;
    assert_eq!(whole.lines().count(), 5_000);

    // Broken after two parts or so, it goes on where it was.
    let mut relay = Relay::start(stack.graph.addr(), 300_000).await;
    let export = stack.command(&["graph", "export", "--graph", &relay.url()]);
    let addr = stack.graph.addr().to_owned();
    let (said, ()) = tokio::join!(export.run(), async {
        relay.cut().await;
        relay.go_on(&addr);
    });
    let said = said.exits(0);
    stack.left_whole(&said).await;
    assert!(said.stdout == whole, "the same, though it broke off");

    // Behind the break another process: what it kept for the export has gone with it.
    let mut relay = Relay::start(stack.graph.addr(), 300_000).await;
    let export = stack.command(&["graph", "export", "--graph", &relay.url()]);
    let (said, ()) = tokio::join!(export.run(), async {
        relay.cut().await;
        stack.replace_graph().await;
        relay.go_on(stack.graph.addr());
    });
    let said = said.exits(1).says("FAILED_PRECONDITION");
    stack.left_all_but_the_killed(&said).await;
    said.says("SNAPSHOT `resume_token`")
        .says("reason SNAPSHOT_GONE");
}

/// Where the watch says that one can go on.
fn token(said: &Said) -> String {
    let token = said.stderr.split("--from ").nth(1).unwrap();
    token.lines().next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_from_before_what_is_kept_has_to_begin_anew() {
    let stack = Stack::start().await;
    let watch = stack.command(&["graph", "watch", "--limit", "1"]);
    let mut watch = watch.start_unread();
    watch.says("waiting for changes").await;
    for id in ["a", "b", "c"] {
        stack.ask(&["mutate", "put-node", id, "T"], 0).await;
    }
    let said = watch.finished().await.exits(0);
    stack.left_whole(&said).await;
    let from = token(&said);
    // As if so much had been written since that these had to go.
    let feed = Connection::open(stack.database()).unwrap();
    let trim = "DELETE FROM feed WHERE place < (SELECT max(place) FROM feed)";
    feed.execute_batch(trim).unwrap();
    drop(feed);
    let said = stack.ask(&["watch", "--from", &from], 1).await;
    said.says("OUT_OF_RANGE")
        .says("field `resume_token`")
        .says("reason FEED_TRIMMED")
        .says("export the graph again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_that_fell_behind_learns_of_it_and_can_go_on() {
    let stack = Stack::start().await;
    let watch = stack.command(&["graph", "watch", "--json", "--limit", "50"]);
    let mut watch = watch.start_unread();
    watch.says("waiting for changes").await;
    // More than the connections on the way take up while nobody reads, and then more changes than a watcher may miss.
    for (name, of) in [("large", nodes_of(40, 400_000)), ("many", nodes(25_000))] {
        let file = stack.file(name, &of);
        stack.ask(&["import", "--json", &file], 0).await;
    }
    let said = watch.finished().await.exits(1);
    stack.left_whole(&said).await;
    let said = said
        .says("RESOURCE_EXHAUSTED")
        .says("bound `watch_lag`")
        .says("reason WATCH_BEHIND")
        .says("next: `throughline graph watch --from`");
    let seen: usize = said
        .stdout
        .lines()
        .map(|line| line.matches("\"nodePut\"").count())
        .sum();
    assert!(seen < 25_000, "{seen} changes");
    // Where it says, the next change is.
    let on = ["watch", "--json", "--limit", "1", "--from", &token(&said)];
    let next = format!("\"id\":\"n{:06}\"", seen % 40);
    stack.ask(&on, 0).await.prints(&next);
}
