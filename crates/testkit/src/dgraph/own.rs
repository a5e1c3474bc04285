//! A real Dgraph of a test's own: one zero, and one alpha that can be killed, stopped, started again, and asked what it does.

use std::{process::Command, time::Duration};

use http_body_util::{BodyExt as _, Empty};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use throughline_dgraph_client::{Dgraph, Error};

use super::cluster::{ClusterOptions, DgraphCluster};
use crate::{SAFETY, comes_true};

/// A zero and an alpha.
pub struct OwnDgraph {
    cluster: DgraphCluster,
}

impl OwnDgraph {
    /// Starts both; nothing where there is no Dgraph. `spans` is where they send their spans to, `host:port` of OTLP over HTTP.
    ///
    /// # Panics
    ///
    /// Where there is one, and it cannot be used.
    pub async fn start(spans: Option<&str>) -> Option<Self> {
        let options = ClusterOptions {
            spans: spans.map(str::to_owned),
            ..ClusterOptions::default()
        };
        let cluster = DgraphCluster::start(options).await?;
        Some(Self { cluster })
    }

    /// Its alpha, `host:port`.
    pub fn endpoint(&self) -> String {
        self.cluster.endpoint(0)
    }

    /// Starts the alpha, which was killed, and waits until it can be written to.
    ///
    /// # Panics
    ///
    /// Where it does not come up.
    pub async fn start_alpha(&mut self) {
        self.cluster.start_alpha(0);
        self.cluster.wait_for_alpha(0).await;
    }

    /// Drops all that is in it.
    ///
    /// # Panics
    ///
    /// Where it refuses.
    pub async fn clear(&self) {
        let dgraph = Dgraph::new(self.cluster.client_options()).expect("an endpoint");
        let mut failed = Error::Unreachable;
        let emptied = async {
            // What it does still for who had it before is none of ours.
            while let Err(error) = dgraph.drop_all().await {
                failed = error;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let emptied = tokio::time::timeout(SAFETY, emptied).await;
        assert!(emptied.is_ok(), "it cannot be emptied: {failed}");
    }

    /// Kills the alpha (SIGKILL).
    pub fn kill_alpha(&mut self) {
        self.cluster.kill_alpha(0);
    }

    /// Sends the alpha a signal by name, such as `STOP` or `CONT`.
    ///
    /// # Panics
    ///
    /// Where it does not run.
    pub fn signal_alpha(&self, signal: &str) {
        let id = self.cluster.alpha_id(0).expect("it runs").to_string();
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &id])
            .status();
        assert!(sent.is_ok_and(|sent| sent.success()), "kill -{signal} {id}");
    }

    /// Whether the alpha was stopped (SIGSTOP) and does not go on.
    pub fn alpha_is_stopped(&self) -> bool {
        let id = self.cluster.alpha_id(0);
        id.is_some_and(crate::process::is_stopped)
    }

    /// Waits until the alpha works at so many queries, as it says itself.
    ///
    /// # Panics
    ///
    /// Where it never does.
    pub async fn wait_for_queries(&self, count: usize) {
        let works = comes_true(|| async { self.queries().await == Some(count) });
        assert!(works.await, "Dgraph never worked at {count} queries");
    }

    async fn queries(&self) -> Option<usize> {
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
        let port = self.cluster.alpha_http_port(0);
        let metrics = format!("http://127.0.0.1:{port}/debug/prometheus_metrics");
        let answer = client.get(metrics.parse().ok()?).await.ok()?;
        let body = answer.into_body().collect().await.ok()?.to_bytes();
        let text = std::str::from_utf8(&body).ok()?;
        let pending = text
            .lines()
            .filter(|line| line.starts_with("dgraph_pending_queries_total"));
        let counts = pending.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok());
        Some(counts.sum())
    }
}
