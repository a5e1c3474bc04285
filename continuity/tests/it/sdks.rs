//! Unmodified SDKs of other languages, as clients of the inspector: one that sends
//! transactions, one that streams its spans.

use std::path::{Path, PathBuf};
use std::process::Command;

use throughline_testkit::{Finished, Process};

use crate::inspector::Inspector;
use crate::interop::program;

/// Runs a program of an SDK against an inspector; its trace must be whole, with the
/// error and the log at their place.
async fn check(service: &str, mut program: Command) {
    let inspector = Inspector::start().await;
    let dsn = format!("http://{service}@{}/7", inspector.process.addr());
    let sent = program.arg(dsn).output().expect("the program starts");
    let stderr = String::from_utf8_lossy(&sent.stderr);
    assert!(sent.status.success(), "{stderr}");
    let id = String::from_utf8_lossy(&sent.stdout).trim().to_owned();

    let judged = trace(
        &inspector.process,
        &[
            "assert",
            "--trace",
            &id,
            "--services",
            service,
            "--no-orphans",
            "--one-root",
            "--errors",
            "1",
        ],
    )
    .await;
    assert_eq!(
        judged.status.code(),
        Some(0),
        "{}{}",
        judged.stdout,
        judged.stderr
    );

    let drawn = trace(&inspector.process, &["show", &id]).await.stdout;
    let rows: Vec<&str> = drawn
        .lines()
        .skip_while(|line| !line.starts_with(service))
        .collect();
    assert_eq!(rows.len(), 4, "{drawn}");
    let expected = [
        "task  count",
        "└─ ",
        "   ├─ ✗ error",
        "   └─ · info  counted",
    ];
    for (row, expected) in rows.iter().zip(expected) {
        assert!(
            row.contains(expected),
            "{expected:?} is not in {row:?} of {drawn}"
        );
    }
    assert!(rows[1].contains("function  add"), "{drawn}");
    assert!(rows[2].contains("too many"), "{drawn}");
}

async fn trace(inspector: &Process, arguments: &[&str]) -> Finished {
    let command = Process::builder("throughline").arg("trace").args(arguments);
    command
        .args(["--inspector", inspector.url()])
        .output()
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn pythons_sends_transactions() {
    let Some(python) = program("THROUGHLINE_PYTHON") else {
        return;
    };
    let mut command = Command::new(python);
    command.arg(interop("python/spans.py"));
    check("python", command).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_streams_its_spans() {
    let Some(program) = program("THROUGHLINE_SENTRY_NODE") else {
        return;
    };
    check("node", Command::new(program)).await;
}

fn interop(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../interop")
        .join(path)
}
