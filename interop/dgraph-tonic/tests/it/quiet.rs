//! What is logged: dgraph-tonic's own spans hold the password, the statement and its values at INFO; none of it comes out.

use throughline_dgraph_client::{Dql, Mutation, Subject};
use throughline_testkit::dgraph::{DgraphFault, FakeDgraph};
use tracing_subscriber::fmt::format::FmtSpan;

use crate::dgraph;

const SECRETS: [&str; 4] = ["canary-password", "canary-value", "access-1", "refresh-1"];

#[tokio::test]
async fn nothing_secret_is_logged() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let logged = || std::fs::read_to_string(log.path()).unwrap();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_writer(log.reopen().unwrap())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let fake = FakeDgraph::start().await;
    fake.need_login("groot", "canary-password");
    let dgraph = dgraph(&fake.address(), Some(("groot", "canary-password")));
    let query = || {
        let mut dql = Dql::new("q(func: eq(name, ");
        dql.value("canary-value").push(")) { uid }");
        dql
    };
    dgraph.read().query(query()).await.unwrap();
    let mut put = Mutation::default();
    put.set(Subject::New(0), "name", "canary-value");
    dgraph.upsert(query(), vec![put]).await.unwrap();
    fake.expire_logins();
    dgraph.read().query(query()).await.unwrap();
    fake.fail_next([DgraphFault::Unknown]);
    let error = dgraph.read().query(query()).await.unwrap_err();
    tracing::error!(?error, %error, "it failed");
    let text = logged();
    assert!(
        text.contains("q(func: eq(name, $)) { uid }"),
        "our own spans are there"
    );
    for secret in SECRETS {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }

    // It would be otherwise without the adapter: the canary is one.
    let client = dgraph_tonic::Client::new(format!("http://{}", fake.address())).unwrap();
    client.login("groot", "canary-password").await.unwrap();
    assert!(
        logged().contains("canary-password"),
        "what is filtered is there to be filtered"
    );
}
