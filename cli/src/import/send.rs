//! The import itself: read, map, check, and only then send, call by call, so
//! that it is known what is in.

use anyhow::Context as _;
use throughline_api::graph::v1::{ImportGraphRequest, ImportGraphResponse};
use throughline_service_kit::Telemetry;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};

use super::progress::Progress;
use super::{Limits, batches};
use crate::failure::CallFailed;
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
    let limits = Limits::default();
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
    let mut batches = batches::cut(graph, &limits);
    let total = batches.len();
    let first = usize::try_from(options.resume_from).unwrap_or(usize::MAX);
    if first > total.max(1) {
        progress.end();
        anyhow::bail!(
            "--resume-from {first}: there are only {}",
            plural(total as i64, "batch")
        );
    }
    let sending = format!("sending {counted} in {}", plural(total as i64, "batch"));
    progress.step(output, &sending);
    let items = |batches: &[ImportGraphRequest]| -> u64 { batches.iter().map(items_of).sum() };
    progress.begin(items(&batches));
    progress.advance(items(&batches[..first - 1]));
    batches.drain(..first - 1);

    let sender = Sender {
        service: Graph::plain(&options.graph, telemetry)?,
        authorization,
        progress: progress.clone(),
        output,
        limits,
        total,
    };
    let answer = sender.send(batches).await;
    progress.end();
    let answer = answer?;
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

fn items_of(batch: &ImportGraphRequest) -> u64 {
    (batch.nodes.len() + batch.edges.len()) as u64
}

struct Sender<'a> {
    service: Graph,
    authorization: Option<MetadataValue<Ascii>>,
    progress: Progress,
    output: &'a Output,
    limits: Limits,
    total: usize,
}

impl Sender<'_> {
    async fn send(
        mut self,
        batches: Vec<ImportGraphRequest>,
    ) -> anyhow::Result<ImportGraphResponse> {
        let mut done = ImportGraphResponse::default();
        let mut batches = batches.into_iter().peekable();
        // One for all calls: a signal between two of them must not be lost.
        let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
        while let Some(next) = batches.peek() {
            let next = next.sequence;
            let call: Vec<_> = batches.by_ref().take(self.limits.call_batches).collect();
            let last = call.last().map_or(next, |batch| batch.sequence);
            let count = call.iter().map(items_of).sum();
            let answer = tokio::select! {
                answer = self.call(call) => answer,
                _ = &mut interrupt => {
                    let why = anyhow::anyhow!("interrupted");
                    return Err(going_on(why, next, self.total));
                }
            };
            let answer = answer.map_err(|failed| {
                let next = failed.sequence().unwrap_or(next);
                going_on(failed.into(), next, self.total)
            })?;
            done.batch_count += answer.batch_count;
            done.node_count += answer.node_count;
            done.edge_count += answer.edge_count;
            self.progress.advance(count);
            if batches.peek().is_some() {
                self.progress.step(
                    self.output,
                    &format!("{last} of {} are in", plural(self.total as i64, "batch")),
                );
            }
        }
        Ok(done)
    }

    async fn call(
        &mut self,
        batches: Vec<ImportGraphRequest>,
    ) -> Result<ImportGraphResponse, CallFailed> {
        let mut request = Request::new(tokio_stream::iter(batches));
        if let Some(authorization) = self.authorization.clone() {
            request
                .metadata_mut()
                .insert("authorization", authorization);
        }
        let answer = self.service.client.import_graph(request).await;
        self.service.answer(answer)
    }
}

/// What was sent before stays; whoever knows where can go on there.
fn going_on(why: anyhow::Error, next: i64, total: usize) -> anyhow::Error {
    if next <= 1 {
        return why;
    }
    anyhow::anyhow!(
        "{why:#}\n{} of {total} are in: the same import with --resume-from {next} goes on there",
        plural(next - 1, "batch")
    )
}

/// What a writer shows.
pub(crate) fn bearer(token: &str) -> anyhow::Result<MetadataValue<Ascii>> {
    let mut value: MetadataValue<Ascii> = format!("Bearer {token}")
        .parse()
        .context("the token must be printable ASCII")?;
    value.set_sensitive(true);
    Ok(value)
}
