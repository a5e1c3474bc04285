//! GetSchema and UpdateSchema.

use throughline_api::graph::v1 as proto;
use throughline_graph_store::{
    EdgeType, Error, NodeType, PropertyType, Schema, UpdateSchema, ValueType,
};

use crate::status::invalid;

pub(crate) fn update_schema_from(
    request: proto::UpdateSchemaRequest,
) -> Result<UpdateSchema, Error> {
    let schema = request.schema;
    let schema = schema.ok_or_else(|| invalid("schema", "it is required"))?;
    let nodes = schema.node_types.into_iter().enumerate();
    let node_types = nodes.map(|(index, it)| {
        let properties = format!("schema.node_types[{index}].properties");
        Ok(NodeType {
            name: it.name,
            properties: properties_from(&properties, it.properties)?,
            closed: it.closed,
        })
    });
    let edges = schema.edge_types.into_iter().enumerate();
    let edge_types = edges.map(|(index, it)| {
        let properties = format!("schema.edge_types[{index}].properties");
        Ok(EdgeType {
            name: it.name,
            from_types: it.from_types,
            to_types: it.to_types,
            properties: properties_from(&properties, it.properties)?,
        })
    });
    Ok(UpdateSchema {
        schema: Schema {
            node_types: node_types.collect::<Result<_, Error>>()?,
            edge_types: edge_types.collect::<Result<_, Error>>()?,
            etag: schema.etag,
        },
        validate_only: request.validate_only,
    })
}

fn properties_from(
    field: &str,
    properties: Vec<proto::PropertyType>,
) -> Result<Vec<PropertyType>, Error> {
    let property = |(index, it): (usize, proto::PropertyType)| {
        let value_type = match proto::ValueType::try_from(it.value_type) {
            Ok(proto::ValueType::Unspecified) => ValueType::Any,
            Ok(proto::ValueType::String) => ValueType::String,
            Ok(proto::ValueType::Int) => ValueType::Int,
            Ok(proto::ValueType::Double) => ValueType::Double,
            Ok(proto::ValueType::Bool) => ValueType::Bool,
            Ok(proto::ValueType::Timestamp) => ValueType::Timestamp,
            Err(_) => {
                let problem = format!("there is no value type {}", it.value_type);
                return Err(invalid(format!("{field}[{index}].value_type"), problem));
            }
        };
        Ok(PropertyType {
            name: it.name,
            value_type,
            required: it.required,
            unique: it.unique,
        })
    };
    properties.into_iter().enumerate().map(property).collect()
}

pub(crate) fn schema_to(schema: Schema) -> proto::Schema {
    let node_types = schema.node_types.into_iter().map(|it| proto::NodeType {
        name: it.name,
        properties: properties_to(it.properties),
        closed: it.closed,
    });
    let edge_types = schema.edge_types.into_iter().map(|it| proto::EdgeType {
        name: it.name,
        from_types: it.from_types,
        to_types: it.to_types,
        properties: properties_to(it.properties),
    });
    proto::Schema {
        node_types: node_types.collect(),
        edge_types: edge_types.collect(),
        etag: schema.etag,
    }
}

fn properties_to(properties: Vec<PropertyType>) -> Vec<proto::PropertyType> {
    let property = |it: PropertyType| {
        let value_type = match it.value_type {
            ValueType::Any => proto::ValueType::Unspecified,
            ValueType::String => proto::ValueType::String,
            ValueType::Int => proto::ValueType::Int,
            ValueType::Double => proto::ValueType::Double,
            ValueType::Bool => proto::ValueType::Bool,
            ValueType::Timestamp => proto::ValueType::Timestamp,
        };
        proto::PropertyType {
            name: it.name,
            value_type: value_type.into(),
            required: it.required,
            unique: it.unique,
        }
    };
    properties.into_iter().map(property).collect()
}
