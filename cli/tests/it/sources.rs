//! `graph import` of npm lock files, N-Quads, tables and JSON lines, into the
//! real graph service.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use tempfile::TempDir;

use crate::command::{Run, Said};
use crate::stack::Stack;

/// A folder with one file of this name and content.
fn file(name: &str, content: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(name), content).unwrap();
    dir
}

/// An import about to be run.
fn import(stack: &Stack, flag: &str, path: &Path, more: &[&str]) -> Run {
    let words = [&["graph", "import"], more].concat();
    stack.command(&words).path(flag, path)
}

async fn imported(stack: &Stack, flag: &str, path: &Path, more: &[&str]) -> Said {
    stack.traced(import(stack, flag, path, more), 0).await
}

async fn ask(stack: &Stack, question: &str) -> Said {
    let words: Vec<_> = question.split(' ').collect();
    stack.ask(&words, 0).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_npm_lock_file_is_imported() {
    let stack = Stack::start().await;
    let lock = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/package-lock.json"
    ));
    let said = imported(&stack, "--npm", lock, &[]).await;
    said.prints("imported 17 nodes and 24 edges in 1 batch");
    let said = ask(&stack, "path shop ms").await;
    said.prints("DEPENDS_ON ─▶ npm:@shop/cart@0.2.0  (kind: normal, req: ^0.2.0)");
}

#[tokio::test(flavor = "multi_thread")]
async fn n_quads_are_imported_packed_or_not() {
    let quads = "<0x1> <dgraph.type> \"Film\" .\n<0x1> <name> \"Oben\"@de .\n\
                 <0x1> <genre> <0x2> (weight=0.5) .\n";
    let dir = file("film.rdf", quads);
    let packed = dir.path().join("film.rdf.gz");
    let mut encoder = flate2::write::GzEncoder::new(
        std::fs::File::create(&packed).unwrap(),
        flate2::Compression::fast(),
    );
    encoder.write_all(quads.as_bytes()).unwrap();
    encoder.finish().unwrap();
    for path in [dir.path().join("film.rdf"), packed] {
        let stack = Stack::start().await;
        let said = imported(&stack, "--rdf", &path, &[]).await;
        said.prints("imported 2 nodes and 1 edge in 1 batch");
        let said = ask(&stack, "get 0x1").await;
        said.prints("0x1  Film")
            .prints("name__de  Oben")
            .prints("weight: 0.5");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_imported() {
    let stack = Stack::start().await;
    let dir = file("nodes.csv", "id,type,age:int\nann,Person,41\nbob,Person,\n");
    let edges = dir.path().join("edges.csv");
    std::fs::write(&edges, "from,type,to\nann,KNOWS,bob\n").unwrap();
    let edges = edges.to_str().unwrap();
    let nodes = dir.path().join("nodes.csv");
    let said = imported(&stack, "--csv", &nodes, &["--edges", edges]).await;
    said.prints("imported 2 nodes and 1 edge in 1 batch");
    ask(&stack, "get ann").await.prints("KNOWS  bob");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_names_its_file_and_line_and_nothing_is_sent() {
    let stack = Stack::start().await;
    for (flag, content, fault) in [
        (
            "--rdf",
            "# a\n<a> <b> <c>\n",
            "input: line 2: column 12: `.` is expected",
        ),
        (
            "--npm",
            "{\n\"lockfileVersion\": 1}",
            "input: line 2: lock files of version 1",
        ),
        (
            "--json",
            "{\"node\":{\"id\":\"a\",\"type\":\"T\"}}\n{}",
            "input: line 2: it holds neither",
        ),
        ("--rdf", "\u{1f}", "input: line 1: column 1"),
    ] {
        let dir = file("input", content);
        let said = import(&stack, flag, &dir.path().join("input"), &[])
            .run()
            .await;
        let said = said.exits(1).says(fault);
        assert_eq!(said.stdout, "");
    }
    let dir = file("nodes.csv", "id,type\na,T\n");
    let nodes = dir.path().join("nodes.csv");
    let edges = dir.path().join("edges.csv");
    std::fs::write(&edges, "from,type,to\na,E,b\n").unwrap();
    let said = import(
        &stack,
        "--csv",
        &nodes,
        &["--edges", edges.to_str().unwrap()],
    )
    .run()
    .await;
    said.exits(1)
        .says("edges.csv: line 2: the edge names the node `b`");
    ask(&stack, "stats").await.prints("all        0");
}

/// Three batches of nodes.
fn lines() -> String {
    let mut lines = String::new();
    for n in 0..12_000 {
        writeln!(lines, r#"{{"node":{{"id":"n{n:05}","type":"T"}}}}"#).unwrap();
    }
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_of_many_batches_is_whole() {
    let stack = Stack::start().await;
    let dir = file("graph.jsonl", &lines());
    let path = dir.path().join("graph.jsonl");
    let said = imported(&stack, "--json", &path, &[]).await;
    said.prints("imported 12000 nodes and 0 edges in 3 batches");
    ask(&stack, "stats").await.prints("all    12000");
}
