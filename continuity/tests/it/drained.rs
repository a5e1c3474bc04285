//! A hop that is stopped while it serves: who asks is told first, calls in flight end with a status of their own, and what
//! they have to tell arrives.

use throughline_api::graph::v1::{ImportGraphRequest, Node, WatchChangesRequest};
use throughline_continuity::{Chain, ChainOptions, Expected, Root, judge};
use throughline_testkit::eventually;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// An import that goes on, and a stream without an end, at a hop that is told to stop.
async fn check(hop: &'static str) {
    let mut chain = Chain::start(&ChainOptions::default()).await;
    let mut chance = rand::rng();
    // The fault is there for what it logs: that the call has come in.
    let written = Root::sampled(&mut chance).with_fault("graph=delay:1");
    let watched = Root::sampled(&mut chance);

    let mut client = chain.client();
    let request = watched.request(WatchChangesRequest::default());
    let watch = client.watch_changes(request).await.expect("it begins");
    let mut watch = watch.into_inner();
    watch.message().await.expect("it begins").expect("a place");
    let (batches, to_come) = mpsc::channel(1);
    let mut writing = JoinSet::new();
    let request = written.request(ReceiverStream::new(to_come));
    writing.spawn(async move { client.import_graph(request).await });
    batches.send(batch(1)).await.expect("it is taken");
    chain.wait_until_held("graph").await;

    let url = chain.graph_url().to_owned();
    let graph = Endpoint::from_shared(url).expect("a service announces a URL");
    let mut health = HealthClient::new(graph.connect_lazy());
    let asked = health.watch(HealthCheckRequest::default()).await;
    let mut asked = asked.expect("health is served").into_inner();
    assert_eq!(status(asked.message().await), ServingStatus::Serving);

    let stopping = chain.process(hop).take().expect("it runs");
    stopping.signal("TERM").await;
    if hop == "graph" {
        let next = asked.message().await;
        assert_eq!(status(next), ServingStatus::NotServing);
    } else {
        eventually("nobody is let in", || refuses(stopping.addr())).await;
    }
    assert!(writing.try_join_next().is_none(), "it was told first");
    batches.send(batch(2)).await.expect("it is taken");
    drop(batches);
    let write = writing.join_next().await.expect("one was spawned");
    let write = write.expect("no panic");
    let write = write.expect("a call in flight ends as ever").into_inner();
    assert_eq!((write.batch_count, write.last_sequence), (2, 2));
    let ended = loop {
        match watch.message().await {
            // What was imported is told first.
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ended as if that were all"),
            Err(ended) => break ended,
        }
    };
    assert_eq!(ended.code(), Code::Unavailable, "{ended}");

    let stopped = stopping.stop().await;
    assert!(stopped.status.success(), "{}", stopped.stderr);
    let lost = stopped.stderr.contains("telemetry was lost");
    assert!(!lost, "{}", stopped.stderr);
    chain.stop().await;
    let fine = Expected {
        code: Code::Ok,
        ran: &[("gateway", Code::Ok), ("graph", Code::Ok)],
        store: true,
        event: None,
    };
    let wrong = judge(&written, Code::Ok, &fine, chain.records());
    assert!(wrong.is_empty(), "{wrong:#?}");
    let by_graph = hop == "graph";
    let ended = Expected {
        code: Code::Unavailable,
        ran: match by_graph {
            true => &[("gateway", Code::Unavailable), ("graph", Code::Unavailable)],
            // Behind the gateway it is a call whose caller is gone.
            false => &[("gateway", Code::Unavailable), ("graph", Code::Cancelled)],
        },
        store: true,
        event: by_graph.then_some("graph"),
    };
    let wrong = judge(&watched, ended.code, &ended, chain.records());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A batch of one node.
fn batch(sequence: i64) -> ImportGraphRequest {
    ImportGraphRequest {
        sequence,
        nodes: vec![Node {
            id: format!("import-{sequence}"),
            r#type: "Letter".to_owned(),
            ..Node::default()
        }],
        ..ImportGraphRequest::default()
    }
}

fn status(answer: Result<Option<HealthCheckResponse>, tonic::Status>) -> ServingStatus {
    answer.expect("health is served").expect("it says").status()
}

fn refuses(address: &str) -> bool {
    std::net::TcpStream::connect(address).is_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_graph_service_ends_its_calls() {
    check("graph").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_ends_its_calls() {
    check("gateway").await;
}
