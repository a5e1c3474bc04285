//! Killed at random points under load, again and again: what was acknowledged is there, and nothing is torn. The
//! driver keeps its own list. `THROUGHLINE_KILLS` says how often.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rand::Rng;
use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_api::inspector::v1::trace_ref::Ref;
use throughline_api::inspector::v1::trace_service_client::TraceServiceClient;
use throughline_api::inspector::v1::{GetTraceRequest, SpanNode, TraceRef};
use throughline_continuity::{Progress, WRITE_TOKEN, count, figure, seeded};
use throughline_testkit::{Process, eventually};
use tokio::task::JoinSet;

use crate::inspector::inspect;
use crate::pairs::{check_pairs, write_pair};

const KILLS: usize = 6;
const WRITERS: usize = 4;
/// Spans of each trace that the inspector is sent.
const SPANS: usize = 6;

/// What was sent and what was acknowledged: transactions by number.
#[derive(Default)]
struct Ledger {
    next: AtomicUsize,
    acknowledged: Mutex<BTreeSet<usize>>,
}

impl Ledger {
    fn acknowledged(&self) -> BTreeSet<usize> {
        self.acknowledged.lock().expect("nobody panicked").clone()
    }

    fn figure(&self, service: &str, kills: usize) {
        figure(&format!(
            "{service}: {kills} kills, of {} sent {} were acknowledged, and all of these are there",
            self.next.load(Ordering::Relaxed),
            self.acknowledged().len()
        ));
    }

    /// Writes with `write` until it fails, in several tasks, and kills the process after so many more acknowledgements.
    async fn load_and_kill<W, F>(self: &Arc<Self>, process: Process, more: usize, write: W)
    where
        W: Fn(usize) -> F + Clone + Send + 'static,
        F: Future<Output = bool> + Send,
    {
        let enough = self.acknowledged().len() + more;
        let mut writers = JoinSet::new();
        for _ in 0..WRITERS {
            let (ledger, write) = (self.clone(), write.clone());
            writers.spawn(async move {
                loop {
                    let number = ledger.next.fetch_add(1, Ordering::Relaxed);
                    if !write(number).await {
                        return;
                    }
                    let mut acknowledged = ledger.acknowledged.lock().expect("nobody panicked");
                    acknowledged.insert(number);
                }
            });
        }
        eventually("enough is acknowledged", || {
            self.acknowledged().len() >= enough
        })
        .await;
        process.kill().await;
        writers.join_all().await;
    }
}

async fn graph(database: &Path) -> Process {
    Process::builder("throughline-graph")
        .env("GRAPH_LISTEN", "127.0.0.1:0")
        .env("GRAPH_STORE", format!("sqlite:{}", database.display()))
        .env("GRAPH_WRITE_TOKEN", WRITE_TOKEN)
        .spawn()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_graph_service() {
    let mut chance = seeded("kill graph");
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("graph.db");
    let ledger = Arc::new(Ledger::default());
    let kills = count("THROUGHLINE_KILLS", KILLS);
    let progress = Progress::new("kill graph", kills);
    for _ in 0..kills {
        progress.one();
        let process = graph(&database).await;
        let client = GraphServiceClient::connect(process.url().to_owned());
        let client = client.await.expect("it connects");
        let write = move |number| {
            let mut client = client.clone();
            async move { write_pair(&mut client, number).await }
        };
        let more = chance.random_range(1..60);
        ledger.load_and_kill(process, more, write).await;

        let process = graph(&database).await;
        let client = GraphServiceClient::connect(process.url().to_owned());
        let mut client = client.await.expect("it connects");
        let acknowledged = ledger.acknowledged();
        let sent = ledger.next.load(Ordering::Relaxed);
        let written = check_pairs(&mut client, sent, &acknowledged).await;
        let opened = rusqlite::Connection::open(&database).expect("it opens");
        let number = |query: &str| opened.query_row(query, [], |row| row.get::<_, i64>(0));
        let edges = number("SELECT count(*) FROM edge").expect("it answers");
        assert_eq!(usize::try_from(edges), Ok(written), "an edge for each pair");
        let sound: String = opened
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .expect("it answers");
        assert_eq!(sound, "ok");
        process.kill().await;
    }
    ledger.figure("graph", kills);
}

async fn inspector(folder: &Path) -> Process {
    // The traces below are of the year 1970.
    let inspector = inspect(folder).env("INSPECTOR_MAX_AGE", "36500d");
    inspector.spawn().await
}

fn trace_id(number: usize) -> String {
    format!("{:032x}", number + 1)
}

/// A transaction of `SPANS` spans.
fn envelope(number: usize) -> String {
    let id = trace_id(number);
    // Far from the others, which are not to be looked at as its neighbours.
    let start = (number + 1) * 10_000;
    let end = start + 1;
    let child = |span: usize| {
        format!(
            "{{\"trace_id\":\"{id}\",\"span_id\":\"{:016x}\",\"parent_span_id\":\"{:016x}\",\"op\":\"task\",\
             \"start_timestamp\":{start},\"timestamp\":{end}}}",
            span + 1,
            1
        )
    };
    let children: Vec<String> = (1..SPANS).map(child).collect();
    format!(
        "{{}}\n{{\"type\":\"transaction\"}}\n{{\"transaction\":\"load\",\"start_timestamp\":{start},\"timestamp\":{end},\
         \"contexts\":{{\"trace\":{{\"trace_id\":\"{id}\",\"span_id\":\"{:016x}\",\"op\":\"task\"}}}},\
         \"spans\":[{}]}}\n",
        1,
        children.join(",")
    )
}

fn spans(nodes: &[SpanNode]) -> usize {
    nodes.iter().map(|node| 1 + spans(&node.children)).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_inspector() {
    let mut chance = seeded("kill inspector");
    let folder = tempfile::tempdir().expect("a folder");
    let ledger = Arc::new(Ledger::default());
    let http = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let kills = count("THROUGHLINE_KILLS", KILLS);
    let progress = Progress::new("kill inspector", kills);
    for _ in 0..kills {
        progress.one();
        let process = inspector(folder.path()).await;
        let url = format!("{}/api/load/envelope/", process.url());
        let http = http.clone();
        let write = move |number| {
            let request = http::Request::post(&url).body(Full::from(envelope(number)));
            let answer = http.request(request.expect("a request"));
            async move { answer.await.is_ok_and(|answer| answer.status() == 200) }
        };
        let more = chance.random_range(1..60);
        ledger.load_and_kill(process, more, write).await;

        let process = inspector(folder.path()).await;
        let client = TraceServiceClient::connect(process.url().to_owned());
        let mut client = client.await.expect("it connects");
        let acknowledged = ledger.acknowledged();
        for number in 0..ledger.next.load(Ordering::Relaxed) {
            let asked = GetTraceRequest {
                trace: Some(TraceRef {
                    r#ref: Some(Ref::Id(trace_id(number))),
                }),
                wait: None,
            };
            match client.get_trace(asked).await {
                Ok(found) => {
                    let trace = found.into_inner().trace.expect("a trace");
                    assert_eq!(spans(&trace.roots), SPANS, "trace {number} is torn");
                }
                Err(status) => {
                    assert_eq!(status.code(), tonic::Code::NotFound, "{status}");
                    let lost = acknowledged.contains(&number);
                    assert!(!lost, "trace {number} was acknowledged and is gone");
                }
            }
        }
        process.kill().await;
    }
    ledger.figure("inspector", kills);
}
