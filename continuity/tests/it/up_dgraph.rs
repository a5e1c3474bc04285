//! `cargo xtask up --dgraph`: the graph in a Dgraph, whose own spans are the leaves of the tree.

use std::net::TcpListener;

use throughline_testkit::dgraph::{program, skipped};
use throughline_testkit::{Process, ProcessBuilder};

use crate::up::ONCE;

fn up() -> ProcessBuilder {
    Process::builder("xtask")
        .args(["up", "--dgraph", "--once"])
        .env("GATEWAY_LISTEN", "127.0.0.1:0")
        .env("GRAPH_LISTEN", "127.0.0.1:0")
        .env("INSPECTOR_LISTEN", "127.0.0.1:0")
}

#[tokio::test(flavor = "multi_thread")]
async fn once_prints_one_tree_down_to_dgraphs_own_spans() {
    let Some(program) = program() else {
        return skipped("up_dgraph::once_prints_one_tree_down_to_dgraphs_own_spans");
    };
    // A port that is taken: Dgraph goes elsewhere, and leaves nothing behind.
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("an address");
    let ended = up()
        .env("DGRAPH_BIN", program)
        .env("DGRAPH_PORT_OFFSET", (taken.port() - 9080).to_string())
        .output_within(ONCE)
        .await;
    let printed = format!("{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.status.code(), Some(0), "{printed}");
    let printed_port = ended.stdout.lines().find_map(|line| {
        let address = line.strip_prefix("dgraph     127.0.0.1:")?;
        address.split(' ').next()?.parse::<u16>().ok()
    });
    let port = printed_port.expect("it says where Dgraph is");
    assert_ne!(port, taken.port(), "{printed}");
    let left = format!("../.throughline/dgraph/{}", port - 9080);
    assert!(!std::path::Path::new(&left).exists(), "{left}");
    let lines: Vec<_> = printed.lines().collect();
    let tops = lines
        .iter()
        .filter(|line| line.starts_with("throughline  cli."));
    assert_eq!(tops.count(), 1, "{printed}");
    // Each below the one before, in neighbouring lines.
    let hops = [
        "graph  rpc.server  throughline.graph.v1.GraphService/FindPath",
        "dgraph  db.query",
        "dgraph.alpha  rpc.server  api.Dgraph/Query",
        "dgraph.alpha    Server.Query",
    ];
    let from = lines.iter().position(|line| line.contains(hops[0]));
    let below = &lines[from.unwrap_or_else(|| panic!("no {} in {printed}", hops[0]))..];
    let indent = |line: &str| line.find('─');
    for (line, hop) in below.iter().zip(hops) {
        assert!(line.contains(hop), "{hop} is not in {line}");
    }
    let leaf = below.iter().find(|line| line.contains("processTask."));
    let leaf = leaf.unwrap_or_else(|| panic!("no processTask in {printed}"));
    let mut indents: Vec<_> = below[..hops.len()]
        .iter()
        .map(|line| indent(line))
        .collect();
    indents.push(indent(leaf));
    assert!(
        indents.is_sorted_by(|outer, inner| outer < inner),
        "{indents:?} in {printed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_dgraph_it_says_what_to_install() {
    let ended = up().env("PATH", "/nowhere").output().await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    for way in ["DGRAPH_ENDPOINT", "DGRAPH_BIN", "PATH", "dgraph/dgraph:"] {
        assert!(ended.stderr.contains(way), "{}", ended.stderr);
    }
}
