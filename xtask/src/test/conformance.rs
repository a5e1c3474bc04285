//! The connectrpc conformance suite against our frame of a service, alone and
//! behind the gateway. The suite's runner starts `throughline-conformance`, which
//! starts the gateway's own binary.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::go::Tool;
use super::steps;
use super::tally::Tally;
use crate::workspace;

const RUNNER: Tool = Tool {
    name: "connectconformance",
    package: "connectrpc.com/conformance/cmd/connectconformance",
    version: "v1.0.5",
    pinned_by: None,
};

/// One run of the suite.
struct Run {
    name: &'static str,
    /// Names the configuration and the list of known failures.
    config: &'static str,
    gateway: bool,
}

const RUNS: &[Run] = &[
    Run {
        name: "conformance: grpc-web through the gateway",
        config: "grpc-web",
        gateway: true,
    },
    Run {
        name: "conformance: gRPC through the gateway",
        config: "grpc",
        gateway: true,
    },
    Run {
        name: "conformance: gRPC to a service",
        config: "grpc",
        gateway: false,
    },
];

/// Runs the suite, or skips it where there is no Go.
pub(crate) async fn run(tally: &mut Tally) -> anyhow::Result<()> {
    let runner = match RUNNER.find().await {
        Ok(runner) => runner,
        Err(why) => {
            tally.skip(RUNNER.name, &why);
            return Ok(());
        }
    };
    let gateway = workspace::binary("throughline-gateway", &[]).await?;
    let server = workspace::binary("throughline-conformance", &["--features", "gzip"]).await?;
    for run in RUNS {
        let gateway = run.gateway.then_some(gateway.as_path());
        let command = command(&runner, &server, run.config, gateway);
        tally.step(run.name, steps::run(run.name, command).await?);
    }
    Ok(())
}

fn command(runner: &Path, server: &Path, config: &str, gateway: Option<&Path>) -> Command {
    let mut command = Command::new(runner);
    command
        .current_dir(workspace::root().join("interop/conformance"))
        .args(["--mode", "server", "--conf", &format!("{config}.yaml")])
        .args(["--known-failing", &format!("@{config}.known-failing.txt")])
        .arg("--")
        .arg(server)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    if let Some(gateway) = gateway {
        command.arg("--gateway").arg(gateway);
    }
    command
}
