//! The real gateway and graph service, each a process, and commands that ask them: what a command leaves behind is one
//! whole trace, from its head to the statements.

use std::path::PathBuf;

use tempfile::TempDir;
use throughline_testkit::{Collector, Process, ProcessBuilder, assert_unbroken};
use throughline_trace_model::{Diagnosis, DiagnosisKind, Node, TraceTree};

use crate::command::{Run, Said, throughline};
use crate::servers::TOKEN;

/// Both services, running until it is dropped.
pub(crate) struct Stack {
    pub(crate) graph: Process,
    gateway: Process,
    collector: Collector,
    folder: TempDir,
}

impl Stack {
    pub(crate) async fn start() -> Self {
        Self::start_as(|_, graph| graph).await
    }

    /// With a graph service that is started as `prepare` says, given the folder of its database.
    pub(crate) async fn start_as(
        prepare: impl FnOnce(&std::path::Path, ProcessBuilder) -> ProcessBuilder,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let collector = Collector::start();
        let graph = prepare(folder.path(), graph(&folder, &collector));
        let graph = graph.spawn().await;
        let gateway = Process::builder("throughline-gateway")
            .env("GATEWAY_LISTEN", "127.0.0.1:0")
            .env("GATEWAY_GRAPH_URL", graph.url())
            .env("SENTRY_DSN", collector.dsn("gateway"));
        Self {
            gateway: gateway.spawn().await,
            graph,
            collector,
            folder,
        }
    }

    /// Where the graph service keeps its graph.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("graph.db")
    }

    /// A file beside it.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Kills the graph service and starts another one on its database, at another address: the gateway is left behind.
    pub(crate) async fn replace_graph(&mut self) {
        let next = graph(&self.folder, &self.collector);
        if let Some(id) = self.graph.id() {
            let mut kill = tokio::process::Command::new("kill");
            kill.args(["-KILL", &id.to_string()])
                .status()
                .await
                .unwrap();
        }
        self.graph = next.spawn().await;
    }

    /// A command of this stack, about to be run.
    pub(crate) fn command(&self, words: &[&str]) -> Run {
        throughline(words)
            .env("THROUGHLINE_GATEWAY", self.gateway.url())
            .env("THROUGHLINE_GRAPH", self.graph.url())
            .env("THROUGHLINE_WRITE_TOKEN", TOKEN)
            .env("SENTRY_DSN", &self.collector.dsn("throughline"))
    }

    /// Runs `throughline graph …` to its end; it must exit with `code` and leave a whole trace.
    pub(crate) async fn ask(&self, words: &[&str], code: i32) -> Said {
        let words: Vec<_> = ["graph"].into_iter().chain(words.iter().copied()).collect();
        self.traced(self.command(&words), code).await
    }

    /// Runs a command to its end; it must exit with `code` and leave a whole trace.
    pub(crate) async fn traced(&self, run: Run, code: i32) -> Said {
        let said = run.run().await.exits(code);
        self.left_whole(&said).await;
        said
    }

    /// Waits for the trace of a command that has ended, and that it is whole.
    pub(crate) async fn left_whole(&self, said: &Said) {
        // A file that has gone is missed before there is a statement.
        let in_vain = said.stderr.contains("the file is gone");
        let tree = self.left(said, |tree| is_whole(tree, in_vain)).await;
        assert_unbroken(&tree);
    }

    /// Waits for the trace of a command whose graph service was killed and replaced, and that what can be of it is there.
    pub(crate) async fn left_all_but_the_killed(&self, said: &Said) {
        let tree = self.left(said, is_whole_but_for_the_killed).await;
        let lone = |of: &Diagnosis| of.kind == DiagnosisKind::NotPropagated;
        assert!(tree.diagnoses.iter().all(lone), "{tree:#?}");
        assert!(!tree.nodes.iter().any(|node| node.orphan), "{tree:#?}");
    }

    async fn left(&self, said: &Said, is_there: impl Fn(&TraceTree) -> bool) -> TraceTree {
        let mut lines = said.stderr.lines();
        let id = lines.find_map(|line| line.strip_prefix("trace "));
        let id = id.unwrap_or_else(|| panic!("no trace in {said:#?}"));
        self.collector.wait_for_trace(id, is_there).await
    }
}

fn graph(folder: &TempDir, collector: &Collector) -> ProcessBuilder {
    let database = folder.path().join("graph.db");
    Process::builder("throughline-graph")
        .env("GRAPH_LISTEN", "127.0.0.1:0")
        .env("GRAPH_STORE", format!("sqlite:{}", database.display()))
        .env("GRAPH_WRITE_TOKEN", TOKEN)
        .env("SENTRY_DSN", collector.dsn("graph"))
}

/// The head is a command; each call of it arrived at the graph service, and each that came to the store there has its
/// statements, whatever it came to.
fn is_whole(tree: &TraceTree, in_vain: bool) -> bool {
    let came_to_the_store = |call: &Node| match call.span.status.as_str() {
        // Refused for what was asked, or for who asked.
        "invalid_argument" | "unauthenticated" | "permission_denied" => false,
        "unavailable" => !in_vain,
        _ => true,
    };
    is_of_a_command(tree)
        && tree.nodes.iter().all(|node| match node.span.op.as_str() {
            "rpc.client" => is_answered(tree, node),
            "rpc.server" if node.span.service == "graph" && came_to_the_store(node) => {
                tree.children(node).any(|it| it.span.is_database())
            }
            _ => !node.orphan,
        })
}

/// A killed process cannot tell of the call that it was at, nor of that call's statements, unless it learnt in time that
/// the wire had broken: that one call may stand alone. The call after it was refused by the next process, which tells of
/// it, and which made no statement: it knows at once that it keeps no such snapshot.
fn is_whole_but_for_the_killed(tree: &TraceTree) -> bool {
    let calls = tree.nodes.iter().filter(|it| it.span.op == "rpc.client");
    let (answered, cut): (Vec<_>, Vec<_>) = calls.partition(|call| is_answered(tree, call));
    let last = answered.iter().max_by_key(|call| call.span.start);
    is_of_a_command(tree)
        && last.is_some_and(|last| {
            last.span.status == "failed_precondition"
                && cut.iter().all(|cut| cut.span.start < last.span.start)
        })
        && cut.len() <= 1
}

fn is_answered(tree: &TraceTree, call: &Node) -> bool {
    tree.children(call).any(|it| it.span.op == "rpc.server")
}

fn is_of_a_command(tree: &TraceTree) -> bool {
    let is_head = |node: &Node| node.span.op == "cli.command";
    tree.roots.len() == 1
        && tree.roots.iter().all(|root| is_head(&tree.nodes[*root]))
        && tree.nodes.iter().any(|node| node.span.service == "graph")
}
