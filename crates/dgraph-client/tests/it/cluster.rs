//! Several alphas: turns, what fails, and what goes with each call.

use std::{sync::Arc, time::Duration};

use throughline_dgraph_client::{Carrier, Dgraph, Error, Options};
use throughline_testkit::dgraph::{DgraphFault, FakeDgraph};

use crate::{by_name, client, limits, options};

#[tokio::test]
async fn calls_go_to_all_alphas_over_one_connection_each() {
    let (one, other) = (FakeDgraph::start().await, FakeDgraph::start().await);
    let dgraph = client(&[&one, &other]);
    for _ in 0..10 {
        dgraph.read().query(by_name("a")).await.unwrap();
    }
    for fake in [&one, &other] {
        assert_eq!(fake.recorded().len(), 5);
        assert_eq!(fake.connections(), 1);
    }
}

#[tokio::test]
async fn an_alpha_that_fails_is_passed_over_and_asked_before_it_is_used_again() {
    let (one, other) = (FakeDgraph::start().await, FakeDgraph::start().await);
    let mut options = options(&[&one, &other]);
    options.limits.rest = Duration::ZERO;
    let dgraph = Dgraph::new(options).unwrap();
    one.fail_always(Some(DgraphFault::NotReady));
    for _ in 0..6 {
        dgraph.read().query(by_name("a")).await.unwrap();
    }
    let methods = |fake: &FakeDgraph| {
        fake.recorded()
            .iter()
            .map(|it| it.method)
            .collect::<Vec<_>>()
    };
    assert!(methods(&one).iter().filter(|it| **it == "Query").count() <= 1);
    one.fail_always(None);
    one.forget();
    one.wait_while_asked(&dgraph).await;
    assert_eq!(methods(&one)[..2], ["CheckVersion", "Query"]);
}

/// As where it was stopped, or the network to it swallows all.
#[tokio::test]
async fn an_alpha_that_says_nothing_costs_one_call_its_time_and_not_each_that_is_its_turn() {
    let (silent, other) = (FakeDgraph::start().await, FakeDgraph::start().await);
    let mut options = options(&[&silent, &other]);
    options.limits.call = Duration::from_secs(1);
    options.limits.probe = Duration::from_millis(50);
    options.limits.rest = Duration::from_secs(3_600);
    let dgraph = Dgraph::new(options).unwrap();
    silent.hold(true);
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(dgraph.read().query(by_name("a")).await.map(drop));
    }
    assert_eq!(answers.remove(0), Err(Error::Deadline));
    assert_eq!(answers, [const { Ok(()) }; 5]);
}

trait Asked {
    async fn wait_while_asked(&self, dgraph: &Dgraph);
}

impl Asked for FakeDgraph {
    async fn wait_while_asked(&self, dgraph: &Dgraph) {
        for _ in 0..10 {
            dgraph.read().query(by_name("a")).await.unwrap();
        }
    }
}

/// A trace, and little time.
struct Trace(Duration);

impl Carrier for Trace {
    fn write(&self, headers: &mut http::HeaderMap) {
        headers.insert("traceparent", http::HeaderValue::from_static("00-aa-bb-01"));
    }

    fn remaining(&self) -> Option<Duration> {
        Some(self.0)
    }
}

fn carried(fake: &FakeDgraph, time: Duration) -> Dgraph {
    let options = Options {
        carrier: Arc::new(Trace(time)),
        limits: limits(),
        ..Options::new([fake.address()])
    };
    Dgraph::new(options).unwrap()
}

#[tokio::test]
async fn the_trace_and_the_deadline_go_along() {
    let fake = FakeDgraph::start().await;
    let dgraph = carried(&fake, Duration::from_secs(9));
    dgraph.read().query(by_name("a")).await.unwrap();
    let call = &fake.recorded()[0];
    assert_eq!(call.header("traceparent"), Some("00-aa-bb-01"));
    let timeout = call.header("grpc-timeout").unwrap();
    assert!(timeout.starts_with(['8', '9']), "{timeout}");
}

#[tokio::test]
async fn a_hanging_dgraph_costs_no_more_than_the_deadline_and_is_told() {
    let fake = FakeDgraph::start().await;
    fake.fail_always(Some(DgraphFault::Hang));
    // Kept, for who closes his connection tells it by that.
    let mut clients = Vec::new();
    for doublings in 0..12 {
        let dgraph = carried(&fake, Duration::from_millis(30 << doublings));
        let error = dgraph.read().query(by_name("a")).await.unwrap_err();
        assert_eq!(error, Error::Deadline);
        clients.push(dgraph);
        // So short a time may be up before the call has come, and then there is nobody to be told.
        if !fake.recorded().is_empty() {
            break;
        }
    }
    fake.wait_for_left(1).await;
}

#[tokio::test]
async fn who_leaves_ends_the_call_in_dgraph() {
    let fake = FakeDgraph::start().await;
    fake.fail_next([DgraphFault::Hang]);
    let dgraph = client(&[&fake]);
    let call = tokio::spawn(async move { dgraph.read().query(by_name("a")).await });
    fake.wait_for("the call has come", |calls| calls.first().map(|_| ()))
        .await;
    call.abort();
    fake.wait_for_left(1).await;
}
