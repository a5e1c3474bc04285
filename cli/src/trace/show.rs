//! `trace show`: one trace as a tree.

use anyhow::Context as _;

use super::inspector::{self, Inspector};
use super::tree;
use crate::exit::Exit;
use crate::json;
use crate::options::ShowOptions;
use crate::output::Output;

pub(crate) async fn run(
    mut inspector: Inspector,
    options: ShowOptions,
    output: &Output,
) -> anyhow::Result<Exit> {
    let trace = match options.trace.as_str() {
        "latest" => inspector::latest(),
        id => inspector::by_id(id),
    };
    let answer = inspector.get(trace, options.wait).await?;
    let trace = answer
        .trace
        .context("the inspector answered without a trace")?;
    if options.json {
        output.print(&json::pretty("throughline.inspector.v1.Trace", &trace)?)?;
    } else {
        output.print(&tree::draw(&trace, output.canvas()))?;
    }
    Ok(Exit::Success)
}
