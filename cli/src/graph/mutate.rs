//! `graph mutate`: changes, all of them or none.

use std::io::Read as _;

use anyhow::{Context as _, anyhow};
use throughline_api::graph::v1::{
    ApplyMutationsRequest, ApplyMutationsResponse, Edge, Mutation, Node, Precondition, Value,
    mutation::Change, precondition::Condition,
};
use throughline_service_kit::Telemetry;

use super::service::Graph;
use crate::json;
use crate::options::{MutateOptions, MutateWhat};
use crate::output::Output;
use crate::render::table::Table;
use crate::render::text::plural;
use crate::values;

pub(crate) async fn run(
    options: MutateOptions,
    telemetry: &Telemetry,
    output: &Output,
) -> anyhow::Result<()> {
    let mut mutations = mutations(options.what)?;
    if let Some(condition) = condition(options.if_exists, options.if_etag) {
        for mutation in &mut mutations {
            mutation.precondition = Some(Precondition {
                condition: Some(condition.clone()),
            });
        }
    }
    let request = ApplyMutationsRequest {
        mutations,
        idempotency_key: options.key.unwrap_or_default(),
    };
    let mut graph = Graph::plain(&options.write.graph, telemetry)?;
    let request = options.write.authorized(request)?;
    let answer = graph.client.apply_mutations(request).await;
    let answer = graph.answer(answer)?;
    if options.write.json {
        let name = "throughline.graph.v1.ApplyMutationsResponse";
        output.print(&json::pretty(name, &answer)?)?;
        return Ok(());
    }
    let mut table = Table::new(&[">#", "CHANGED", "ETAG"]);
    for (index, result) in answer.results.iter().enumerate() {
        let changed = if result.changed { "yes" } else { "no" };
        table.row([index.to_string(), changed.to_owned(), result.etag.clone()]);
    }
    output.print(&table.draw(output.canvas()))?;
    output.say(&summary(&answer));
    Ok(())
}

fn summary(answer: &ApplyMutationsResponse) -> String {
    let changed = answer.results.iter().filter(|result| result.changed);
    let replayed = match answer.replayed {
        true => "; it was applied before, with this key",
        false => "",
    };
    format!(
        "{} made{replayed}",
        plural(changed.count() as i64, "change")
    )
}

fn condition(exists: Option<bool>, etag: Option<String>) -> Option<Condition> {
    exists.map(Condition::Exists).or(etag.map(Condition::Etag))
}

fn mutations(what: MutateWhat) -> anyhow::Result<Vec<Mutation>> {
    let change = match what {
        MutateWhat::PutNode {
            id,
            node_type,
            properties,
        } => Change::PutNode(Node {
            id,
            r#type: node_type,
            properties: pairs(&properties)?,
            etag: String::new(),
        }),
        MutateWhat::DeleteNode { id } => Change::DeleteNode(id),
        MutateWhat::PutEdge {
            from,
            edge_type,
            to,
            properties,
        } => Change::PutEdge(edge(from, edge_type, to, &properties)?),
        MutateWhat::DeleteEdge {
            from,
            edge_type,
            to,
        } => Change::DeleteEdge(edge(from, edge_type, to, &[])?),
        MutateWhat::Apply { file } => {
            let name = file.display().to_string();
            let text = match name.as_str() {
                "-" => {
                    let mut text = String::new();
                    std::io::stdin().read_to_string(&mut text).map(|_| text)
                }
                _ => std::fs::read_to_string(&file),
            };
            let text = text.with_context(|| format!("{name} cannot be read"))?;
            return lines(&text).map_err(|why| anyhow!("{name}: {why}"));
        }
    };
    Ok(vec![Mutation {
        precondition: None,
        change: Some(change),
    }])
}

fn edge(from: String, edge_type: String, to: String, about: &[String]) -> anyhow::Result<Edge> {
    Ok(Edge {
        from,
        r#type: edge_type,
        to,
        properties: pairs(about)?,
    })
}

/// A mutation on each line, as protobuf's JSON has it.
fn lines(text: &str) -> Result<Vec<Mutation>, String> {
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            json::read("throughline.graph.v1.Mutation", line)
                .map_err(|why| format!("line {}: {why}", index + 1))
        })
        .collect()
}

/// `name=text`, or `name:type=text`.
fn pairs(pairs: &[String]) -> anyhow::Result<std::collections::HashMap<String, Value>> {
    let pair = |pair: &String| {
        let (name, text) = pair
            .split_once('=')
            .ok_or_else(|| anyhow!("`{pair}` is no NAME=VALUE"))?;
        let (name, kind) = name.split_once(':').unwrap_or((name, "string"));
        let value = values::typed(kind, text).map_err(|why| anyhow!("{name}: {why}"))?;
        Ok((name.to_owned(), value))
    };
    pairs.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_typed() {
        let given = ["a=b=c".to_owned(), "n:int=7".to_owned()];
        let about = pairs(&given).unwrap();
        assert_eq!(about["a"], values::typed("string", "b=c").unwrap());
        assert_eq!(about["n"], values::typed("int", "7").unwrap());
        let said = |pair: &str| pairs(&[pair.to_owned()]).unwrap_err().to_string();
        assert_eq!(said("a"), "`a` is no NAME=VALUE");
        assert_eq!(said("n:int=x"), "n: `x` is no int");
    }

    #[test]
    fn lines_name_the_one_at_fault() {
        let good = r#"{"deleteNode":"a","precondition":{"exists":true}}"#;
        let read = lines(&format!("{good}\n\n")).unwrap();
        assert_eq!(read[0].change, Some(Change::DeleteNode("a".into())));
        let why = lines(&format!("{good}\n{{\"drop\":1}}")).unwrap_err();
        assert!(
            why.starts_with("line 2: unrecognized field name 'drop'"),
            "{why}"
        );
    }
}
