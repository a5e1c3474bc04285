//! The `throughline` command: ask the graph, look at traces, run the inspector.
//!
//! It is the head of the traces of its own calls, and knows the services only by
//! their protocol. Results go to stdout, everything said about them to stderr.
//!
//! ```
//! use clap::Parser as _;
//!
//! let line = ["throughline", "trace", "assert", "--latest", "--no-orphans"];
//! assert!(throughline::Cli::try_parse_from(line).is_ok());
//! assert!(throughline::Cli::try_parse_from(&line[..3]).is_err(), "which trace?");
//! ```

mod completions;
mod dependencies;
mod exit;
mod export;
mod failure;
mod graph;
mod health;
mod import;
mod inspect;
mod json;
mod options;
mod output;
mod render;
mod trace;
mod values;
mod web;

use std::process::ExitCode;

pub use import::{Format, read_bytes};
pub use options::Cli;

use exit::{Exit, WrongUse};
use options::Command;
use output::Output;

/// Runs a command and says how it ended.
pub async fn run(cli: Cli) -> ExitCode {
    let output = Output::of_process();
    let outcome = match cli.command {
        Command::Inspect(command) => inspect::run(command).await,
        Command::Graph(command) => graph::run(*command, &output).await,
        Command::Trace(command) => trace::run(command, &output).await,
        Command::Health(options) => health::run(options).await,
        Command::Completions(options) => completions::run(&options, &output),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) if is_closed_pipe(&error) => Exit::Success.into(),
        Err(error) => {
            let label = render::palette::paint(output.messages().bad(), "error:");
            output.say(&format!("{label} {error:#}"));
            match error.is::<WrongUse>() {
                true => Exit::Usage.into(),
                false => Exit::Failure.into(),
            }
        }
    }
}

/// Whether the reader of our output has seen enough, as `head` has.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<std::io::Error>();
    error.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
