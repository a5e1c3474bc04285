//! `graph search`: nodes by words.

use throughline_api::graph::v1::{SearchHit, SearchNodesRequest};

use super::service::Graph;
use crate::json;
use crate::options::SearchOptions;
use crate::output::Output;
use crate::render::Canvas;
use crate::render::table::Table;

pub(crate) async fn run(
    graph: &mut Graph,
    options: SearchOptions,
    output: &Output,
) -> anyhow::Result<()> {
    let request = SearchNodesRequest {
        query: options.words.join(" "),
        types: options.types,
        page_size: options.limit,
        page_token: options.page.unwrap_or_default(),
    };
    let answer = graph.client.search_nodes(request).await;
    let answer = graph.answer(answer)?;
    if options.read.json {
        output.print(&json::pretty(
            "throughline.graph.v1.SearchNodesResponse",
            &answer,
        )?)?;
        return Ok(());
    }
    if answer.hits.is_empty() {
        output.say("nothing was found");
        return Ok(());
    }
    output.print(&draw(&answer.hits, output.canvas()))?;
    if !answer.next_page_token.is_empty() {
        output.say(&format!("more: --page {}", answer.next_page_token));
    }
    Ok(())
}

fn draw(hits: &[SearchHit], canvas: &Canvas) -> String {
    let mut table = Table::new(&["ID", "TYPE", "FOUND IN", "TEXT"]);
    for hit in hits {
        let Some(node) = &hit.node else { continue };
        let (property, snippet) = match hit.highlights.first() {
            Some(place) => (place.property.clone(), place.snippet.clone()),
            None => ("-".to_owned(), String::new()),
        };
        table.row([node.id.clone(), node.r#type.clone(), property, snippet]);
    }
    table.draw(canvas)
}

#[cfg(test)]
mod tests {
    use throughline_api::graph::v1::{Highlight, Node};

    use super::*;

    #[test]
    fn a_hit_is_a_line() {
        let hit = SearchHit {
            node: Some(Node {
                id: "crate:serde".into(),
                r#type: "Crate".into(),
                ..Default::default()
            }),
            highlights: vec![Highlight {
                property: "name".into(),
                snippet: "serde".into(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let expected = "ID           TYPE   FOUND IN  TEXT\ncrate:serde  Crate  name      serde\n";
        assert_eq!(draw(&[hit], &Canvas::PIPE), expected);
    }
}
