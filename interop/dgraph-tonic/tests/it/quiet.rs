//! What is logged: dgraph-tonic's own spans hold the password, the statement and its values at INFO; none of it comes out.

use std::{io::Write, sync::Arc};

use throughline_dgraph_client::{Dql, Mutation, Subject};
use throughline_testkit::dgraph::{DgraphFault, FakeDgraph};
use tracing_subscriber::fmt::{MakeWriter, format::FmtSpan};

use crate::dgraph;

#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

const SECRETS: [&str; 4] = ["canary-password", "canary-value", "access-1", "refresh-1"];

#[tokio::test]
async fn nothing_secret_is_logged() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_writer(log.clone())
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
    let text = log.text();
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
        log.text().contains("canary-password"),
        "what is filtered is there to be filtered"
    );
}
