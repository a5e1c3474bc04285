//! Against the double, which fails as a real one will not on demand.

use std::sync::Arc;

use throughline_dgraph_client::{Carrier, Dgraph, Dql, Error, Mutation, Options, Subject};
use throughline_testkit::dgraph::{DgraphFault, FakeDgraph};

use crate::{dgraph, options};

fn by_name(name: &str) -> Dql {
    let mut dql = Dql::new("q(func: eq(name, ");
    dql.value(name).push(")) { uid }");
    dql
}

fn put(name: &str) -> Vec<Mutation> {
    let mut mutation = Mutation::default();
    mutation.set(Subject::New(0), "name", name);
    vec![mutation]
}

/// A trace as a call has it.
struct Trace;

impl Carrier for Trace {
    fn write(&self, headers: &mut http::HeaderMap) {
        headers.insert("traceparent", http::HeaderValue::from_static("00-aa-bb-01"));
    }

    fn remaining(&self) -> Option<std::time::Duration> {
        None
    }
}

#[tokio::test]
async fn requests_arrive_as_they_were_made_with_their_trace() {
    let fake = FakeDgraph::start().await;
    let dgraph = Dgraph::new(Options {
        carrier: Arc::new(Trace),
        ..options(&fake.address(), None)
    });
    let dgraph = dgraph.unwrap();
    assert_eq!(dgraph.version().await.unwrap(), "v25.4.0");
    dgraph.alter("name: string @index(exact) .").await.unwrap();
    dgraph.read().query(by_name("a")).await.unwrap();
    let done = dgraph.upsert(by_name("a"), put("b")).await.unwrap();
    assert!(done.commit_ts > 0);
    let calls = fake.recorded();
    let methods: Vec<_> = calls.iter().map(|it| it.method).collect();
    assert_eq!(methods, ["CheckVersion", "Alter", "Query", "Query"]);
    for call in &calls {
        assert_eq!(call.header("traceparent"), Some("00-aa-bb-01"), "{call:?}");
        assert!(
            !format!("{:?}", call.metadata).contains("ticket"),
            "{call:?}"
        );
    }
    let read = calls[2].request.as_ref().unwrap();
    assert!(read.read_only && read.vars.values().any(|it| it == "a"));
    let upsert = calls[3].request.as_ref().unwrap();
    assert!(upsert.commit_now && upsert.mutations[0].set.len() == 1);
    assert_eq!(fake.connections(), 1, "the proxy keeps one");
}

#[tokio::test]
async fn a_transaction_of_several_requests() {
    let fake = FakeDgraph::start().await;
    let dgraph = dgraph(&fake.address(), None);
    let mut transaction = dgraph.transaction();
    transaction.query(by_name("a")).await.unwrap();
    transaction.mutate(Dql::default(), put("a")).await.unwrap();
    transaction.mutate(Dql::default(), put("b")).await.unwrap();
    transaction.commit().await.unwrap();
    let calls = fake.recorded();
    let ended = calls.last().unwrap();
    assert_eq!(ended.method, "CommitOrAbort");
    let txn = ended.txn.as_ref().unwrap();
    assert!(
        !txn.aborted && !txn.keys.is_empty() && !txn.preds.is_empty(),
        "{txn:?}"
    );

    let mut given_up = dgraph.transaction();
    given_up.mutate(Dql::default(), put("c")).await.unwrap();
    given_up.discard().await.unwrap();
    let last = fake.recorded().pop().unwrap();
    assert!(last.txn.unwrap().aborted);
}

#[tokio::test]
async fn errors_are_told_apart() {
    use DgraphFault::{Aborted, AbortedByText, Draining, HashMismatch, NotReady, TooMany, TooOld};
    let fake = FakeDgraph::start().await;
    let mut options = options(&fake.address(), None);
    options.limits.attempts = 1;
    let dgraph = Dgraph::new(options).unwrap();
    for (fault, expected) in [
        (Aborted, Error::Aborted),
        (AbortedByText, Error::Aborted),
        (TooMany, Error::Overloaded),
        (HashMismatch, Error::Hash),
        (TooOld, Error::TooOld),
        (NotReady, Error::NotReady),
        (Draining, Error::Draining),
        (DgraphFault::Cut, Error::Lost),
    ] {
        fake.fail_next([fault]);
        let error = dgraph.upsert(Dql::default(), put("a")).await.unwrap_err();
        assert_eq!(error, expected, "{fault:?}");
    }
    let mut read = dgraph.read();
    read.query(by_name("a")).await.unwrap();
    let error = read.query(by_name("a")).await.unwrap_err();
    assert!(matches!(error, Error::Options(_)), "{error:?}");
    let address = fake.address();
    drop(fake);
    let gone = crate::dgraph(&address, None).version().await.unwrap_err();
    assert_eq!(gone, Error::Unreachable);
}

#[tokio::test]
async fn a_large_answer_arrives_whole() {
    let fake = FakeDgraph::start().await;
    fake.answer(|_| Some(format!("{{\"q\":[\"{}\"]}}", "x".repeat(6 << 20))));
    let dgraph = dgraph(&fake.address(), None);
    let answer = dgraph.read().query(by_name("a")).await.unwrap();
    let blocks: serde_json::Value = answer.blocks().unwrap();
    assert_eq!(blocks["q"][0].as_str().map(str::len), Some(6 << 20));
}

#[tokio::test]
async fn a_login_is_made_once_and_again_when_it_expires() {
    let fake = FakeDgraph::start().await;
    fake.need_login("groot", "right");
    let dgraph = dgraph(&fake.address(), Some(("groot", "right")));
    let logins = || {
        fake.recorded()
            .iter()
            .filter(|it| it.method == "Login")
            .count()
    };
    for _ in 0..3 {
        dgraph.read().query(by_name("a")).await.unwrap();
    }
    assert_eq!(logins(), 1);
    fake.expire_logins();
    dgraph.upsert(Dql::default(), put("a")).await.unwrap();
    assert_eq!(logins(), 2);
    let wrong = crate::dgraph(&fake.address(), Some(("groot", "wr0ng")));
    let error = wrong.read().query(by_name("a")).await.unwrap_err();
    assert_eq!(error, Error::Credentials);
}

#[tokio::test]
async fn who_leaves_ends_the_call_in_dgraph() {
    let fake = FakeDgraph::start().await;
    fake.fail_next([DgraphFault::Hang]);
    let dgraph = dgraph(&fake.address(), None);
    let call = tokio::spawn(async move { dgraph.read().query(by_name("a")).await });
    let came = |calls: &Vec<_>| calls.first().map(|_| ());
    fake.wait_for("the call has come", came).await;
    call.abort();
    fake.wait_for_left(1).await;
}
