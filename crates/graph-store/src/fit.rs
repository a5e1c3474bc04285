//! Whether a node or an edge fits a schema.
//!
//! Pure: looks at one thing at a time; uniqueness is left to the backend.

use sha2::{Digest as _, Sha256};

use crate::{Edge, Error, Node, Properties, PropertyType, Schema, Value, ValueType, codec};

/// What keeps a node from fitting, if anything does.
pub(crate) fn node(schema: &Schema, node: &Node) -> Option<String> {
    let types = &mut schema.node_types.iter();
    let node_type = types.find(|it| it.name == node.node_type)?;
    let of = format!("a {}", node_type.name);
    properties(&of, &node_type.properties, &node.properties).or_else(|| {
        let listed = |name: &str| node_type.properties.iter().any(|it| it.name == name);
        let mut names = node.properties.keys();
        let extra = names.find(|name| node_type.closed && !listed(name))?;
        Some(format!(
            "{of} has no property {extra}, and its type is closed"
        ))
    })
}

/// What keeps an edge between nodes of these types from fitting, if anything does.
pub(crate) fn edge(schema: &Schema, edge: &Edge, from: &str, to: &str) -> Option<String> {
    let types = &mut schema.edge_types.iter();
    let edge_type = types.find(|it| it.name == edge.key.edge_type)?;
    let name = &edge_type.name;
    for (verb, end, allowed) in [
        ("leave", from, &edge_type.from_types),
        ("enter", to, &edge_type.to_types),
    ] {
        if !allowed.is_empty() && !allowed.iter().any(|it| it == end) {
            let allowed = allowed.join(", ");
            return Some(format!("a {name} may not {verb} a {end}, only {allowed}"));
        }
    }
    properties(
        &format!("a {name}"),
        &edge_type.properties,
        &edge.properties,
    )
}

fn properties(of: &str, types: &[PropertyType], properties: &Properties) -> Option<String> {
    types.iter().find_map(|property| {
        let name = &property.name;
        match properties.get(name) {
            None if property.required => Some(format!("{of} must have a property {name}")),
            None => None,
            Some(value) if is(value, property.value_type) => None,
            Some(_) => {
                let wanted = format!("{:?}", property.value_type).to_lowercase();
                Some(format!(
                    "the property {name} of {of} must be of the type {wanted}"
                ))
            }
        }
    })
}

fn is(value: &Value, value_type: ValueType) -> bool {
    match value_type {
        ValueType::Any => true,
        ValueType::String => matches!(value, Value::String(_)),
        ValueType::Int => matches!(value, Value::Int(_)),
        ValueType::Double => matches!(value, Value::Double(_)),
        ValueType::Bool => matches!(value, Value::Bool(_)),
        ValueType::Timestamp => matches!(value, Value::Timestamp(_)),
    }
}

/// The unique values of a node, by property.
pub(crate) fn unique<'a>(
    schema: &'a Schema,
    node: &'a Node,
) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let types = schema.node_types.iter();
    let types = types.filter(|it| it.name == node.node_type);
    let properties = types.flat_map(|it| &it.properties).filter(|it| it.unique);
    properties.filter_map(|it| Some((it.name.as_str(), node.properties.get(&it.name)?)))
}

/// Longer values are kept by their digest.
const VALUE_BYTES: usize = 128;

/// That a unique value is taken.
pub(crate) fn shared(property: &str, owner: &str) -> String {
    format!("its {property} is unique, and the node {owner:?} has the same")
}

/// A value as unique values are kept.
pub(crate) fn key(value: &Value) -> Result<String, Error> {
    let json = codec::encode_one(value)?;
    Ok(match json.len() <= VALUE_BYTES {
        true => json,
        // No JSON begins like that.
        false => format!("#{:x}", Sha256::digest(json)),
    })
}
