//! The real gateway and graph service, each a process, and commands that ask them: what a command leaves behind is one
//! whole trace, from its head to the statements.

use std::path::PathBuf;

use tempfile::TempDir;
use throughline_testkit::{Collector, Process, ProcessBuilder, assert_unbroken};
use throughline_trace_model::{Node, TraceTree};

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
        let id = said
            .stderr
            .lines()
            .find_map(|line| line.strip_prefix("trace "));
        let id = id.unwrap_or_else(|| panic!("no trace in {said:#?}"));
        let tree = self.collector.wait_for_trace(id, is_whole).await;
        assert_unbroken(&tree);
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

/// The head is a command; each call of it arrived at the graph service, and each that was answered there came by its
/// statements.
fn is_whole(tree: &TraceTree) -> bool {
    let below = |of: &Node, is: &dyn Fn(&Node) -> bool| tree.children(of).any(is);
    let is_head = |node: &Node| node.span.op == "cli.command";
    tree.roots.len() == 1
        && tree.roots.iter().all(|root| is_head(&tree.nodes[*root]))
        && tree.nodes.iter().all(|node| match node.span.op.as_str() {
            "rpc.client" => below(node, &|it| it.span.op == "rpc.server"),
            "rpc.server" if node.span.service == "graph" && node.span.status == "ok" => {
                below(node, &|it| it.span.is_database())
            }
            _ => !node.orphan,
        })
        && tree.nodes.iter().any(|node| node.span.service == "graph")
}
