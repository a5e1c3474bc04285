//! Values, nodes, edges, directions.

use std::collections::HashMap;

use throughline_api::graph::v1::{self as proto, value::Kind};
use throughline_graph_store::{
    Direction, Edge, EdgeKey, Error, Node, Properties, Timestamp, Value,
};

use crate::status::invalid;

pub(crate) fn node_from(field: &str, node: proto::Node) -> Result<Node, Error> {
    Ok(Node {
        id: node.id,
        node_type: node.r#type,
        properties: properties_from(field, node.properties)?,
        // Output only (AIP-203): what a caller sends is ignored.
        etag: String::new(),
    })
}

pub(crate) fn node_to(node: Node) -> proto::Node {
    proto::Node {
        id: node.id,
        r#type: node.node_type,
        properties: properties_to(node.properties),
        etag: node.etag,
    }
}

pub(crate) fn edge_from(field: &str, edge: proto::Edge) -> Result<Edge, Error> {
    let properties = properties_from(field, edge.properties)?;
    let key = EdgeKey::new(edge.from, edge.r#type, edge.to);
    Ok(Edge { key, properties })
}

pub(crate) fn edge_to(edge: Edge) -> proto::Edge {
    proto::Edge {
        from: edge.key.from,
        r#type: edge.key.edge_type,
        to: edge.key.to,
        properties: properties_to(edge.properties),
    }
}

pub(crate) fn direction_from(field: &str, direction: i32) -> Result<Direction, Error> {
    match proto::Direction::try_from(direction) {
        Ok(proto::Direction::Unspecified | proto::Direction::Out) => Ok(Direction::Out),
        Ok(proto::Direction::In) => Ok(Direction::In),
        Ok(proto::Direction::Both) => Ok(Direction::Both),
        Err(_) => Err(invalid(field, format!("there is no direction {direction}"))),
    }
}

/// A number of which a negative one makes no sense.
pub(crate) fn count_from(field: &str, count: i32) -> Result<usize, Error> {
    usize::try_from(count).map_err(|_| invalid(field, "it may not be negative"))
}

fn properties_from(
    field: &str,
    properties: HashMap<String, proto::Value>,
) -> Result<Properties, Error> {
    let value = |(name, value): (String, proto::Value)| {
        let value = match value.kind {
            Some(Kind::StringValue(text)) => Value::String(text),
            Some(Kind::IntValue(number)) => Value::Int(number),
            Some(Kind::DoubleValue(number)) => Value::Double(number),
            Some(Kind::BoolValue(truth)) => Value::Bool(truth),
            Some(Kind::TimestampValue(time)) => Value::Timestamp(Timestamp {
                seconds: time.seconds,
                nanos: time.nanos,
            }),
            None => {
                let field = format!("{field}.properties[{name:?}]");
                return Err(invalid(field, "it has no value: set exactly one kind"));
            }
        };
        Ok((name, value))
    };
    properties.into_iter().map(value).collect()
}

fn properties_to(properties: Properties) -> HashMap<String, proto::Value> {
    let value = |(name, value)| {
        let kind = match value {
            Value::String(text) => Kind::StringValue(text),
            Value::Int(number) => Kind::IntValue(number),
            Value::Double(number) => Kind::DoubleValue(number),
            Value::Bool(truth) => Kind::BoolValue(truth),
            Value::Timestamp(Timestamp { seconds, nanos }) => {
                Kind::TimestampValue(prost_types::Timestamp { seconds, nanos })
            }
        };
        (name, proto::Value { kind: Some(kind) })
    };
    properties.into_iter().map(value).collect()
}
