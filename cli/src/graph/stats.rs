//! `graph stats`: how much there is.

use throughline_api::graph::v1::{GetStatsRequest, GetStatsResponse, TypeCount};

use super::service::Graph;
use crate::json;
use crate::options::StatsOptions;
use crate::output::Output;
use crate::render::Canvas;
use crate::render::table::Table;

pub(crate) async fn run(
    graph: &mut Graph,
    options: StatsOptions,
    output: &Output,
) -> anyhow::Result<()> {
    let answer = graph.client.get_stats(GetStatsRequest {}).await;
    let stats = graph.answer(answer)?;
    if options.read.json {
        output.print(&json::pretty(
            "throughline.graph.v1.GetStatsResponse",
            &stats,
        )?)?;
    } else {
        output.print(&draw(&stats, output.canvas()))?;
    }
    Ok(())
}

fn draw(stats: &GetStatsResponse, canvas: &Canvas) -> String {
    let nodes = table("NODES", &stats.node_types, stats.node_count, canvas);
    let edges = table("EDGES", &stats.edge_types, stats.edge_count, canvas);
    format!("{nodes}\n{edges}")
}

fn table(what: &'static str, types: &[TypeCount], all: i64, canvas: &Canvas) -> String {
    let mut table = Table::new(&[what, ">COUNT"]);
    for count in types {
        table.row([count.r#type.clone(), count.count.to_string()]);
    }
    table.row(["all".to_owned(), all.to_string()]);
    table.draw(canvas)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_stand_by_type() {
        let stats = GetStatsResponse {
            node_count: 5,
            edge_count: 0,
            node_types: vec![TypeCount {
                r#type: "Crate".into(),
                count: 5,
            }],
            edge_types: vec![],
        };
        let expected = "NODES  COUNT\nCrate      5\nall        5\n\nEDGES  COUNT\nall        0\n";
        assert_eq!(draw(&stats, &Canvas::PIPE), expected);
    }
}
