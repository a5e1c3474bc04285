//! The clients that the README shows to application teams, in Rust and in Python: each run as a program of its own
//! through the gateway, and each leaves one trace.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use throughline_continuity::{Chain, ChainOptions};
use throughline_testkit::{assert_unbroken, outline};

use crate::interop::program;

const SERVICE: &str = "throughline.graph.v1.GraphService";

/// What both print, but for the code, which each language spells its way.
const SAID: &[&str] = &[
    "the first nodes are a, b, c",
    "1 nodes hold the word a",
    "the path is a -> b -> c",
    "level 0: 1 nodes",
    "level 1: 1 nodes",
    "level 2: 1 nodes",
    "NOT_FOUND",
];

/// Runs a client from `a` to `c`; all that it does is one trace, each call with its statements at the end of it.
async fn check(mut client: Command, gateway: impl Fn(&str) -> String) {
    let mut chain = Chain::start(&ChainOptions::default()).await;
    let url = chain.gateway.as_ref().expect("it runs").url().to_owned();
    client
        .args([&gateway(&url), "a", "c"])
        .env("SENTRY_DSN", chain.gateway_collector.dsn("example"));
    let said = client.output().expect("the client starts");
    let (stdout, stderr) = (text(&said.stdout), text(&said.stderr));
    assert!(said.status.success(), "{stdout}{stderr}");
    for expected in SAID {
        assert!(stdout.contains(expected), "no {expected:?} in {stdout}");
    }
    let id = stdout
        .trim()
        .rsplit("trace ")
        .next()
        .expect("the last line");

    chain.stop().await;
    let tree = chain.gateway_collector.trace(id);
    let records = chain.records().into_iter();
    let input = throughline_trace_model::TraceInput::from_records(id, records);
    let whole = throughline_trace_model::TraceTree::build(input);
    assert!(whole.nodes.len() > tree.nodes.len(), "{}", outline(&tree));
    assert_unbroken(&whole);
    let head = &whole.nodes[whole.roots[0]].span;
    assert_eq!(
        (head.service.as_str(), head.op.as_str()),
        ("example", "task")
    );
    let mut asked = BTreeSet::new();
    for (place, node) in whole.nodes.iter().enumerate() {
        if node.span.service != "graph" || node.span.op != "rpc.server" {
            continue;
        }
        asked.insert(node.span.name.as_str());
        let mut statements = (whole.nodes.iter()).filter(|it| it.parent == Some(place));
        let has = statements.any(|statement| statement.span.is_database());
        assert!(has, "{}", outline(&whole));
    }
    let calls = [
        "FindPath",
        "GetNode",
        "ListNodes",
        "SearchNodes",
        "Traverse",
    ];
    let calls = calls.map(|method| format!("{SERVICE}/{method}"));
    assert!(asked.into_iter().eq(&calls), "{}", outline(&whole));
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace("NotFound", "NOT_FOUND")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_client_leaves_one_trace() {
    check(Command::new(example()), str::to_owned).await;
}

/// The example, as `cargo test --workspace` has built it already.
fn example() -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--workspace",
            "--example",
            "graph_client",
        ])
        .arg("--manifest-path")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "the example builds"
    );
    let own = std::env::current_exe().expect("a test is an executable");
    let profile = own
        .ancestors()
        .nth(2)
        .expect("it lies in target/<profile>/deps");
    profile.join("examples/graph_client")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_leaves_one_trace() {
    let Some(python) = program("THROUGHLINE_PYTHON") else {
        return;
    };
    let mut client = Command::new(python);
    client.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../interop/python/graph_client.py"));
    check(client, |url| url.trim_start_matches("http://").to_owned()).await;
}
