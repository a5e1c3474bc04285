//! `graph path`: how one node reaches another.

use throughline_api::graph::v1::{Direction, FindPathRequest, FindPathResponse};

use super::service::Graph;
use super::{draw, resolve};
use crate::exit::Exit;
use crate::failure::CallFailed;
use crate::json;
use crate::options::PathOptions;
use crate::output::Output;
use crate::render::text::{clean, plural};

/// A crate has few versions in one graph; more are not tried.
const MOST_STARTS: usize = 16;

pub(crate) async fn run(
    graph: &mut Graph,
    options: PathOptions,
    output: &Output,
) -> anyhow::Result<Exit> {
    let from = resolve::node(graph, &options.from, Some(1_000)).await?;
    let to = resolve::node(graph, &options.to, None).await?;
    let to = to.node.map(|node| node.id).unwrap_or_default();
    let path = shortest(graph, resolve::starts(&from), &to, &options).await?;

    if options.read.json {
        output.print(&json::pretty(
            "throughline.graph.v1.FindPathResponse",
            &path,
        )?)?;
    } else if path.found {
        output.print(&draw::path(&path.nodes, &path.edges, output.canvas()))?;
        output.say(&plural(path.edges.len() as i64, "edge"));
    }
    if path.found {
        return Ok(Exit::Success);
    }
    let from = from.node.map(|node| node.id).unwrap_or_default();
    output.say(&format!(
        "there is no path from {} to {} within {}",
        clean(&from),
        clean(&to),
        plural(options.max_depth, "edge")
    ));
    Ok(Exit::Failure)
}

/// The shortest path from any of `starts`; the first of them wins a tie.
async fn shortest(
    graph: &mut Graph,
    starts: Vec<String>,
    to: &str,
    options: &PathOptions,
) -> Result<FindPathResponse, CallFailed> {
    let mut best = FindPathResponse::default();
    for from in starts.into_iter().take(MOST_STARTS) {
        let request = FindPathRequest {
            from,
            to: to.to_owned(),
            edge_types: options.edges.clone(),
            direction: Direction::Out.into(),
            max_depth: options.max_depth,
            node_types: Vec::new(),
        };
        let answer = graph.client.find_path(request).await;
        let path = graph.answer(answer)?;
        if path.found && (!best.found || path.edges.len() < best.edges.len()) {
            best = path;
        }
    }
    Ok(best)
}
