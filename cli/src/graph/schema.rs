//! `graph schema`: what there may be; shown, checked or replaced.

use std::fmt::Write as _;

use anyhow::{Context as _, anyhow};
use throughline_api::graph::v1::{
    GetSchemaRequest, PropertyType, Schema, UpdateSchemaRequest, ValueType,
};
use throughline_service_kit::Telemetry;

use super::service::Graph;
use crate::json;
use crate::options::SchemaOptions;
use crate::output::Output;
use crate::render::Canvas;
use crate::render::table::Table;

const SCHEMA: &str = "throughline.graph.v1.Schema";

pub(crate) async fn run(
    options: SchemaOptions,
    telemetry: &Telemetry,
    output: &Output,
) -> anyhow::Result<()> {
    let mut graph = Graph::plain(&options.write.graph, telemetry)?;
    let schema = match &options.update {
        None => {
            let answer = graph.client.get_schema(GetSchemaRequest {}).await;
            graph.answer(answer)?.schema
        }
        Some(file) => {
            let name = file.display();
            let text =
                std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?;
            let schema: Schema =
                json::read(SCHEMA, &text).map_err(|why| anyhow!("{name}: {why}"))?;
            let request = UpdateSchemaRequest {
                schema: Some(schema),
                validate_only: options.validate_only,
            };
            let request = options.write.authorized(request)?;
            let answer = graph.client.update_schema(request).await;
            let schema = graph.answer(answer)?.schema;
            output.say(match options.validate_only {
                true => "the data fits; nothing was changed",
                false => "the schema is in force",
            });
            schema
        }
    };
    let schema = schema.unwrap_or_default();
    if options.write.json {
        output.print(&json::pretty(SCHEMA, &schema)?)?;
    } else if schema.node_types.is_empty() && schema.edge_types.is_empty() {
        output.say("there is no schema: every type is free");
    } else {
        output.print(&draw(&schema, output.canvas()))?;
    }
    Ok(())
}

fn draw(schema: &Schema, canvas: &Canvas) -> String {
    let mut nodes = Table::new(&["NODES", "PROPERTIES"]);
    for of in &schema.node_types {
        let others = if of.closed { "; no others" } else { "" };
        nodes.row([of.name.clone(), properties(&of.properties) + others]);
    }
    let mut edges = Table::new(&["EDGES", "FROM", "TO", "PROPERTIES"]);
    for of in &schema.edge_types {
        let ends = |types: &[String]| match types {
            [] => "any".to_owned(),
            types => types.join(","),
        };
        edges.row([
            of.name.clone(),
            ends(&of.from_types),
            ends(&of.to_types),
            properties(&of.properties),
        ]);
    }
    format!("{}\n{}", nodes.draw(canvas), edges.draw(canvas))
}

fn properties(properties: &[PropertyType]) -> String {
    let mut text = String::new();
    for (index, of) in properties.iter().enumerate() {
        let kind = match of.value_type() {
            ValueType::Unspecified => "any",
            ValueType::String => "string",
            ValueType::Int => "int",
            ValueType::Double => "double",
            ValueType::Bool => "bool",
            ValueType::Timestamp => "time",
        };
        let joint = if index == 0 { "" } else { ", " };
        let required = if of.required { " required" } else { "" };
        let unique = if of.unique { " unique" } else { "" };
        let _ = write!(text, "{joint}{}: {kind}{required}{unique}", of.name);
    }
    text
}

#[cfg(test)]
mod tests {
    use throughline_api::graph::v1::{EdgeType, NodeType};

    use super::*;

    #[test]
    fn a_schema_is_two_tables() {
        let property = PropertyType {
            name: "name".into(),
            value_type: ValueType::String.into(),
            required: true,
            unique: true,
        };
        let schema = Schema {
            node_types: vec![NodeType {
                name: "Crate".into(),
                properties: vec![property],
                closed: true,
            }],
            edge_types: vec![EdgeType {
                name: "OF".into(),
                to_types: vec!["Crate".into()],
                ..Default::default()
            }],
            etag: String::new(),
        };
        let expected = "\
NODES  PROPERTIES
Crate  name: string required unique; no others

EDGES  FROM  TO     PROPERTIES
OF     any   Crate
";
        assert_eq!(draw(&schema, &Canvas::PIPE), expected);
    }
}
