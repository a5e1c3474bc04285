//! `graph get`: a node and its edges.

use std::fmt::Write as _;

use throughline_api::graph::v1::{Edge, GetNodeResponse};

use super::service::Graph;
use super::{draw, resolve};
use crate::json;
use crate::options::GetOptions;
use crate::output::Output;
use crate::render::Canvas;
use crate::render::palette::paint;
use crate::render::table::Table;
use crate::render::text::clean;

pub(crate) async fn run(
    graph: &mut Graph,
    options: GetOptions,
    output: &Output,
) -> anyhow::Result<()> {
    let found = resolve::node(graph, &options.id, Some(options.edges)).await?;
    if options.read.json {
        output.print(&json::pretty(
            "throughline.graph.v1.GetNodeResponse",
            &found,
        )?)?;
        return Ok(());
    }
    output.print(&picture(&found, output.canvas()))?;
    if found.edges_truncated {
        output.say("there are more edges: --edges N shows more of them");
    }
    Ok(())
}

fn picture(found: &GetNodeResponse, canvas: &Canvas) -> String {
    let mut text = String::new();
    if let Some(node) = &found.node {
        let id = paint(canvas.palette.strong(), clean(&node.id));
        let _ = writeln!(text, "{id}  {}", clean(&node.r#type));
        text.push_str(&draw::properties(node, canvas));
    }
    text.push_str(&edges(&found.outgoing, "TO", canvas));
    text.push_str(&edges(&found.incoming, "FROM", canvas));
    text
}

fn edges(edges: &[Edge], end: &'static str, canvas: &Canvas) -> String {
    if edges.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["EDGE", end, "PROPERTIES"]);
    for edge in edges {
        let other = if end == "TO" { &edge.to } else { &edge.from };
        table.row([
            edge.r#type.clone(),
            other.clone(),
            draw::brief(&edge.properties),
        ]);
    }
    format!("\n{}", table.draw(canvas))
}

#[cfg(test)]
mod tests {
    use throughline_api::graph::v1::{Node, Value, value::Kind};

    use super::*;

    #[test]
    fn a_node_stands_with_its_edges() {
        let name = Value {
            kind: Some(Kind::StringValue("a".into())),
        };
        let found = GetNodeResponse {
            node: Some(Node {
                id: "crate:a".into(),
                r#type: "Crate".into(),
                properties: [("name".to_owned(), name)].into(),
                ..Default::default()
            }),
            incoming: vec![Edge {
                from: "crate:a@1.0.0".into(),
                r#type: "VERSION_OF".into(),
                to: "crate:a".into(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let expected = "\
crate:a  Crate
  name  a

EDGE        FROM           PROPERTIES
VERSION_OF  crate:a@1.0.0
";
        assert_eq!(picture(&found, &Canvas::PIPE), expected);
    }
}
