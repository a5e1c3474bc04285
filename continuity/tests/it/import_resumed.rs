//! Imports of a skewed graph, cut off by kills of the graph service, of the command, or of both, at random batches: the same
//! command goes on, and what comes to be there is what an import without a break makes. `THROUGHLINE_EDGES` says how large.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};
use throughline_api::graph::v1::ImportGraphRequest;
use throughline_api::graph::v1::graph_service_client::GraphServiceClient;
use throughline_continuity::{WRITE_TOKEN, count, seeded};
use throughline_testkit::{Process, SAFETY, binaries};
use tokio::process::{Child, Command};
use tonic::Request;

const EDGES: usize = 1_500;
/// How often each import is cut off.
const KILLS: usize = 2;
/// The seed of the graph, which is the same in each run.
const GRAPH: u64 = 5;
const ID: &str = "skewed";

/// A graph in a file, and where services and commands keep what they have.
struct Bench {
    folder: tempfile::TempDir,
    edges: usize,
}

impl Bench {
    /// Few nodes have most of the edges that enter any.
    fn new() -> Self {
        let bench = Self {
            folder: tempfile::tempdir().expect("a folder"),
            edges: count("THROUGHLINE_EDGES", EDGES),
        };
        let mut chance = StdRng::seed_from_u64(GRAPH);
        let nodes = (bench.edges / 5).max(2);
        let mut lines = String::new();
        for n in 0..nodes {
            let node = format!(
                r#"{{"node":{{"id":"n{n}","type":"N","properties":{{"name":{{"stringValue":"number {n}"}}}}}}}}"#
            );
            writeln!(lines, "{node}").expect("a string grows");
        }
        let mut there = HashSet::new();
        while there.len() < bench.edges {
            let from = chance.random_range(0..nodes);
            let skewed = chance.random::<f64>().powi(4) * nodes as f64;
            let (kind, to) = (["E", "F"][chance.random_range(0..2)], skewed as usize);
            if there.insert((from, kind, to)) {
                let edge =
                    format!(r#"{{"edge":{{"from":"n{from}","type":"{kind}","to":"n{to}"}}}}"#);
                writeln!(lines, "{edge}").expect("a string grows");
            }
        }
        std::fs::write(bench.path("graph.jsonl"), lines).expect("the folder takes a file");
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The service over the database of this name.
    async fn service(&self, name: &str, listen: &str) -> Process {
        Process::builder("throughline-graph")
            .env("GRAPH_LISTEN", listen)
            .env(
                "GRAPH_STORE",
                format!("sqlite:{}", self.path(name).display()),
            )
            .env("GRAPH_WRITE_TOKEN", WRITE_TOKEN)
            .env("RUST_LOG", "off")
            .spawn()
            .await
    }

    /// The command that imports the graph, begun.
    fn import(&self, service: &Process) -> Child {
        let mut command = throughline(&["graph", "import", "--import-id", ID, "--retries", "50"]);
        command.args(["--token", WRITE_TOKEN, "--graph", service.url()]);
        // Some two hundred batches, or as large as they may be: who looks how far it has come looks late on a busy machine,
        // and is to find it at work still.
        let batch = (self.edges / 160).clamp(1, 5_000);
        command.args(["--batch", &batch.to_string(), "--json"]);
        command.arg(self.path("graph.jsonl"));
        command.spawn().expect("the command is there")
    }

    /// The command's end, which is long in coming if the graph is large.
    async fn whole(&self, command: Child) {
        let bound = SAFETY * u32::try_from(1 + self.edges / 10_000).expect("no such graph");
        let output = tokio::time::timeout(bound, command.wait_with_output());
        let output = output.await.expect("it ends").expect("it ran");
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("imported "), "{said}");
    }

    /// All that is there, the lines in order, as their hash.
    async fn export(&self, service: &Process) -> String {
        let file = self.path("export.jsonl");
        let mut command = throughline(&["graph", "export", "--graph", service.url(), "-o"]);
        let status = command.arg(&file).status().await.expect("it runs");
        assert!(status.success());
        sorted_hash(&file)
    }
}

fn throughline(words: &[&str]) -> Command {
    let mut command = Command::new(binaries().path("throughline"));
    command.args(words).env("SENTRY_DSN", "");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// How far the import has come, as the service says.
async fn last(service: &Process) -> i64 {
    let client = GraphServiceClient::connect(service.url().to_owned()).await;
    let asks = ImportGraphRequest {
        import_id: ID.into(),
        ..ImportGraphRequest::default()
    };
    let mut request = Request::new(tokio_stream::iter([asks]));
    let token = format!("Bearer {WRITE_TOKEN}")
        .parse()
        .expect("it is ASCII");
    request.metadata_mut().insert("authorization", token);
    let answer = client.expect("it connects").import_graph(request).await;
    answer.expect("it answers").into_inner().last_sequence
}

/// Waits until this batch is in.
async fn until(service: &Process, batch: i64) {
    let waited = tokio::time::timeout(SAFETY * 10, async {
        while last(service).await < batch {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    });
    assert!(waited.await.is_ok(), "batch {batch} never came in");
}

/// How far the import has come after a kill, which is no less far than it had.
async fn judged(service: &Process, batch: i64) -> i64 {
    let last = last(service).await;
    assert!(last >= batch, "what was committed is gone");
    last
}

/// At which batches to cut off an import of so many: after the first, before the last, in order, and once in its first half,
/// so that a kill that comes late comes before the end.
fn batches(total: i64, chance: &mut StdRng) -> Vec<i64> {
    let kills = count("THROUGHLINE_KILLS", KILLS).min(8);
    let ends = (0..kills).map(|kill| if kill == 0 { total / 2 } else { total - 1 });
    let mut at: Vec<_> = ends.map(|end| chance.random_range(1..end)).collect();
    at.sort_unstable();
    at
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_killed_comes_to_the_same() {
    let mut chance = seeded("kill import");
    let bench = Bench::new();
    let service = bench.service("whole.db", "127.0.0.1:0").await;
    bench.whole(bench.import(&service)).await;
    let (expected, total) = (bench.export(&service).await, last(&service).await);
    service.kill().await;
    assert!(
        total > 3,
        "{total} batches are too few to be cut off between"
    );

    // The service alone: the command waits for it and goes on.
    let mut service = bench.service("service.db", "127.0.0.1:0").await;
    let command = bench.import(&service);
    let mut cut = 0;
    for batch in batches(total, &mut chance) {
        until(&service, batch).await;
        let address = service.addr().to_owned();
        service.kill().await;
        service = bench.service("service.db", &address).await;
        cut += usize::from(judged(&service, batch).await < total);
    }
    assert!(cut > 0, "no kill came before the end");
    bench.whole(command).await;
    assert_eq!(
        (bench.export(&service).await, last(&service).await),
        (expected.clone(), total)
    );
    service.kill().await;

    // The command alone, then both.
    for both in [false, true] {
        let name = if both { "both.db" } else { "command.db" };
        let mut service = bench.service(name, "127.0.0.1:0").await;
        let mut cut = 0;
        for batch in batches(total, &mut chance) {
            let mut command = bench.import(&service);
            until(&service, batch).await;
            command.kill().await.expect("it can be killed");
            if both {
                service.kill().await;
                service = bench.service(name, "127.0.0.1:0").await;
            }
            cut += usize::from(judged(&service, batch).await < total);
        }
        assert!(cut > 0, "no kill came before the end");
        bench.whole(bench.import(&service)).await;
        assert_eq!(
            (bench.export(&service).await, last(&service).await),
            (expected.clone(), total)
        );
        service.kill().await;
    }
}

fn sorted_hash(file: &Path) -> String {
    let text = std::fs::read_to_string(file).expect("the export is there");
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    let mut hash = Sha256::new();
    for line in &lines {
        hash.update(line);
        hash.update("\n");
    }
    let hash = hash.finalize();
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{} lines, {hash}", lines.len())
}
