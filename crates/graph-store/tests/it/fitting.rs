//! What does not fit a schema, as plainly as it can be said.

use std::collections::BTreeMap;

use throughline_graph_store::{EdgeKey, Node, Properties, PropertyType, Schema, Value, ValueType};

/// A node, an edge, or two nodes that share a value.
pub(crate) enum Misfit {
    Node(String),
    Edge(EdgeKey),
    Shared(String, String),
}

pub(crate) fn misfits(
    schema: &Schema,
    nodes: &BTreeMap<String, Node>,
    edges: &BTreeMap<EdgeKey, Properties>,
) -> Vec<Misfit> {
    let mut misfits = Vec::new();
    for node_type in &schema.node_types {
        let of_type = nodes
            .values()
            .filter(|node| node.node_type == node_type.name);
        let of_type: Vec<_> = of_type.collect();
        for (at, node) in of_type.iter().enumerate() {
            let extra = node.properties.keys().any(|name| {
                node_type.closed && node_type.properties.iter().all(|it| it.name != *name)
            });
            if extra || !fits(&node_type.properties, &node.properties) {
                misfits.push(Misfit::Node(node.id.clone()));
            }
            for property in node_type.properties.iter().filter(|it| it.unique) {
                let value = node.properties.get(&property.name);
                let same = |other: &&&Node| other.properties.get(&property.name) == value;
                for other in of_type[..at]
                    .iter()
                    .filter(same)
                    .filter(|_| value.is_some())
                {
                    misfits.push(Misfit::Shared(node.id.clone(), other.id.clone()));
                }
            }
        }
    }
    for (key, properties) in edges {
        let types = schema.edge_types.iter();
        for edge_type in types.filter(|it| it.name == key.edge_type) {
            let allowed = |types: &[String], end: &String| {
                types.is_empty() || types.contains(&nodes[end].node_type)
            };
            if !allowed(&edge_type.from_types, &key.from)
                || !allowed(&edge_type.to_types, &key.to)
                || !fits(&edge_type.properties, properties)
            {
                misfits.push(Misfit::Edge(key.clone()));
            }
        }
    }
    misfits
}

fn fits(types: &[PropertyType], properties: &Properties) -> bool {
    types
        .iter()
        .all(|it| match (properties.get(&it.name), it.value_type) {
            (None, _) => !it.required,
            (Some(Value::String(_)), ValueType::String)
            | (Some(Value::Int(_)), ValueType::Int)
            | (Some(Value::Double(_)), ValueType::Double)
            | (Some(Value::Bool(_)), ValueType::Bool)
            | (Some(Value::Timestamp(_)), ValueType::Timestamp)
            | (Some(_), ValueType::Any) => true,
            _ => false,
        })
}
