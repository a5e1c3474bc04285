//! What Dgraph's faults are to the caller, and what is sent again.

use throughline_dgraph_client::{Dql, Error, Subject};
use throughline_testkit::dgraph::{DgraphFault, FakeDgraph};

use crate::{by_name, client, put};

async fn check(fault: DgraphFault, expected: Error) {
    let fake = FakeDgraph::start().await;
    fake.fail_always(Some(fault));
    let dgraph = client(&[&fake]);
    let read = dgraph.read().query(by_name("s3cret")).await.unwrap_err();
    assert_eq!(read, expected, "{fault:?}");
    let wrote = dgraph
        .upsert(Dql::default(), put(Subject::New(0), "s3cret"))
        .await;
    let wrote = wrote.unwrap_err();
    assert_eq!(wrote, expected, "{fault:?}");
    assert!(!format!("{read:?}{read}{wrote:?}{wrote}").contains("s3cret"));
    // It recovers by itself.
    fake.fail_always(None);
    dgraph.read().query(by_name("a")).await.unwrap();
}

#[tokio::test]
async fn faults_are_told_apart_and_pass() {
    check(DgraphFault::Aborted, Error::Aborted).await;
    check(DgraphFault::AbortedByText, Error::Aborted).await;
    check(DgraphFault::Conflict, Error::Aborted).await;
    check(DgraphFault::TooMany, Error::Overloaded).await;
    check(DgraphFault::NotReady, Error::NotReady).await;
    check(DgraphFault::Draining, Error::Draining).await;
    check(DgraphFault::HashMismatch, Error::Hash).await;
    check(DgraphFault::TooOld, Error::TooOld).await;
    check(DgraphFault::Unknown, Error::Server(2)).await;
}

#[tokio::test]
async fn a_read_whose_answer_is_cut_is_asked_again_and_a_write_is_not() {
    let fake = FakeDgraph::start().await;
    let dgraph = client(&[&fake]);
    fake.fail_next([DgraphFault::Cut]);
    dgraph.read().query(by_name("a")).await.unwrap();
    let queries = || {
        fake.recorded()
            .iter()
            .filter(|it| it.method == "Query")
            .count()
    };
    assert_eq!(queries(), 2);
    fake.forget();
    fake.fail_next([DgraphFault::Cut]);
    let wrote = dgraph
        .upsert(Dql::default(), put(Subject::New(0), "a"))
        .await;
    assert_eq!(wrote.unwrap_err(), Error::Lost);
    assert_eq!(queries(), 1);
}

#[tokio::test]
async fn a_write_that_was_not_done_is_sent_again() {
    let fake = FakeDgraph::start().await;
    let dgraph = client(&[&fake]);
    fake.fail_next([DgraphFault::TooMany, DgraphFault::NotReady]);
    dgraph
        .upsert(Dql::default(), put(Subject::New(0), "a"))
        .await
        .unwrap();
    assert_eq!(
        fake.recorded()
            .iter()
            .filter(|it| it.method == "Query")
            .count(),
        3
    );
}

#[tokio::test]
async fn nobody_there_is_unreachable_until_somebody_is() {
    let fake = FakeDgraph::start().await;
    fake.close(true);
    let dgraph = client(&[&fake]);
    let error = dgraph.read().query(by_name("a")).await.unwrap_err();
    assert!(
        matches!(error, Error::Unreachable | Error::Lost | Error::NotReady),
        "{error:?}"
    );
    fake.close(false);
    dgraph.read().query(by_name("a")).await.unwrap();
    let nowhere = throughline_dgraph_client::Dgraph::new(throughline_dgraph_client::Options {
        limits: crate::limits(),
        // Discard's port, on which nobody listens.
        ..throughline_dgraph_client::Options::new(["127.0.0.1:9"])
    });
    assert_eq!(nowhere.unwrap().version().await, Err(Error::Unreachable));
}

#[tokio::test]
async fn older_versions_are_refused_by_name() {
    let fake = FakeDgraph::start().await;
    let dgraph = client(&[&fake]);
    assert_eq!(dgraph.version().await.unwrap(), "v25.4.0");
    fake.set_version("v23.1.1");
    let error = dgraph.version().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Dgraph v23.1.1 is too old; at least v24.1 is needed"
    );
}

#[tokio::test]
async fn options_that_cannot_be_used_are_named() {
    use throughline_dgraph_client::{Dgraph, Options};
    for bad in ["", "localhost", "a b:1", "http://x:1/y", "u:p@host:1"] {
        let error = Dgraph::new(Options::new([bad])).unwrap_err();
        assert!(matches!(error, Error::Options(_)), "{bad:?}: {error:?}");
    }
    assert!(Dgraph::new(Options::new(Vec::<String>::new())).is_err());
}
