//! The layer taken out at each hop and each side in turn: the check fails and names that hop.

use throughline_continuity::{Stack, Telemetry};
use throughline_testkit::{Finished, Process};

use crate::inspector::Inspector;

/// What is left of the layers of one service, and what the check must say then.
struct Case {
    service: &'static str,
    left: &'static str,
    named: &'static [&'static str],
}

impl Inspector {
    /// Asks for a path with the CLI as the trace's head, and returns the trace's id.
    async fn trace_a_call(&self, stack: &Stack, layers: &str) -> String {
        let id_file = self.folder.path().join("trace-id");
        let dsn = Telemetry::Inspector(self.process.url()).dsn("throughline");
        let asked = Process::builder("throughline")
            .args([
                "graph",
                "path",
                "a",
                "c",
                "--gateway",
                &stack.before_gateway.url(),
            ])
            .arg("--trace-id-file")
            .arg(&id_file)
            .env("SENTRY_DSN", dsn)
            .env("TRACE_LAYERS", layers)
            .output()
            .await;
        assert!(asked.status.success(), "{}", asked.stderr);
        std::fs::read_to_string(&id_file)
            .expect("the CLI wrote the trace's id")
            .trim()
            .to_owned()
    }

    /// Judges a trace all of which has arrived, so that it is only waited for until it is quiet.
    async fn assert_trace(&self, id: &str, flags: &[&str]) -> Finished {
        Process::builder("throughline")
            .args([
                "trace",
                "assert",
                "--trace",
                id,
                "--wait",
                "3s",
                "--inspector",
                self.process.url(),
            ])
            .args(flags)
            .output()
            .await
    }
}

const EVERY_FLAG: &[&str] = &[
    "--services",
    "throughline,gateway,graph,sqlite",
    "--no-orphans",
    "--one-root",
    "--errors",
    "0",
    "--same-baggage",
];

/// All that the services have to tell is at the inspector then.
async fn stop(stack: Stack) {
    for ended in stack.stop().await {
        assert!(ended.status.success(), "{}", ended.stderr);
    }
}

async fn check(case: Case) {
    let inspector = Inspector::start().await;
    let stack = Stack::builder(Telemetry::Inspector(inspector.process.url()))
        .layers(case.service, case.left)
        .start()
        .await;
    let cli_layers = if case.service == "throughline" {
        case.left
    } else {
        "both"
    };
    let id = inspector.trace_a_call(&stack, cli_layers).await;
    stop(stack).await;
    // With every expectation, and with the weakest: no flag need name what broke.
    for flags in [EVERY_FLAG, &["--one-root"]] {
        let judged = inspector.assert_trace(&id, flags).await;
        let said = format!("{}{}", judged.stdout, judged.stderr);
        assert_eq!(judged.status.code(), Some(1), "with {flags:?}: {said}");
        // And nobody else is accused.
        let accused = said.lines().filter_map(|line| {
            line.trim()
                .strip_prefix("fails  unbroken [")?
                .split(']')
                .next()
        });
        let innocent: Vec<_> = accused.filter(|service| *service != case.service).collect();
        assert!(
            innocent.is_empty() || case.left == "none",
            "{innocent:?}: {said}"
        );
        // A hop that records nothing at all is known only to who expects it.
        let expected = flags.contains(&"--services") || case.left != "none";
        for name in case.named.iter().filter(|_| expected) {
            assert!(
                said.contains(name),
                "{name} is not named with {flags:?}: {said}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_every_layer_in_place_it_holds() {
    let inspector = Inspector::start().await;
    let stack = Stack::builder(Telemetry::Inspector(inspector.process.url()))
        .start()
        .await;
    let id = inspector.trace_a_call(&stack, "both").await;
    stop(stack).await;
    let judged = inspector.assert_trace(&id, EVERY_FLAG).await;
    assert_eq!(
        judged.status.code(),
        Some(0),
        "{}{}",
        judged.stdout,
        judged.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_client_side() {
    check(Case {
        service: "throughline",
        left: "server",
        named: &["throughline", "client side"],
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateways_server_side() {
    check(Case {
        service: "gateway",
        left: "client",
        named: &["gateway", "server side"],
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateways_client_side() {
    check(Case {
        service: "gateway",
        left: "server",
        named: &["gateway", "client side"],
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_of_the_gateway() {
    check(Case {
        service: "gateway",
        left: "none",
        named: &["gateway"],
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_graphs_server_side() {
    check(Case {
        service: "graph",
        left: "client",
        named: &["graph", "server side"],
    })
    .await;
}
