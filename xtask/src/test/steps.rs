//! The steps that cargo does.

use std::process::Stdio;

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::tally::Tally;
use crate::workspace;

/// The checks that come before the tests, the quick ones first.
pub(crate) fn checks() -> [(&'static str, Command); 4] {
    let mut fmt = workspace::cargo();
    fmt.args(["fmt", "--all", "--check"]);
    let mut clippy = workspace::cargo();
    clippy.args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]);
    let mut doc = workspace::cargo();
    doc.args(["doc", "--workspace", "--no-deps"])
        .env("RUSTDOCFLAGS", "--deny warnings");
    // A workspace of its own, because its targets need a nightly compiler to run; any
    // compiler can check them.
    let mut fuzz = workspace::cargo();
    fuzz.args(["check", "--quiet", "--manifest-path", "fuzz/Cargo.toml"])
        .args(["--target-dir", "target/fuzz"]);
    [
        ("fmt", fmt),
        ("clippy", clippy),
        ("doc", doc),
        ("fuzz targets", fuzz),
    ]
}

/// All tests, doctests included.
pub(crate) fn tests(filter: Option<&str>) -> Command {
    let mut tests = workspace::cargo();
    tests.args(["test", "--workspace", "--no-fail-fast"]);
    // A stack that happens to run must not be what the tests speak to.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("SENTRY_") || name == "TRACE_LAYERS" {
            tests.env_remove(name);
        }
    }
    tests.args(filter);
    tests
}

/// The continuity matrix alone, with its table.
pub(crate) fn continuity() -> Command {
    let mut matrix = workspace::cargo();
    matrix.args([
        "test",
        "--package",
        "throughline-continuity",
        "--test",
        "it",
    ]);
    matrix.args(["matrix::", "--", "--nocapture"]);
    matrix
}

/// Runs a step, its output to the terminal; says whether it passed.
pub(crate) async fn run(name: &str, mut command: Command) -> anyhow::Result<bool> {
    println!("\n== {name}");
    let status = command
        .status()
        .await
        .with_context(|| format!("{name} cannot be run"))?;
    Ok(status.success())
}

/// Runs the tests, passing on and counting what they say.
pub(crate) async fn run_tests(mut command: Command, tally: &mut Tally) -> anyhow::Result<()> {
    println!("\n== test");
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo cannot be run")?;
    let stdout = child.stdout.take().context("its stdout is piped")?;
    // Not as lines of UTF-8: a test may print anything.
    let mut stdout = BufReader::new(stdout).split(b'\n');
    while let Some(line) = stdout.next_segment().await? {
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        tally.line(&line);
    }
    let status = child.wait().await?;
    if !status.success() && tally.failed() == 0 {
        // It did not even get to a test that failed.
        tally.fail("cargo test");
    }
    Ok(())
}
