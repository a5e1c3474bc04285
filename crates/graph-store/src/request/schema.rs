//! What nodes and edges there may be.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{Error, Limits, check};

/// A schema. A type that is not listed is free.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Node types.
    pub node_types: Vec<NodeType>,
    /// Edge types.
    pub edge_types: Vec<EdgeType>,
    /// Changes with every change of the schema; not stored with it.
    #[serde(skip)]
    pub etag: String,
}

/// A type of nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeType {
    /// The type's name.
    pub name: String,
    /// Its properties.
    pub properties: Vec<PropertyType>,
    /// Whether properties that are not listed are refused.
    pub closed: bool,
}

/// A type of edges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeType {
    /// The type's name.
    pub name: String,
    /// The node types that it may leave; any if empty.
    pub from_types: Vec<String>,
    /// The node types that it may enter; any if empty.
    pub to_types: Vec<String>,
    /// Its properties; others are free.
    pub properties: Vec<PropertyType>,
}

/// A property of a type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyType {
    /// The property's name.
    pub name: String,
    /// Its value type.
    pub value_type: ValueType,
    /// Whether it must be there.
    pub required: bool,
    /// Whether no two nodes of the type may share a value.
    pub unique: bool,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ValueType {
    /// Any scalar.
    #[default]
    Any,
    /// Text.
    String,
    /// A signed integer.
    Int,
    /// A double.
    Double,
    /// A truth value.
    Bool,
    /// A point in time.
    Timestamp,
}

/// Asks for another schema to be put in force.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpdateSchema {
    /// The schema. If its etag is not empty, it must match.
    pub schema: Schema,
    /// Only check; change nothing.
    pub validate_only: bool,
}

impl UpdateSchema {
    /// Checks every field.
    pub fn check(&self, limits: &Limits) -> Result<(), Error> {
        let Schema {
            node_types,
            edge_types,
            ..
        } = &self.schema;
        check::count(
            "schema.node_types",
            node_types.len(),
            0,
            limits.schema_types,
        )?;
        check::count(
            "schema.edge_types",
            edge_types.len(),
            0,
            limits.schema_types,
        )?;
        let mut names = BTreeSet::new();
        for (index, node_type) in node_types.iter().enumerate() {
            let field = format!("schema.node_types[{index}]");
            named_once(&field, &node_type.name, &mut names, limits)?;
            properties(&field, &node_type.properties, true, limits)?;
        }
        let mut names = BTreeSet::new();
        for (index, edge_type) in edge_types.iter().enumerate() {
            let field = format!("schema.edge_types[{index}]");
            named_once(&field, &edge_type.name, &mut names, limits)?;
            check::types(
                &format!("{field}.from_types"),
                &edge_type.from_types,
                limits,
            )?;
            check::types(&format!("{field}.to_types"), &edge_type.to_types, limits)?;
            properties(&field, &edge_type.properties, false, limits)?;
        }
        Ok(())
    }
}

fn named_once<'a>(
    field: &str,
    name: &'a str,
    names: &mut BTreeSet<&'a str>,
    limits: &Limits,
) -> Result<(), Error> {
    let field = format!("{field}.name");
    check::name(&field, name, limits)?;
    if !names.insert(name) {
        return Err(Error::invalid(field, format!("{name:?} is there twice")));
    }
    Ok(())
}

fn properties(
    field: &str,
    properties: &[PropertyType],
    of_nodes: bool,
    limits: &Limits,
) -> Result<(), Error> {
    let field = format!("{field}.properties");
    check::count(&field, properties.len(), 0, limits.properties)?;
    let mut names = BTreeSet::new();
    for (index, property) in properties.iter().enumerate() {
        let field = format!("{field}[{index}]");
        named_once(&field, &property.name, &mut names, limits)?;
        if property.unique && !of_nodes {
            let problem = "only a property of nodes can be unique";
            return Err(Error::invalid(format!("{field}.unique"), problem));
        }
    }
    Ok(())
}
