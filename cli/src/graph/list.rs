//! `graph list`: nodes in pages, filtered and ordered.

use throughline_api::graph::v1::{ListNodesRequest, Node};

use super::draw;
use super::service::Graph;
use crate::json;
use crate::options::ListNodesOptions;
use crate::output::Output;
use crate::render::Canvas;
use crate::render::table::Table;

pub(crate) async fn run(
    graph: &mut Graph,
    options: ListNodesOptions,
    output: &Output,
) -> anyhow::Result<()> {
    let request = ListNodesRequest {
        filter: filter(&options.types, options.filter.as_deref()),
        order_by: options.order.unwrap_or_default(),
        page_size: options.limit,
        page_token: options.page.unwrap_or_default(),
        read_mask: None,
    };
    let answer = graph.client.list_nodes(request).await;
    let answer = graph.answer(answer)?;
    if options.read.json {
        output.print(&json::pretty(
            "throughline.graph.v1.ListNodesResponse",
            &answer,
        )?)?;
        return Ok(());
    }
    if answer.nodes.is_empty() {
        output.say("there are no such nodes");
        return Ok(());
    }
    output.print(&picture(&answer.nodes, output.canvas()))?;
    if !answer.next_page_token.is_empty() {
        output.say(&format!("more: --page {}", answer.next_page_token));
    }
    Ok(())
}

/// Both what `--type` and what `--filter` ask for.
fn filter(types: &[String], filter: Option<&str>) -> String {
    let types: Vec<_> = types
        .iter()
        .map(|name| format!("type = {}", serde_json::Value::from(name.as_str())))
        .collect();
    match (types.is_empty(), filter) {
        (true, filter) => filter.unwrap_or_default().to_owned(),
        (false, None) => types.join(" OR "),
        (false, Some(filter)) => format!("({}) AND ({filter})", types.join(" OR ")),
    }
}

fn picture(nodes: &[Node], canvas: &Canvas) -> String {
    let mut table = Table::new(&["ID", "TYPE", "PROPERTIES"]);
    for node in nodes {
        let about = draw::brief(&node.properties);
        table.row([node.id.clone(), node.r#type.clone(), about]);
    }
    table.draw(canvas)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_filter_hold_together() {
        let types = ["A".to_owned(), "B".to_owned()];
        assert_eq!(filter(&[], None), "");
        assert_eq!(filter(&[], Some("a = 1")), "a = 1");
        assert_eq!(filter(&types, None), "type = \"A\" OR type = \"B\"");
        let both = "(type = \"A\") AND (a = 1 OR b = 2)";
        assert_eq!(filter(&types[..1], Some("a = 1 OR b = 2")), both);
    }
}
