//! A caller that is not ours, tonic's own client; and where those are that come as programs.

use std::path::PathBuf;

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
