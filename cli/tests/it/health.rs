//! `throughline health`, as a container's health check asks.

use throughline_testkit::Process;

use crate::command::throughline;

async fn check(asked: &[&str], code: i32) {
    let words = ["health"].iter().chain(asked);
    throughline(words).run().await.exits(code);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_service_says_whether_it_takes_calls() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("graph.db").display());
    let graph = Process::builder("throughline-graph")
        .env("GRAPH_LISTEN", "127.0.0.1:0")
        .env("GRAPH_STORE", store);
    let graph = graph.spawn().await;
    let gateway = Process::builder("throughline-gateway")
        .env("GATEWAY_LISTEN", "127.0.0.1:0")
        .env("GATEWAY_GRAPH_URL", graph.url());
    let gateway = gateway.spawn().await;
    let inspector = Process::builder("throughline")
        .args(["inspect"])
        .env("INSPECTOR_LISTEN", "127.0.0.1:0")
        .env("INSPECTOR_OTLP_GRPC_LISTEN", "none")
        .env("INSPECTOR_OTLP_HTTP_LISTEN", "none")
        .env("INSPECTOR_DATA_DIR", folder.path().to_str().unwrap());
    let inspector = inspector.spawn().await;

    check(&["--grpc", graph.url()], 0).await;
    check(&[gateway.url()], 0).await;
    check(&[inspector.url()], 0).await;
    // It answers, but what was asked for is not there.
    check(&["--grpc", inspector.url()], 1).await;
    check(&[&format!("{}/nowhere", gateway.url())], 1).await;
    check(&["--grpc", "http://127.0.0.1:1"], 1).await;
    check(&["http://127.0.0.1:1"], 1).await;
    check(&["127.0.0.1:8080"], 64).await;
}

#[tokio::test]
async fn who_never_answers_is_not_well() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    check(&[&url, "--within", "50ms"], 1).await;
}
