//! The command as a trace's head, and `trace list | show`, against the real
//! inspector.

use serde_json::Value;
use throughline_testkit::SAFETY;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::command::{Run, throughline};
use crate::servers::{Running, RunningInspector, graph, nobody};

/// Makes one traced call, and returns the trace's id.
pub(crate) async fn one_call(inspector: &RunningInspector, graph: &Running) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    let said = throughline(["graph", "stats", "--gateway", &graph.url()])
        .path("--trace-id-file", file.path())
        .env("SENTRY_DSN", &inspector.dsn())
        .run()
        .await
        .exits(0);
    let id = std::fs::read_to_string(file.path())
        .unwrap()
        .trim()
        .to_owned();
    assert_eq!(id.len(), 32, "{id}");
    assert_eq!(
        said.stderr.lines().last(),
        Some(format!("trace {id}").as_str())
    );
    id
}

/// A trace command that asks this inspector.
pub(crate) fn trace(inspector: &str, words: &str) -> Run {
    let words = ["trace"].into_iter().chain(words.split(' '));
    throughline(words.chain(["--inspector", inspector]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_shown_as_a_tree_under_its_command() {
    let (inspector, graph) = (RunningInspector::start().await, graph().await);
    let id = one_call(&inspector, &graph).await;
    let url = inspector.url();
    for which in [id.as_str(), &id[..8], "latest"] {
        let said = trace(&url, &format!("show {which} --wait 10s"))
            .run()
            .await
            .exits(0);
        let said = said.prints(&format!("trace {id}"));
        let said = said.prints("throughline  cli.command  throughline graph stats");
        let said =
            said.prints("└─ throughline  rpc.client  throughline.graph.v1.GraphService/GetStats");
        assert!(
            !said.stdout.contains('\u{1b}'),
            "a pipe has no colour: {}",
            said.stdout
        );
    }
    let said = trace(&url, "show latest --json").run().await.exits(0);
    let tree: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(tree["summary"]["traceId"], id);
    assert_eq!(tree["roots"][0]["span"]["op"], "cli.command");

    let forced = trace(&url, "show latest")
        .env("CLICOLOR_FORCE", "1")
        .run()
        .await
        .exits(0);
    assert!(forced.stdout.contains("\u{1b}["), "{}", forced.stdout);
    let never = trace(&url, "show latest")
        .env("CLICOLOR_FORCE", "1")
        .env("NO_COLOR", "1");
    let never = never.run().await.exits(0);
    assert!(!never.stdout.contains('\u{1b}'), "{}", never.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_are_listed() {
    let (inspector, graph) = (RunningInspector::start().await, graph().await);
    let url = inspector.url();
    trace(&url, "list")
        .run()
        .await
        .exits(0)
        .says("no traces have arrived");
    let id = one_call(&inspector, &graph).await;
    trace(&url, &format!("show {id} --wait 10s"))
        .run()
        .await
        .exits(0);
    trace(&url, "list")
        .run()
        .await
        .exits(0)
        .prints(&id)
        .prints("throughline graph stats");
    trace(&url, "list --service mailer")
        .run()
        .await
        .exits(0)
        .says("no traces");
    let said = trace(&url, "list --json").run().await.exits(0);
    let list: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(list["traces"][0]["traceId"], id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_prints_traces_as_they_grow_until_ctrl_c() {
    let (inspector, graph) = (RunningInspector::start().await, graph().await);
    let mut tail = trace(&inspector.url(), "tail --json").start();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    let first = async {
        let line = lines.next_line().await.unwrap().unwrap();
        serde_json::from_str::<Value>(&line).unwrap()["traceId"].clone()
    };
    // The stream may open after the first call: call until it has spoken.
    let calls = async {
        loop {
            one_call(&inspector, &graph).await;
        }
    };
    let seen = tokio::select! {
        seen = tokio::time::timeout(SAFETY, first) => seen.expect("tail prints a line"),
        () = calls => unreachable!("calls go on for ever"),
    };
    assert_eq!(seen.as_str().unwrap().len(), 32);
    let id = tail.id().unwrap().to_string();
    Command::new("kill")
        .args(["-INT", &id])
        .status()
        .await
        .unwrap();
    let ended = tokio::time::timeout(SAFETY, tail.wait()).await;
    assert_eq!(ended.expect("Ctrl-C ends it").unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_named_with_what_to_do() {
    let inspector = RunningInspector::start().await;
    let said = trace(&inspector.url(), "show abcd").run().await.exits(1);
    said.says("NOT_FOUND").says("--wait");
    let nobody = nobody();
    let url = nobody.url();
    for words in ["list", "show latest", "tail"] {
        let said = trace(url, words).run().await.exits(1);
        said.says("UNAVAILABLE")
            .says(url)
            .says("throughline inspect");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_dsn_there_is_no_trace() {
    let graph = graph().await;
    let said = throughline(["graph", "stats", "--gateway", &graph.url()])
        .run()
        .await
        .exits(0);
    assert!(!said.stderr.contains("trace"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inspector_that_is_not_there_costs_no_call() {
    let graph = graph().await;
    let nobody = nobody();
    let dsn = nobody.url().replace("http://", "http://throughline@") + "/1";
    let run = throughline(["graph", "stats", "--gateway", &graph.url()]).env("SENTRY_DSN", &dsn);
    run.run().await.exits(0).prints("NODES");
}
