//! `cargo xtask up | test | bench`: the workspace's own tasks. Knows the binaries only
//! by name and variables, and depends on none of the workspace's crates.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task talks to the person at the terminal"
)]

mod bench;
#[cfg(test)]
mod compose;
mod site;
mod test;
mod up;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Build and start everything, import this workspace, and show the trace of a query
    Up(up::Options),
    /// Check formatting, lints, protocol and docs, and run all tests
    Test(test::Options),
    /// Measure speed and memory of release builds, against their bounds
    Bench(bench::Options),
    /// Run tests with many more cases, kills, calls and traces; takes hours
    Soak(test::soak::Options),
}

/// Wrong use, as everywhere in this workspace.
const EXIT_USAGE: u8 = 64;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let wrong = error.use_stderr();
            let _ = error.print();
            return ExitCode::from(if wrong { EXIT_USAGE } else { 0 });
        }
    };
    let outcome = match cli.task {
        Task::Up(options) => up::run(options).await,
        Task::Test(options) => test::run(&options).await,
        Task::Bench(options) => bench::run(&options).await,
        Task::Soak(options) => test::soak::run(&options).await,
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
