//! What `cargo xtask bench` runs, built for release: each measurement with its
//! bound, and whether it holds. It knows the services by their binaries only, but for the graph's handlers, whose
//! cost beside the store's is one of the measurements.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench talks to the person at the terminal"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "nothing here is a service: there is no hub to carry"
)]

mod call;
mod callgrind;
mod dgraph;
mod edge;
mod graph;
mod load;
mod memory;
mod process;
mod report;
mod telemetry;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::report::Report;

#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// Instructions and allocations of a unary call, both ends, with and without our layers
    Call,
    /// One arm of `call`, for valgrind to count
    #[command(hide = true)]
    Arm {
        /// Which
        arm: call::Arm,
        /// How many calls
        calls: u32,
    },
    /// Resident memory of the services, idle and after many calls of which some panic
    Memory {
        /// How many calls
        #[arg(long, default_value_t = 100_000)]
        calls: u32,
    },
    /// CPU per call of the gateway, Envoy and nginx
    Gateway {
        /// Calls in each of five rounds
        #[arg(long, default_value_t = 20_000)]
        calls: u32,
    },
    /// The graph store beside SQLite alone
    Graph {
        /// How many edges
        #[arg(long, default_value_t = 1_000_000)]
        edges: u32,
    },
    /// One arm of `graph`
    #[command(hide = true)]
    GraphArm {
        /// Which
        arm: graph::Arm,
        /// The database
        path: PathBuf,
        /// How many edges are in it, or are to be
        edges: u32,
        /// How often
        times: u32,
    },
    /// The graph in Dgraph beside the bare stub
    Dgraph {
        /// How many edges are imported
        #[arg(long, default_value_t = 20_000)]
        edges: u32,
    },
    /// One arm of `dgraph`
    #[command(hide = true)]
    DgraphArm {
        /// Which
        arm: dgraph::Arm,
        /// The Dgraph, `host:port`
        address: String,
        /// How often
        times: u32,
    },
    /// Telemetry that is lost at 2 000 sampled calls a second
    Telemetry {
        /// For how many seconds
        #[arg(long, default_value_t = 10)]
        seconds: u32,
    },
}

/// Where the binaries to be measured lie: beside this one.
fn beside(name: &str) -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let path = here.with_file_name(name);
    anyhow::ensure!(
        path.exists(),
        "{} is not built: use `cargo xtask bench`",
        path.display()
    );
    Ok(path)
}

fn main() -> anyhow::Result<ExitCode> {
    let bench = Cli::parse().bench;
    if let Bench::Arm { arm, calls } = bench {
        // Before any runtime of ours: valgrind counts all that this process does.
        call::run_arm(arm, calls)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Bench::GraphArm {
        arm,
        path,
        edges,
        times,
    } = &bench
    {
        graph::run_arm(*arm, path, *edges, *times)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Bench::DgraphArm {
        arm,
        address,
        times,
    } = &bench
    {
        dgraph::run_arm(*arm, address, *times)?;
        return Ok(ExitCode::SUCCESS);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let mut report = Report::default();
    runtime.block_on(async {
        match bench {
            Bench::Call | Bench::Arm { .. } => call::run(&mut report).await,
            Bench::Graph { edges } => graph::run(edges, &mut report).await,
            Bench::Dgraph { edges } => dgraph::run(edges, &mut report).await,
            Bench::GraphArm { .. } | Bench::DgraphArm { .. } => Ok(()),
            Bench::Memory { calls } => memory::run(calls, &mut report).await,
            Bench::Gateway { calls } => edge::run(calls, &mut report).await,
            Bench::Telemetry { seconds } => telemetry::run(seconds, &mut report).await,
        }
    })?;
    Ok(if report.holds() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
