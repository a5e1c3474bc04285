//! `completions`: what a shell asks to complete this command's lines.

use clap::CommandFactory as _;
use clap_complete::generate;

use crate::exit::Exit;
use crate::options::{Cli, CompletionsOptions};
use crate::output::Output;

/// Prints the shell's script.
pub(crate) fn run(options: &CompletionsOptions, output: &Output) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    generate(
        options.shell,
        &mut Cli::command(),
        "throughline",
        &mut script,
    );
    output.print(&String::from_utf8(script)?)?;
    Ok(Exit::Success)
}
