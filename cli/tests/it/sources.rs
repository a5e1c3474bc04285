//! `graph import` of npm lock files, N-Quads, tables and JSON lines, into the
//! real graph service.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use tempfile::TempDir;

use crate::command::{Said, throughline};
use crate::servers::{Running, TOKEN, graph};

/// A folder with one file of this name and content.
fn file(name: &str, content: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(name), content).unwrap();
    dir
}

async fn import(graph: &Running, flag: &str, path: &Path, more: &[&str]) -> Said {
    let words = ["graph", "import", "--token", TOKEN, "--graph"];
    let run = throughline(
        words
            .into_iter()
            .chain([graph.url().as_str()])
            .chain(more.iter().copied()),
    );
    run.path(flag, path).run().await
}

async fn ask(graph: &Running, question: &str) -> Said {
    let words = ["graph"].into_iter().chain(question.split(' '));
    let url = graph.url();
    throughline(words.chain(["--graph", url.as_str()]))
        .run()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_npm_lock_file_is_imported() {
    let graph = graph().await;
    let lock = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/package-lock.json"
    ));
    let said = import(&graph, "--npm", lock, &[]).await.exits(0);
    said.prints("imported 17 nodes and 24 edges in 1 batch");
    let said = ask(&graph, "path shop ms").await.exits(0);
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
        let graph = graph().await;
        let said = import(&graph, "--rdf", &path, &[]).await.exits(0);
        said.prints("imported 2 nodes and 1 edge in 1 batch");
        let said = ask(&graph, "get 0x1").await.exits(0);
        said.prints("0x1  Film")
            .prints("name__de  Oben")
            .prints("weight: 0.5");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_are_imported() {
    let graph = graph().await;
    let dir = file("nodes.csv", "id,type,age:int\nann,Person,41\nbob,Person,\n");
    let edges = dir.path().join("edges.csv");
    std::fs::write(&edges, "from,type,to\nann,KNOWS,bob\n").unwrap();
    let edges = edges.to_str().unwrap();
    let nodes = dir.path().join("nodes.csv");
    let said = import(&graph, "--csv", &nodes, &["--edges", edges])
        .await
        .exits(0);
    said.prints("imported 2 nodes and 1 edge in 1 batch");
    ask(&graph, "get ann").await.exits(0).prints("KNOWS  bob");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_names_its_file_and_line_and_nothing_is_sent() {
    let graph = graph().await;
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
        let said = import(&graph, flag, &dir.path().join("input"), &[]).await;
        let said = said.exits(1).says(fault);
        assert_eq!(said.stdout, "");
    }
    let dir = file("nodes.csv", "id,type\na,T\n");
    let nodes = dir.path().join("nodes.csv");
    let edges = dir.path().join("edges.csv");
    std::fs::write(&edges, "from,type,to\na,E,b\n").unwrap();
    let said = import(
        &graph,
        "--csv",
        &nodes,
        &["--edges", edges.to_str().unwrap()],
    )
    .await;
    said.exits(1)
        .says("edges.csv: line 2: the edge names the node `b`");
    ask(&graph, "stats").await.exits(0).prints("all        0");
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
    let graph = graph().await;
    let dir = file("graph.jsonl", &lines());
    let path = dir.path().join("graph.jsonl");
    let said = import(&graph, "--json", &path, &[]).await;
    said.exits(0)
        .prints("imported 12000 nodes and 0 edges in 3 batches");
    ask(&graph, "stats").await.exits(0).prints("all    12000");
}
