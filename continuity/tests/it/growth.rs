//! Call after call, and no service grows: what the second half of the calls leaves resident is what the first half did.
//! `THROUGHLINE_GROWTH` says how many calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use throughline_api::graph::v1::FindPathRequest;
use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_continuity::{Progress, Root, count, figure};
use throughline_testkit::Process;
use tokio::task::JoinSet;
use tonic::transport::Channel;

use crate::inspector::inspect;

/// Calls under way at once.
const AT_ONCE: usize = 16;
/// What the second half may add: a part of what there was, and what a few calls leave in an allocator.
const PART: usize = 10;
const KIB: usize = 4 << 10;

/// Resident memory in KiB.
fn resident(process: &Process) -> usize {
    let id = process.id().expect("it runs");
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("this is Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.expect("a process has a size")
}

async fn call(client: GraphServiceClient<Channel>, calls: usize, progress: &Arc<Progress>) {
    let next = Arc::new(AtomicUsize::new(0));
    let mut callers = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (mut client, next) = (client.clone(), next.clone());
        let progress = progress.clone();
        callers.spawn(async move {
            while next.fetch_add(1, Ordering::Relaxed) < calls {
                let asked = FindPathRequest {
                    from: "a".to_owned(),
                    to: "c".to_owned(),
                    ..FindPathRequest::default()
                };
                let root = Root::sampled(&mut rand::rng());
                let answer = client.find_path(root.request(asked)).await;
                // There is no such node, and that is an answer like another.
                let code = answer.expect_err("the graph is empty").code();
                assert_eq!(code, tonic::Code::NotFound);
                progress.one();
            }
        });
    }
    callers.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_service_grows() {
    let calls = count("THROUGHLINE_GROWTH", 400);
    let folder = tempfile::tempdir().expect("a folder");
    let inspector = inspect(&folder.path().join("traces"))
        // So that what is old goes while the calls go on.
        .env("INSPECTOR_MAX_BYTES", "64MiB")
        .spawn()
        .await;
    let dsn =
        |service: &str, project: u32| format!("http://{service}@{}/{project}", inspector.addr());
    let database = folder.path().join("graph.db");
    let graph = Process::builder("throughline-graph")
        .env("GRAPH_LISTEN", "127.0.0.1:0")
        .env("GRAPH_STORE", format!("sqlite:{}", database.display()))
        .env("SENTRY_DSN", dsn("graph", 3))
        .spawn()
        .await;
    let gateway = Process::builder("throughline-gateway")
        .env("GATEWAY_LISTEN", "127.0.0.1:0")
        .env("GATEWAY_GRAPH_URL", graph.url())
        .env("GATEWAY_SAMPLED_TRACES", "1000000000")
        .env("SENTRY_DSN", dsn("gateway", 2))
        .spawn()
        .await;
    let client = GraphServiceClient::connect(gateway.url().to_owned());
    let client = client.await.expect("it connects");
    let services = [
        ("gateway", &gateway),
        ("graph", &graph),
        ("inspector", &inspector),
    ];
    let progress = Arc::new(Progress::new("growth", calls));
    call(client.clone(), calls / 2, &progress).await;
    let half = services.map(|(_, process)| resident(process));
    call(client, calls / 2, &progress).await;
    let whole = services.map(|(_, process)| resident(process));
    for (((name, _), half), whole) in services.iter().zip(half).zip(whole) {
        figure(&format!(
            "{name}: {half} KiB after {} calls, {whole} after {calls}",
            calls / 2
        ));
        // Few calls only warm up.
        let bound = half + half / PART + KIB;
        assert!(
            calls < 100_000 || whole <= bound,
            "{name} grew from {half} to {whole} KiB in {calls} calls"
        );
    }
    for process in [gateway, graph, inspector] {
        let ended = process.stop().await;
        assert!(ended.status.success(), "{}", ended.stderr);
    }
}
