//! A hop that is stopped while it serves: who asks is told first, calls in flight end with a status of their own, and what
//! they have to tell arrives.

use throughline_api::graph::v1::WatchChangesRequest;
use throughline_continuity::{Chain, ChainOptions, Expected, Root, judge, letters};
use throughline_testkit::eventually;
use tokio::task::JoinSet;
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

/// A write that waits for a lock, and a stream without an end, at a hop that is told to stop.
async fn check(hop: &'static str) {
    let mut chain = Chain::start(&ChainOptions::default()).await;
    let mut chance = rand::rng();
    // The fault is there for what it logs: that the call has come in.
    let written = Root::sampled(&mut chance).with_fault("graph=delay:1");
    let watched = Root::sampled(&mut chance);

    let holder = rusqlite::Connection::open(chain.database()).expect("it can be opened");
    let mut client = chain.client();
    let request = watched.request(WatchChangesRequest::default());
    let watch = client.watch_changes(request).await.expect("it begins");
    let mut watch = watch.into_inner();
    watch.message().await.expect("it begins").expect("a place");
    holder
        .execute_batch("BEGIN IMMEDIATE")
        .expect("nobody writes");
    let mut writing = JoinSet::new();
    let request = written.request(letters());
    writing.spawn(async move { client.apply_mutations(request).await });
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
    drop(holder);
    let write = writing.join_next().await.expect("one was spawned");
    let write = write.expect("no panic");
    write.expect("a call in flight ends as ever");
    let ended = watch.message().await.expect_err("nobody waits for ever");
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
