//! `trace`: what the inspector knows, in the terminal and in CI. These calls
//! are not traced themselves: they would stand between the reader and the
//! trace that was asked for.

mod assert;
mod diagnoses;
mod inspector;
mod intake;
mod junit;
mod list;
mod rows;
mod show;
mod tail;
mod timeline;
mod tree;

use crate::exit::Exit;
use crate::options::{TraceAction, TraceCommand};
use crate::output::Output;

/// Runs a trace command.
pub(crate) async fn run(command: TraceCommand, output: &Output) -> anyhow::Result<Exit> {
    let inspector = inspector::Inspector::at(&command.inspector)?;
    match command.action {
        TraceAction::List(options) => list::run(inspector, options, output).await,
        TraceAction::Show(options) => show::run(inspector, options, output).await,
        TraceAction::Tail(options) => tail::run(inspector, options, output).await,
        TraceAction::Intake(options) => intake::run(inspector, options, output).await,
        TraceAction::Assert(options) => assert::run(inspector, options, output).await,
    }
}
