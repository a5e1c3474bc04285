//! Each graph command as the head of a trace.

use super::service::Graph;
use super::{export, get, list, mutate, path, schema, search, stats, traverse, watch};
use crate::dependencies;
use crate::exit::Exit;
use crate::import;
use crate::options::{GraphAction, GraphCommand};
use crate::output::Output;
use anyhow::Context as _;
use throughline_service_kit::{self as service_kit, Telemetry};

/// Runs a graph command inside a transaction named after it, and says the
/// trace's id at the end.
pub(crate) async fn run(command: GraphCommand, output: &Output) -> anyhow::Result<Exit> {
    let telemetry = Telemetry::init("throughline", &command.telemetry);
    let name = name(&command.action);
    let mut trace_id = None;
    let outcome = telemetry
        .head(name, async {
            trace_id = service_kit::current_trace_id();
            act(command.action, &telemetry, output).await
        })
        .await;
    telemetry.close().await;

    if let Some(id) = &trace_id {
        if let Some(file) = &command.trace_id_file {
            std::fs::write(file, format!("{id}\n"))
                .with_context(|| format!("{} cannot be written", file.display()))?;
        }
        output.say(&format!("trace {id}"));
    }
    outcome
}

fn name(action: &GraphAction) -> &'static str {
    match action {
        GraphAction::Import(_) => "throughline graph import",
        GraphAction::Get(_) => "throughline graph get",
        GraphAction::Search(_) => "throughline graph search",
        GraphAction::Path(_) => "throughline graph path",
        GraphAction::Stats(_) => "throughline graph stats",
        GraphAction::List(_) => "throughline graph list",
        GraphAction::Traverse(_) => "throughline graph traverse",
        GraphAction::Why(_) => "throughline graph why",
        GraphAction::Licences(_) => "throughline graph licences",
        GraphAction::Duplicates(_) => "throughline graph duplicates",
        GraphAction::Mutate(_) => "throughline graph mutate",
        GraphAction::Schema(_) => "throughline graph schema",
        GraphAction::Watch(_) => "throughline graph watch",
        GraphAction::Export(_) => "throughline graph export",
    }
}

async fn act(action: GraphAction, telemetry: &Telemetry, output: &Output) -> anyhow::Result<Exit> {
    match action {
        GraphAction::Import(options) => import::run(options, telemetry, output).await?,
        GraphAction::Get(options) => {
            let mut graph = Graph::to_read(&options.read, telemetry)?;
            get::run(&mut graph, options, output).await?;
        }
        GraphAction::Search(options) => {
            let mut graph = Graph::to_read(&options.read, telemetry)?;
            search::run(&mut graph, options, output).await?;
        }
        GraphAction::Path(options) => {
            let mut graph = Graph::to_read(&options.read, telemetry)?;
            return path::run(&mut graph, options, output).await;
        }
        GraphAction::Stats(options) => {
            let mut graph = Graph::to_read(&options.read, telemetry)?;
            stats::run(&mut graph, options, output).await?;
        }
        GraphAction::List(options) => {
            let mut graph = Graph::to_read(&options.read, telemetry)?;
            list::run(&mut graph, options, output).await?;
        }
        GraphAction::Traverse(options) => {
            let mut graph = Graph::to_read(&options.read, telemetry)?;
            traverse::run(&mut graph, options, output).await?;
        }
        GraphAction::Watch(options) => {
            let mut graph = Graph::to_read(&options.read, telemetry)?;
            watch::run(&mut graph, options, output).await?;
        }
        GraphAction::Why(options) => {
            let mut graph = Graph::to_read(&options.read, telemetry)?;
            return dependencies::why(&mut graph, options, output).await;
        }
        GraphAction::Licences(options) => {
            let mut graph = Graph::to_read(&options.read, telemetry)?;
            return dependencies::licences(&mut graph, options, output).await;
        }
        GraphAction::Duplicates(options) => {
            let mut graph = Graph::to_read(&options.read, telemetry)?;
            return dependencies::duplicates(&mut graph, options, output).await;
        }
        GraphAction::Mutate(options) => mutate::run(options, telemetry, output).await?,
        GraphAction::Schema(options) => schema::run(options, telemetry, output).await?,
        GraphAction::Export(options) => {
            let mut graph = Graph::at(&options.read, telemetry)?;
            export::run(&mut graph, options, output).await?;
        }
    }
    Ok(Exit::Success)
}
