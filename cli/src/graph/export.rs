//! `graph export`: the whole graph, or a part of it, in another tool's form.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use throughline_api::graph::v1::{
    ExportGraphRequest, ExportGraphResponse, GetStatsRequest, TypeCount,
};
use tonic::Code;

use super::service::Graph;
use crate::export::Writer;
use crate::failure::CallFailed;
use crate::import::Progress;
use crate::options::ExportOptions;
use crate::output::Output;
use crate::render::text::plural;

pub(crate) async fn run(
    graph: &mut Graph,
    options: ExportOptions,
    output: &Output,
) -> anyhow::Result<()> {
    let request = ExportGraphRequest {
        node_types: options.types,
        edge_types: options.edges,
        resume_token: String::new(),
    };
    let Some(path) = options.output else {
        let out = BufWriter::new(io::stdout());
        let mut writer = options.format.writer(out)?;
        write(graph, request, writer.as_mut(), output).await?;
        return Ok(());
    };
    // Under its own name only when it is whole.
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let cannot = || format!("{} cannot be written", path.display());
    let part = tempfile::NamedTempFile::new_in(folder).with_context(cannot)?;
    let mut out = BufWriter::new(part.as_file());
    let mut writer = options.format.writer(&mut out)?;
    let counted = write(graph, request, writer.as_mut(), output).await?;
    drop(writer);
    out.flush().with_context(cannot)?;
    drop(out);
    part.persist(&path).with_context(cannot)?;
    output.say(&format!("{counted} in {}", path.display()));
    Ok(())
}

async fn write(
    graph: &mut Graph,
    request: ExportGraphRequest,
    writer: &mut dyn Writer,
    output: &Output,
) -> anyhow::Result<String> {
    let progress = Progress::new(output);
    if progress.is_seen()
        && let Some(total) = total(graph, &request).await
    {
        progress.begin(total);
    }
    let (mut nodes, mut edges) = (0_i64, 0_i64);
    let outcome = each_part(graph, request, |part| {
        part.nodes.iter().try_for_each(|node| writer.node(node))?;
        part.edges.iter().try_for_each(|edge| writer.edge(edge))?;
        nodes += part.nodes.len() as i64;
        edges += part.edges.len() as i64;
        progress.set(u64::try_from(nodes + edges).unwrap_or_default());
        progress.bar_only(&counted(nodes, edges));
        Ok(())
    })
    .await;
    progress.end();
    outcome?;
    writer.end()?;
    Ok(counted(nodes, edges))
}

/// How many nodes and edges will come, as far as the counts by type say: of nodes of some types, nobody knows how many
/// edges have both ends among them.
async fn total(graph: &mut Graph, request: &ExportGraphRequest) -> Option<u64> {
    if !request.node_types.is_empty() {
        return None;
    }
    let stats = graph
        .client
        .get_stats(GetStatsRequest {})
        .await
        .ok()?
        .into_inner();
    let wanted =
        |of: &&TypeCount| request.edge_types.is_empty() || request.edge_types.contains(&of.r#type);
    let edges = stats.edge_types.iter().filter(wanted);
    let edges: i64 = edges.map(|of| of.count).sum();
    u64::try_from(stats.node_count + edges).ok()
}

fn counted(nodes: i64, edges: i64) -> String {
    format!("{}, {}", plural(nodes, "node"), plural(edges, "edge"))
}

/// How often an export that breaks off is taken up again.
const MOST_RESUMES: usize = 5;

/// Calls `each` with every part of one snapshot; where the stream breaks off, it
/// goes on after the last part.
pub(crate) async fn each_part(
    graph: &mut Graph,
    mut request: ExportGraphRequest,
    mut each: impl FnMut(ExportGraphResponse) -> io::Result<()>,
) -> anyhow::Result<()> {
    let mut resumes = 0;
    loop {
        let failed: CallFailed = 'stream: {
            let answer = graph.client.export_graph(request.clone()).await;
            let mut parts = match graph.answer(answer) {
                Ok(parts) => parts,
                Err(failed) => break 'stream failed,
            };
            loop {
                match graph.next(&mut parts).await {
                    Ok(None) => return Ok(()),
                    Ok(Some(part)) => {
                        if !part.resume_token.is_empty() {
                            request.resume_token.clone_from(&part.resume_token);
                        }
                        each(part)?;
                    }
                    Err(failed) => break 'stream failed,
                }
            }
        };
        resumes += 1;
        // What carries no reason was said by no service: the way there broke.
        let broke_off = failed.code() == Code::Unavailable || !failed.has_reason();
        let may_go_on = broke_off && !request.resume_token.is_empty();
        if !may_go_on || resumes > MOST_RESUMES {
            return Err(failed.into());
        }
    }
}
