//! What is logged: at the finest level too, no password, token or value.

use throughline_dgraph_client::{Dgraph, Dql, Login, Options, Subject};
use throughline_testkit::dgraph::{DgraphFault, FakeDgraph};
use tracing_subscriber::fmt::format::FmtSpan;

use crate::{by_name, limits, put};

#[tokio::test]
async fn nothing_secret_is_logged() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_writer(log.reopen().unwrap())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let fake = FakeDgraph::start().await;
    fake.need_login("groot", "canary-password");
    let options = Options {
        login: Some(Login {
            user: "groot".to_owned(),
            password: "canary-password".to_owned(),
            namespace: 0,
        }),
        limits: limits(),
        ..Options::new([fake.address()])
    };
    let dgraph = Dgraph::new(options).unwrap();
    dgraph.read().query(by_name("canary-value")).await.unwrap();
    dgraph
        .upsert(Dql::default(), put(Subject::New(0), "canary-value"))
        .await
        .unwrap();
    fake.fail_next([DgraphFault::Unknown]);
    let error = dgraph
        .read()
        .query(by_name("canary-value"))
        .await
        .unwrap_err();
    tracing::error!(?error, %error, "it failed");
    let log = std::fs::read_to_string(log.path()).unwrap();
    assert!(
        log.contains("q(func: eq(name, $)) { uid }"),
        "the statement's shape is logged"
    );
    for secret in ["canary-password", "canary-value", "access-1", "refresh-1"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
