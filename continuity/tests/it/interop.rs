//! Callers that are not ours: tonic's own client, grpcurl, Python's grpcio.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use throughline_api::graph::v1::GetStatsRequest;
use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_continuity::{Stack, Telemetry};
use throughline_testkit::Collector;

async fn stack() -> Stack {
    Stack::builder(Telemetry::Collector(&Collector::start()))
        .start()
        .await
}

/// The program that `xtask test` put into a variable, or a reason to skip.
#[expect(
    clippy::print_stderr,
    reason = "a skip is said where the test runs, too"
)]
pub(crate) fn program(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(PathBuf::from);
    if found.is_none() {
        eprintln!("skipped: {variable} is not set; `cargo xtask test` sets it where it can");
    }
    found
}

fn json_of(command: &mut Command) -> Value {
    let output = command.output().expect("the program starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn tonics_own_client() {
    let stack = stack().await;
    let mut client = GraphServiceClient::connect(stack.graph.url().to_owned())
        .await
        .expect("it connects");
    let stats = client
        .get_stats(GetStatsRequest {})
        .await
        .expect("it answers")
        .into_inner();
    assert_eq!((stats.node_count, stats.edge_count), (3, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn grpcurl_by_reflection() {
    let Some(grpcurl) = program("THROUGHLINE_GRPCURL") else {
        return;
    };
    let stack = stack().await;
    let stats = json_of(Command::new(grpcurl).args([
        "-plaintext",
        stack.graph.addr(),
        "throughline.graph.v1.GraphService/GetStats",
    ]));
    assert_eq!(stats["nodeCount"], "3", "{stats}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pythons_grpcio() {
    let Some(python) = program("THROUGHLINE_PYTHON") else {
        return;
    };
    let stack = stack().await;
    let folder = tempfile::tempdir().expect("a folder");
    let descriptors = folder.path().join("descriptors.bin");
    std::fs::write(&descriptors, throughline_api::FILE_DESCRIPTOR_SET).expect("it can be written");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interop/python/graph_client.py");
    let ask = |id: &str| {
        json_of(
            Command::new(&python)
                .arg(&script)
                .arg(stack.graph.addr())
                .arg(&descriptors)
                .arg(id),
        )
    };
    let found = ask("b");
    assert_eq!(found["stats"]["nodeCount"], "3", "{found}");
    assert_eq!(found["node"]["node"]["id"], "b", "{found}");
    assert_eq!(ask("nowhere")["node"]["code"], "NOT_FOUND");
}
