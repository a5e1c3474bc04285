//! The import itself: read, map, check, and only then send.

use anyhow::Context as _;
use throughline_api::graph::v1::{ImportGraphRequest, ImportGraphResponse};
use throughline_service_kit::Telemetry;
use tonic::Request;
use tonic::metadata::{Ascii, MetadataValue};

use super::progress::Progress;
use super::{Limits, batches, cargo, metadata};
use crate::failure::CallFailed;
use crate::graph::Graph;
use crate::json;
use crate::options::ImportOptions;
use crate::output::Output;
use crate::render::text::plural;

/// Imports a cargo workspace.
pub(crate) async fn run(
    options: ImportOptions,
    telemetry: &Telemetry,
    output: &Output,
) -> anyhow::Result<()> {
    let limits = Limits::default();
    let progress = Progress::new(output);
    let authorization = options.token.as_deref().map(bearer).transpose()?;

    progress.step(output, &format!("reading {}", options.cargo.display()));
    let path = options.cargo.clone();
    let read = throughline_service_kit::spawn_blocking(move || metadata::read(&path)).await;
    let metadata = read.context("reading was cut off")??;
    let graph = cargo::map(&metadata, &metadata::name(&metadata));
    graph
        .check(&limits)
        .map_err(|why| anyhow::anyhow!("{} cannot be imported: {why}", options.cargo.display()))?;
    let (nodes, edges) = (graph.nodes.len(), graph.edges.len());
    let batches = batches::cut(graph, &limits);
    let sending = format!(
        "sending {}, {} in {}",
        plural(nodes as i64, "node"),
        plural(edges as i64, "edge"),
        plural(batches.len() as i64, "batch")
    );
    progress.step(output, &sending);
    progress.begin((nodes + edges) as u64);

    let mut service = Graph::plain(&options.graph, telemetry)?;
    let answer = send(&mut service, batches, authorization, &progress).await;
    progress.end();
    let answer = answer?;
    if options.json {
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

async fn send(
    service: &mut Graph,
    batches: Vec<ImportGraphRequest>,
    authorization: Option<MetadataValue<Ascii>>,
    progress: &Progress,
) -> Result<ImportGraphResponse, CallFailed> {
    let progress = progress.clone();
    let batches = tokio_stream::iter(batches.into_iter().inspect(move |batch| {
        progress.advance((batch.nodes.len() + batch.edges.len()) as u64);
    }));
    let mut request = Request::new(batches);
    if let Some(authorization) = authorization {
        request
            .metadata_mut()
            .insert("authorization", authorization);
    }
    let answer = service.client.import_graph(request).await;
    service.answer(answer)
}

fn bearer(token: &str) -> anyhow::Result<MetadataValue<Ascii>> {
    let mut value: MetadataValue<Ascii> = format!("Bearer {token}")
        .parse()
        .context("the token must be printable ASCII")?;
    value.set_sensitive(true);
    Ok(value)
}
