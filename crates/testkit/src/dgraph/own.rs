//! A real Dgraph of a test's own: a zero and an alpha that can be killed, stopped and started again. Both end with the
//! process, whatever kind of end it has.

use std::{
    fs::File,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use http_body_util::{BodyExt as _, Empty};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use tempfile::TempDir;
use throughline_dgraph_client::{Dgraph, Options};

use super::real::{free_offset, program};
use crate::SAFETY;

/// Lies in wait until its stdin ends, which it does with this process, and then ends the other.
const GUARD: &str = "cat > /dev/null; kill -9 \"$NODE\"";

/// A zero and an alpha.
pub struct OwnDgraph {
    program: PathBuf,
    offset: u16,
    /// Where they send their spans, `host:port` of OTLP over HTTP.
    spans: Option<String>,
    alpha: Option<Node>,
    _zero: Node,
    folder: TempDir,
}

/// A process, and what ends it in the end.
pub(super) struct Node {
    process: Child,
    guard: Child,
}

impl Drop for Node {
    fn drop(&mut self) {
        // The guard first: it would kill whoever has the number by then.
        for child in [&mut self.guard, &mut self.process] {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

impl OwnDgraph {
    /// Starts both; nothing where there is no Dgraph. `spans` is where they send their spans to.
    ///
    /// # Panics
    ///
    /// Where there is one, and it cannot be used.
    pub async fn start(spans: Option<&str>) -> Option<Self> {
        let program = program()?;
        let offset = free_offset();
        let folder = tempfile::tempdir().expect("a folder");
        let spans = spans.map(str::to_owned);
        let zero = [
            format!("--my=localhost:{}", 5080 + offset),
            "--wal=zw".to_owned(),
            "--raft=idx=1".to_owned(),
            "--replicas=1".to_owned(),
        ];
        let zero = node(&program, "zero", offset, spans.as_deref(), &zero, &folder);
        let mut started = Self {
            program,
            offset,
            spans,
            alpha: None,
            _zero: zero,
            folder,
        };
        started.start_alpha().await;
        Some(started)
    }

    /// Its alpha, `host:port`.
    pub fn endpoint(&self) -> String {
        format!("127.0.0.1:{}", 9080 + self.offset)
    }

    /// Starts the alpha, which is not there or was killed, and waits until it can be written to.
    ///
    /// # Panics
    ///
    /// Where it does not come up.
    pub async fn start_alpha(&mut self) {
        let alpha = [
            format!("--zero=localhost:{}", 5080 + self.offset),
            "--postings=p".to_owned(),
            "--wal=w".to_owned(),
            "--tmp=t".to_owned(),
            "--cache=size-mb=64; percentage=40,40,20;".to_owned(),
            "--badger=compression=snappy; numgoroutines=2; memtablesize=16777216;".to_owned(),
        ];
        let spans = self.spans.as_deref();
        let started = node(
            &self.program,
            "alpha",
            self.offset,
            spans,
            &alpha,
            &self.folder,
        );
        self.alpha = Some(started);
        let dgraph = self.client();
        let ready = async {
            // Ready is not yet able to write, for a moment.
            while dgraph.version().await.is_err()
                || dgraph.alter("testkit.ready: int .").await.is_err()
            {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        let ready = tokio::time::timeout(SAFETY, ready).await;
        assert!(
            ready.is_ok(),
            "Dgraph at {} was never ready",
            self.endpoint()
        );
    }

    /// Drops all that is in it.
    ///
    /// # Panics
    ///
    /// Where it refuses.
    pub async fn clear(&self) {
        self.client().drop_all().await.expect("it can be emptied");
    }

    /// Kills the alpha (SIGKILL).
    pub fn kill_alpha(&mut self) {
        self.alpha = None;
    }

    /// Sends the alpha a signal by name, such as `STOP` or `CONT`.
    ///
    /// # Panics
    ///
    /// Where it does not run.
    pub fn signal_alpha(&self, signal: &str) {
        let alpha = self.alpha.as_ref().expect("it runs");
        let id = alpha.process.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &id])
            .status();
        assert!(sent.is_ok_and(|sent| sent.success()), "kill -{signal} {id}");
    }

    /// Whether the alpha was stopped (SIGSTOP) and does not go on.
    pub fn alpha_is_stopped(&self) -> bool {
        let id = self.alpha.as_ref().map(|alpha| alpha.process.id());
        id.is_some_and(crate::process::is_stopped)
    }

    /// Waits until the alpha works at so many queries, as it says itself.
    ///
    /// # Panics
    ///
    /// Where it never does.
    pub async fn wait_for_queries(&self, count: usize) {
        let waited = tokio::time::timeout(SAFETY, async {
            while self.queries().await != Some(count) {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        });
        assert!(
            waited.await.is_ok(),
            "Dgraph never worked at {count} queries"
        );
    }

    async fn queries(&self) -> Option<usize> {
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
        let metrics = format!(
            "http://127.0.0.1:{}/debug/prometheus_metrics",
            8080 + self.offset
        );
        let answer = client.get(metrics.parse().ok()?).await.ok()?;
        let body = answer.into_body().collect().await.ok()?.to_bytes();
        let text = std::str::from_utf8(&body).ok()?;
        let pending = text
            .lines()
            .filter(|line| line.starts_with("dgraph_pending_queries_total"));
        let counts = pending.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok());
        Some(counts.sum())
    }

    fn client(&self) -> Dgraph {
        Dgraph::new(Options::new([self.endpoint()])).expect("an endpoint")
    }
}

fn node(
    program: &PathBuf,
    kind: &str,
    offset: u16,
    spans: Option<&str>,
    more: &[String],
    folder: &TempDir,
) -> Node {
    let log = folder.path().join(format!("{kind}.log"));
    let mut command = Command::new(program);
    command
        .args([kind, "--bindall=false", "--logtostderr"])
        .arg(format!("--port_offset={offset}"))
        .arg("--telemetry=reports=false; sentry=false;")
        .args(more)
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(log).expect("a log"));
    if let Some(spans) = spans {
        command.arg(format!(
            "--trace=ratio=1.0; jaeger={spans}; service=dgraph.{kind};"
        ));
    }
    Node::start(command)
}

impl Node {
    /// Starts it; it ends with this value, and with this process.
    pub(super) fn start(mut command: Command) -> Self {
        let process = command.spawn().expect("Dgraph can be started");
        let guard = Command::new("sh")
            .args(["-c", GUARD])
            .env("NODE", process.id().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        Self { process, guard }
    }
}
