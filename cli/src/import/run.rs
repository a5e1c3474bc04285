//! The import itself: read, map, check, and only then send, from where the same
//! import was cut off, if it was.

use anyhow::Context as _;
use throughline_api::graph::v1::{ImportGraphRequest, ImportGraphResponse};
use throughline_service_kit::Telemetry;

use super::progress::Progress;
use super::send::{Sender, bearer};
use super::{Limits, batches};
use crate::graph::Graph;
use crate::json;
use crate::options::ImportOptions;
use crate::output::Output;
use crate::render::text::plural;

/// Imports what the options name.
pub(crate) async fn run(
    options: ImportOptions,
    telemetry: &Telemetry,
    output: &Output,
) -> anyhow::Result<()> {
    let limits = Limits {
        batch_items: usize::from(options.batch),
        ..Limits::default()
    };
    let progress = Progress::new(output);
    let authorization = options.token.as_deref().map(bearer).transpose()?;
    let source = options.source()?;

    progress.step(output, &format!("reading {}", source.path().display()));
    let read = throughline_service_kit::spawn_blocking(move || source.read(&limits)).await;
    let read = read.context("reading was cut off").and_then(|read| read);
    let graph = read.inspect_err(|_| progress.end())?;
    let counted = format!(
        "{}, {}",
        plural(graph.nodes.len() as i64, "node"),
        plural(graph.edges.len() as i64, "edge")
    );
    let batches = batches::cut(graph, &limits);
    let sending = plural(batches.len() as i64, "batch");
    progress.step(output, &format!("sending {counted} in {sending}"));

    let mut sender = Sender {
        service: Graph::plain(&options.graph, telemetry)?,
        authorization,
        import_id: options
            .import_id
            .clone()
            .unwrap_or_else(|| batches::name(&batches)),
        progress: progress.clone(),
        output,
        limits,
        retries: options.retries,
        batches: &batches,
    };
    let sent = sender.run(options.restart).await;
    progress.end();
    let answer = summed(&batches[sent?..]);
    let answer = ImportGraphResponse {
        last_sequence: signed(batches.len()),
        ..answer
    };
    if options.answer_as_json() {
        output.print(&json::pretty(
            "throughline.graph.v1.ImportGraphResponse",
            &answer,
        )?)?;
    } else {
        output.print(&format!(
            "imported {} and {} in {}",
            plural(answer.node_count, "node"),
            plural(answer.edge_count, "edge"),
            plural(answer.batch_count, "batch")
        ))?;
    }
    Ok(())
}

/// What these batches come to.
fn summed(batches: &[ImportGraphRequest]) -> ImportGraphResponse {
    let mut sum = ImportGraphResponse::default();
    for batch in batches {
        sum.batch_count += 1;
        sum.node_count += signed(batch.nodes.len());
        sum.edge_count += signed(batch.edges.len());
    }
    sum
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
