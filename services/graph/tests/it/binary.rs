//! The binary: its one line on stdout, its exit codes, its refusals.

use throughline_api::graph::v1::{GetStatsRequest, graph_service_client::GraphServiceClient};
use throughline_testkit::Process;

pub(crate) fn graph(folder: &tempfile::TempDir) -> throughline_testkit::ProcessBuilder {
    Process::builder("throughline-graph")
        .env("GRAPH_LISTEN", "127.0.0.1:0")
        .env(
            "GRAPH_STORE",
            format!("sqlite:{}", folder.path().join("graph.db").display()),
        )
}

#[tokio::test]
async fn it_says_where_it_listens_serves_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let process = graph(&folder).spawn().await;
    let mut client = GraphServiceClient::connect(process.url().to_owned())
        .await
        .unwrap();
    client.get_stats(GetStatsRequest {}).await.unwrap();
    let finished = process.stop().await;
    assert_eq!(finished.status.code(), Some(0), "{finished:?}");
}

#[tokio::test]
async fn a_bad_option_names_its_variable() {
    for (variable, value) in [("GRAPH_STORE", "mysql:x"), ("GRAPH_LISTEN", "nowhere")] {
        let folder = tempfile::tempdir().unwrap();
        let finished = graph(&folder).env(variable, value).output().await;
        assert_eq!(finished.status.code(), Some(64), "{finished:?}");
        assert!(finished.stderr.contains(variable), "{finished:?}");
    }
}

#[tokio::test]
async fn a_newer_database_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    graph(&folder).spawn().await.stop().await;
    let file = rusqlite::Connection::open(folder.path().join("graph.db")).unwrap();
    file.pragma_update(None, "user_version", 99).unwrap();
    let finished = graph(&folder).output().await;
    assert_ne!(finished.status.code(), Some(0));
    assert!(
        finished.stderr.contains("schema version 99"),
        "{finished:?}"
    );
    assert!(finished.stderr.contains("graph.db"), "{finished:?}");
}
