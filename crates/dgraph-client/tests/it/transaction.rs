//! Transactions: what is carried, conflicts, and what is dropped.

use throughline_dgraph_client::{Dql, Error, Subject};
use throughline_testkit::dgraph::{DgraphFault, FakeDgraph, Recorded};

use crate::{by_name, client, put};

fn a() -> Subject {
    Subject::Uid("0x1".parse().unwrap())
}

fn b() -> Subject {
    Subject::Uid("0x2".parse().unwrap())
}

fn ends(calls: &[Recorded]) -> Vec<throughline_dgraph_client::api::TxnContext> {
    calls.iter().filter_map(|it| it.txn.clone()).collect()
}

#[tokio::test]
async fn keys_and_predicates_of_all_requests_are_sent_back() {
    let fake = FakeDgraph::start().await;
    let dgraph = client(&[&fake]);
    let mut transaction = dgraph.transaction();
    transaction.query(by_name("a")).await.unwrap();
    let start_ts = transaction.start_ts();
    transaction
        .mutate(Dql::default(), put(a(), "x"))
        .await
        .unwrap();
    transaction
        .mutate(Dql::default(), put(b(), "y"))
        .await
        .unwrap();
    assert!(transaction.commit().await.unwrap() > start_ts);
    let calls = fake.recorded();
    let starts: Vec<_> = calls
        .iter()
        .filter_map(|it| Some(it.request.as_ref()?.start_ts))
        .collect();
    assert_eq!(starts, [0, start_ts, start_ts]);
    let end = &ends(&calls)[0];
    assert_eq!(end.keys, ["0x1|name", "0x2|name"]);
    assert_eq!(end.preds, ["1-0-name"]);
    assert!(!end.aborted);
}

#[tokio::test]
async fn two_that_write_the_same_conflict() {
    let fake = FakeDgraph::start().await;
    let dgraph = client(&[&fake]);
    let (mut one, mut other) = (dgraph.transaction(), dgraph.transaction());
    one.mutate(Dql::default(), put(a(), "x")).await.unwrap();
    other.mutate(Dql::default(), put(a(), "y")).await.unwrap();
    one.commit().await.unwrap();
    assert_eq!(other.commit().await, Err(Error::Aborted));
}

#[tokio::test]
async fn an_aborted_transaction_is_begun_anew() {
    let fake = FakeDgraph::start().await;
    let dgraph = client(&[&fake]);
    fake.fail_next([
        DgraphFault::AbortedByText,
        DgraphFault::Aborted,
        DgraphFault::Conflict,
    ]);
    let mut begun = 0;
    let done: Result<_, Error> = dgraph
        .retry(async |transaction| {
            begun += 1;
            transaction.mutate(Dql::default(), put(a(), "x")).await?;
            Ok(7)
        })
        .await;
    assert_eq!(done, Ok(7));
    assert_eq!(begun, 4);
    let starts = fake.recorded();
    let starts = starts.iter().filter_map(|it| it.request.as_ref());
    assert!(starts.clone().all(|it| it.start_ts == 0));
    fake.fail_always(Some(DgraphFault::Aborted));
    let done: Result<(), Error> = dgraph
        .retry(async |transaction| {
            transaction.mutate(Dql::default(), put(a(), "x")).await?;
            Ok(())
        })
        .await;
    assert_eq!(done, Err(Error::Aborted));
}

#[tokio::test]
async fn one_that_wrote_and_is_dropped_is_discarded() {
    let fake = FakeDgraph::start().await;
    let dgraph = client(&[&fake]);
    let mut read = dgraph.transaction();
    read.query(by_name("a")).await.unwrap();
    drop(read);
    let mut wrote = dgraph.transaction();
    wrote.mutate(Dql::default(), put(a(), "x")).await.unwrap();
    let start_ts = wrote.start_ts();
    drop(wrote);
    let end = fake.wait_for("a discard", |calls| ends(calls).pop()).await;
    assert!(end.aborted);
    assert_eq!(end.start_ts, start_ts);
    assert_eq!(ends(&fake.recorded()).len(), 1);
}

#[tokio::test]
async fn reads_are_of_one_moment_and_say_so() {
    let fake = FakeDgraph::start().await;
    let dgraph = client(&[&fake]);
    let mut read = dgraph.read();
    read.query(by_name("a")).await.unwrap();
    read.query(by_name("b")).await.unwrap();
    dgraph.read_best_effort().query(by_name("c")).await.unwrap();
    let calls = fake.recorded();
    let requests: Vec<_> = calls.iter().filter_map(|it| it.request.as_ref()).collect();
    assert_eq!(requests[1].start_ts, read.start_ts());
    assert!(requests.iter().all(|it| it.read_only && !it.commit_now));
    assert_eq!(
        requests.iter().map(|it| it.best_effort).collect::<Vec<_>>(),
        [false, false, true]
    );
}
