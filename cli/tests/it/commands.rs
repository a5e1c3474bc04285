//! `graph list | traverse | mutate | schema | watch | export` and `completions`,
//! against the real gateway and graph service, each call of which leaves its trace; an
//! import that fails at a batch of the test's choice, against a service in memory.

use std::path::Path;

use crate::command::{Said, line, throughline};
use crate::import::filled;
use crate::memory::MemoryGraph;
use crate::servers::{Running, TOKEN, memory_graph};
use crate::stack::Stack;

/// Asks the service in memory, which has neither spans nor a store: what is left of a trace says nothing there.
async fn ask(graph: &Running, words: &[&str]) -> Said {
    let url = graph.url();
    let words = ["graph"].iter().chain(words).copied();
    throughline(words.chain(["--graph", url.as_str(), "--token", TOKEN]))
        .run()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_are_listed_by_type_and_filter() {
    let stack = filled().await;
    let said = stack.ask(&["list", "--type", "Crate"], 0).await;
    assert_eq!(said.stdout.lines().count(), 4, "{said:?}");
    let filter = ["list", "--type", "Version", "--filter", "name = \"b\""];
    let said = stack.ask(&filter, 0).await;
    said.prints("crate:b@0.1.0  Version");
    let said = stack.ask(&["list", "--limit", "2"], 0).await;
    said.says("more: --page ");
    let said = stack.ask(&["list", "--filter", "name ="], 1).await;
    said.says("INVALID_ARGUMENT").says("field `filter`");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_made_or_not() {
    let stack = Stack::start().await;
    let put = ["mutate", "put-node", "a", "T", "name=A", "n:int=7"];
    let said = stack.ask(&put, 0).await;
    said.prints("yes").says("1 change made");
    stack.ask(&["get", "a"], 0).await.prints("n     7");
    let nobodys = stack.command(&[&["graph"], &put[..]].concat());
    let said = stack
        .traced(nobodys.without("THROUGHLINE_WRITE_TOKEN"), 1)
        .await;
    said.says("UNAUTHENTICATED")
        .says("reason WRITE_TOKEN_MISSING");
    let absent = [&put[..], &["--if-exists", "false"]].concat();
    let said = stack.ask(&absent, 1).await;
    said.says("FAILED_PRECONDITION").says("mutations[0]");
    let edge = ["mutate", "put-edge", "a", "E", "nope"];
    stack.ask(&edge, 1).await.says("FAILED_PRECONDITION");
    let file = stack.file(
        "changes.jsonl",
        "{\"deleteNode\":\"a\"}\n{\"deleteNode\":\"b\"}\n",
    );
    let apply = ["mutate", "apply", &file];
    stack.ask(&apply, 0).await.says("1 change made");
    // What cannot be read is said before anything is called.
    stack.file("changes.jsonl", "{\"deleteNode\":\"a\"}\n{\"drop\":1}\n");
    let said = stack.command(&["graph", "mutate", "apply", &file]).run();
    said.await
        .exits(1)
        .says("changes.jsonl: line 2: unrecognized field name 'drop'");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_is_drawn() {
    let stack = filled().await;
    let walk = ["traverse", "crate:a@0.1.0", "--depth", "1"];
    let said = stack.ask(&walk, 0).await.says("cut by depth");
    assert_eq!(
        said.stdout,
        "crate:a@0.1.0
├─ DEPENDS_ON ─▶ crate:b@0.1.0  (kind: normal, req: ^0.1)
├─ LICENSED_UNDER ─▶ licence:MIT  (expression: MIT)
├─ MEMBER_OF ─▶ "
            .to_owned()
            + &workspace_of(&said.stdout)
            + "
└─ VERSION_OF ─▶ crate:a
"
    );
    let said = stack.ask(&["traverse", "crate:a@0.1.0", "--json"], 0).await;
    assert!(said.stdout.lines().count() > 2, "a line for each message");
}

fn workspace_of(text: &str) -> String {
    let mut words = text.split_whitespace();
    let id = words.find(|word| word.starts_with("workspace:"));
    id.unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_what_was_imported() {
    let stack = filled().await;
    let file = stack.file("graph.jsonl", "");
    let said = stack.ask(&["export", "--output", &file], 0).await;
    said.says("8 nodes, 11 edges in ");

    let other = Stack::start().await;
    other.ask(&["import", "--json", &file], 0).await;
    for format in ["json", "nquads", "graphml", "dot"] {
        let export = ["export", "--format", format];
        let one = stack.ask(&export, 0).await;
        let two = other.ask(&export, 0).await;
        assert!(one.stdout.contains("crate:a@0.1.0"), "{one:?}");
        assert_eq!(one.stdout, two.stdout, "{format}");
    }
    let quads = stack.file("graph.rdf", "");
    stack
        .ask(&["export", "--format", "nquads", "-o", &quads], 0)
        .await;
    let third = Stack::start().await;
    third.ask(&["import", "--rdf", &quads], 0).await;
    let one = stack.ask(&["export"], 0).await;
    let three = third.ask(&["export"], 0).await;
    assert_eq!(one.stdout, three.stdout);

    let some = ["export", "--type", "Version", "--edge", "DEPENDS_ON"];
    let said = stack.ask(&some, 0).await;
    assert_eq!(said.stdout.lines().count(), 3 + 2, "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_fails_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("graph.jsonl");
    let nobody = crate::servers::nobody();
    let url = nobody.url();
    let run = throughline(["graph", "export", "--graph", url]).path("-o", &file);
    run.run().await.exits(1).says("UNAVAILABLE");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    let run = throughline(["graph", "export", "--graph", url]);
    let run = run.path("-o", Path::new("/nowhere/graph.jsonl"));
    run.run()
        .await
        .exits(1)
        .says("/nowhere/graph.jsonl cannot be written");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_cut_off_says_where_to_go_on() {
    let memory = MemoryGraph::default();
    let graph = memory_graph(memory.clone()).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("nodes.jsonl");
    let line = |n| format!("{{\"node\":{{\"id\":\"n{n:06}\",\"type\":\"T\"}}}}\n");
    std::fs::write(&file, (0..51_000).map(line).collect::<String>()).unwrap();
    let name = file.to_str().unwrap();
    let import = ["import", "--json", name];
    let sequences = || std::mem::take(&mut memory.kept.lock().unwrap().sequences);
    // Given up at once; the same again goes on, and tries again by itself.
    memory.kept.lock().unwrap().fails_at = Some((10, 2));
    let given_up = [&import[..], &["--retries", "0"]].concat();
    let said = ask(&graph, &given_up).await.exits(1);
    let said = said
        .says("8 of 11 batches are in")
        .says("the store is locked");
    said.says("worth trying again in 0.2 s")
        .says("8 of 11 batches are in: the same import again goes on there");
    let said = ask(&graph, &import).await.exits(0);
    let said = said.says("going on: 9 of 11 batches are in");
    said.says("trying again in 0.2 s (1 of 10)")
        .prints("imported 6000 nodes and 0 edges in 2 batches");
    assert_eq!(sequences(), (1..=11).collect::<Vec<_>>());
    assert_eq!(memory.kept.lock().unwrap().nodes.len(), 51_000);
    // What is all in is made again; so is what is to be, from whatever place.
    ask(&graph, &import).await.exits(0);
    assert_eq!(sequences(), (1..=11).collect::<Vec<_>>());
    for count in [1, 11] {
        for last in memory.kept.lock().unwrap().imports.values_mut() {
            *last = 5;
        }
        memory.kept.lock().unwrap().fails_at = Some((count, 1));
        let restart = [&import[..], &["--restart"]].concat();
        ask(&graph, &restart).await.exits(0);
        assert_eq!(sequences(), (1..=11).collect::<Vec<_>>());
    }
    let other = [&import[..], &["--import-id", "mine"]].concat();
    let mine = || "mine".to_owned();
    memory.kept.lock().unwrap().imports.insert(mine(), 12);
    let said = ask(&graph, &other).await.exits(1);
    said.says("12 batches of the import `mine` are in, and here are only 11")
        .says("--restart");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_is_shown_checked_and_replaced() {
    let stack = Stack::start().await;
    let said = stack.ask(&["schema"], 0).await;
    said.says("every type is free");
    let free = r#"{"nodeTypes":[{"name":"T"}]}"#;
    let file = stack.file("schema.json", free);
    let update = ["schema", "--update", &file];
    let said = stack
        .ask(&[&update[..], &["--validate-only"]].concat(), 0)
        .await;
    said.says("nothing was changed");
    stack.ask(&["schema"], 0).await.says("every type is free");
    stack.ask(&update, 0).await.says("in force");
    stack.ask(&["schema"], 0).await.prints("NODES");

    // What `--json` prints can be put in force again; what would break is said.
    let put = ["mutate", "put-node", "a", "T", "x=1"];
    stack.ask(&put, 0).await;
    let shown = stack.ask(&["schema", "--json"], 0).await.stdout;
    stack.file("schema.json", &shown);
    stack.ask(&update, 0).await;
    stack.file(
        "schema.json",
        r#"{"nodeTypes":[{"name":"T","closed":true}]}"#,
    );
    let said = stack.ask(&update, 1).await;
    said.says("FAILED_PRECONDITION")
        .says("reason SCHEMA")
        .says("SCHEMA `node \"a\"`: ");
    stack.file("schema.json", "{\n\"types\":[]}");
    let said = stack.command(&["graph", "schema", "--update", &file]);
    said.run()
        .await
        .exits(1)
        .says("schema.json: unrecognized field name 'types'");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_prints_changes_and_says_where_to_go_on() {
    let stack = Stack::start().await;
    let watch = stack.command(&["graph", "watch", "--limit", "2"]);
    let mut watch = watch.start_unread();
    watch.says("waiting for changes").await;
    stack
        .ask(&["mutate", "put-node", "a", "T", "n:int=7"], 0)
        .await;
    stack.ask(&["mutate", "delete-node", "a"], 0).await;
    let said = watch.finished().await.exits(0);
    let said = said.prints("put     a  T").prints("delete  a\n");
    let (_, from) = said.stderr.split_once("to go on here: --from ").unwrap();
    let from = from.lines().next().unwrap();

    stack.ask(&["mutate", "put-node", "b", "U"], 0).await;
    stack.ask(&["mutate", "put-node", "c", "T"], 0).await;
    let on = [
        "watch", "--from", from, "--type", "T", "--limit", "1", "--json",
    ];
    let said = stack.ask(&on, 0).await;
    assert_eq!(said.stdout.lines().count(), 1, "{said:?}");
    said.prints("\"id\":\"c\"");
}

#[tokio::test]
async fn shells_complete_it() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let said = line(&format!("completions {shell}")).run().await.exits(0);
        said.prints("duplicates");
    }
    line("completions ksh").run().await.exits(64).says("ksh");
}
