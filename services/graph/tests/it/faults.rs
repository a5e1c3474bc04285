//! Faults of the store, as calls ask for them: what the caller sees, and that it leaves nothing behind.

use std::time::Duration;

use throughline_api::graph::v1::{
    GetStatsRequest, ImportGraphRequest, graph_service_client::GraphServiceClient,
};
use throughline_graph::WriteToken;
use throughline_graph_store::{SqliteLimits, SqliteOptions};
use throughline_service_kit as service_kit;
use throughline_testkit::{Collector, outline};
use throughline_trace_model::Record;
use tonic::{Code, Request};

use crate::{
    binary::graph,
    harness::{Service, TOKEN},
};

const FAULT: &str = "x-throughline-fault";

/// Whose writes wait so long for a lock.
async fn waiting(busy_timeout: Duration) -> Service {
    let sqlite = SqliteLimits {
        busy_timeout,
        ..SqliteLimits::default()
    };
    let options = SqliteOptions {
        sqlite,
        ..SqliteOptions::default()
    };
    Service::with(WriteToken::new(TOKEN), options).await
}

#[tokio::test]
async fn the_store_fails_as_asked() {
    let check = async |service: &Service, fault: &str, expected| {
        let before = service_kit::faults_fired();
        let mut client = service.client_with([(FAULT, format!("graph=nothing,store={fault}"))]);
        let answer = client.get_stats(GetStatsRequest {}).await;
        let code = answer.err().map_or(Code::Ok, |status| status.code());
        assert_eq!(code, expected, "{fault}");
        assert!(service_kit::faults_fired() > before, "{fault} fired");
        let mut client = service.client();
        client.get_stats(GetStatsRequest {}).await.unwrap();
    };
    // A lock may be let go late: who is to get it after all waits for long.
    let patient = waiting(Duration::from_secs(600)).await;
    check(&patient, "error:INTERNAL", Code::Internal).await;
    check(&patient, "panic", Code::Internal).await;
    check(&patient, "error:UNAVAILABLE", Code::Unavailable).await;
    check(&patient, "error:DATA_LOSS", Code::Unavailable).await;
    check(&patient, "delay:1", Code::Ok).await;
    let impatient = waiting(Duration::from_millis(100)).await;
    check(&impatient, "delay:60000", Code::Unavailable).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_outlasts_its_deadline_is_interrupted() {
    let service = Service::start().await;
    let stall = [
        (FAULT, "store=stall".to_owned()),
        ("authorization", format!("Bearer {TOKEN}")),
    ];
    // Twice as often as there are readers: each must be free again.
    for _ in 0..SqliteLimits::default().readers {
        let mut client = service.client_with(stall.clone());
        let mut request = Request::new(GetStatsRequest {});
        request.set_timeout(Duration::from_millis(60));
        let status = client.get_stats(request).await.unwrap_err();
        // tonic's client says CANCELLED where its own timer is faster; ours is on the server here.
        assert!(
            [Code::DeadlineExceeded, Code::Cancelled].contains(&status.code()),
            "{status}"
        );
        let batches = tokio_stream::iter([ImportGraphRequest {
            sequence: 1,
            ..ImportGraphRequest::default()
        }]);
        let mut request = Request::new(batches);
        request.set_timeout(Duration::from_millis(60));
        client.import_graph(request).await.unwrap_err();
    }
    let mut client = service.client();
    client.get_stats(GetStatsRequest {}).await.unwrap();
}

#[tokio::test]
async fn an_interrupted_statement_stands_in_the_trace_of_its_call() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start();
    let process = graph(&folder)
        .env("SENTRY_DSN", collector.dsn("graph"))
        .env("THROUGHLINE_FAULTS", "1")
        .env("RUST_LOG", "throughline_service_kit=debug")
        .spawn()
        .await;
    let mut client = GraphServiceClient::connect(process.url().to_owned())
        .await
        .unwrap();
    let mut request = Request::new(GetStatsRequest {});
    let stall = "store=stall".parse().unwrap();
    request.metadata_mut().insert(FAULT, stall);
    request.set_timeout(Duration::from_secs(2));
    client.get_stats(request).await.unwrap_err();
    let finished = process.stop().await;
    let fired = finished.stderr.matches("a fault fires").count();
    assert_eq!(fired, 1, "{}", finished.stderr);

    let records = collector.records();
    let heads = records.iter().filter_map(|record| match record {
        Record::Span(span) if span.op == "rpc.server" => Some(span),
        _ => None,
    });
    let heads: Vec<_> = heads.collect();
    assert_eq!(heads.len(), 1, "{records:#?}");
    // The caller's own timer may be first, and leave more than the slack before ours.
    let status = heads[0].status.as_str();
    assert!(
        ["deadline_exceeded", "cancelled"].contains(&status),
        "{status}"
    );
    let tree = collector.trace(&heads[0].trace_id);
    let statements = tree.nodes.iter().filter(|node| node.span.op == "db.query");
    let statements: Vec<_> = statements.map(|node| node.span.name.as_str()).collect();
    assert!(
        statements
            .iter()
            .any(|statement| statement.starts_with("WITH RECURSIVE")),
        "{}",
        outline(&tree)
    );
    let events = records
        .iter()
        .any(|record| matches!(record, Record::Event(_)));
    assert!(!events, "{records:#?}");
}
