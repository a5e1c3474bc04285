//! The one query that shows the stack at work: import this workspace, ask for a
//! path through the gateway, and hold its trace against what it must be.

use std::process::Stdio;

use anyhow::{Context as _, bail};
use tokio::process::Command;

use super::data::Data;
use super::layers::LayersOut;
use super::stack::{Addresses, Alpha};
use super::{child, plan};
use crate::workspace::Binaries;

/// Two crates of this very workspace's graph, and some steps between them.
const FROM: &str = "throughline";
const TO: &str = "libc";

/// What the trace of the query must be, besides having all its hops in time.
const EXPECTED: &[&str] = &[
    "--no-orphans",
    "--one-root",
    "--errors",
    "0",
    "--same-baggage",
];

/// The hops of the query, and how long all of it may take to arrive. Dgraph sends every five seconds, and a trace with
/// one in it is quiet after seven.
fn hops(dgraph: Option<&Alpha>) -> [&'static str; 4] {
    let (services, wait) = match dgraph {
        None => ("throughline,gateway,graph,sqlite", "15s"),
        Some(Alpha { ours: false, .. }) => ("throughline,gateway,graph,dgraph", "60s"),
        Some(Alpha { ours: true, .. }) => ("throughline,gateway,graph,dgraph,dgraph.alpha", "60s"),
    };
    ["--services", services, "--wait", wait]
}

/// Runs the query; says whether its trace is whole.
pub(crate) async fn run(
    binaries: &Binaries,
    data: &Data,
    addresses: Addresses,
    out: Option<&LayersOut>,
) -> anyhow::Result<bool> {
    let expected = [&hops(addresses.dgraph.as_ref())[..], EXPECTED].concat();
    let cli = Cli {
        binaries,
        addresses,
        out,
    };

    heading("throughline graph import --cargo .");
    let mut import = cli.traced(&["graph", "import", "--cargo", "."]);
    import.env("THROUGHLINE_WRITE_TOKEN", data.token());
    succeed(import, "the import").await?;

    heading(&format!("throughline graph path {FROM} {TO}"));
    let id_file = data.path("trace-id");
    // One of an earlier run must not be taken for this one's.
    let _ = std::fs::remove_file(&id_file);
    let mut path = cli.traced(&["graph", "path", FROM, TO]);
    path.arg("--trace-id-file").arg(&id_file);
    succeed(path, "the query").await?;
    let id = std::fs::read_to_string(&id_file).context("the query left no trace id")?;
    let id = id.trim();

    heading(&format!(
        "throughline trace assert --trace {id} {}",
        expected.join(" ")
    ));
    let mut assert = cli.plain(&["trace", "assert", "--trace", id]);
    assert.args(&expected);
    let judged = assert.status().await.context("the CLI cannot be run")?;

    heading(&format!("throughline trace show {id}"));
    // For the eye only: what it cannot show, the assertion has told already.
    let _ = cli.plain(&["trace", "show", id]).status().await;
    Ok(judged.success())
}

struct Cli<'a> {
    binaries: &'a Binaries,
    addresses: Addresses,
    out: Option<&'a LayersOut>,
}

impl Cli<'_> {
    fn plain(&self, args: &[&str]) -> Command {
        let mut command = child::command(&self.binaries.cli);
        command
            .args(args)
            .env(
                "THROUGHLINE_GATEWAY",
                format!("http://{}", self.addresses.gateway),
            )
            .env(
                "THROUGHLINE_GRAPH",
                format!("http://{}", self.addresses.graph),
            )
            .env(
                "THROUGHLINE_INSPECTOR",
                format!("http://{}", self.addresses.inspector),
            )
            .stdin(Stdio::null());
        command
    }

    fn traced(&self, args: &[&str]) -> Command {
        let mut command = self.plain(args);
        command.envs(plan::telemetry(
            "throughline",
            self.addresses.inspector,
            self.out,
        ));
        command
    }
}

async fn succeed(mut command: Command, what: &str) -> anyhow::Result<()> {
    let status = command.status().await.context("the CLI cannot be run")?;
    if !status.success() {
        bail!("{what} failed, {status}");
    }
    Ok(())
}

fn heading(command: &str) {
    println!("\n$ {command}");
}
