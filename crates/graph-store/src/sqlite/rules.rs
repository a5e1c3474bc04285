//! The graph's schema: what is in force, and putting another in force.

use std::{collections::BTreeMap, ops::ControlFlow};

use rusqlite::Connection;

use super::{caller::Caller, fault, mutate, node, statement};
pub(super) use crate::fit::{key, shared};
use crate::{EdgeType, Error, Limits, NodeType, Schema, UpdateSchema, Violation, fit, plan};

const IN_FORCE: &str = "SELECT schema, revision FROM graph_schema";
const PUT_IN_FORCE: &str = "UPDATE graph_schema SET schema = ?1, revision = ?2";
const NODES: &str = "SELECT id, type, properties, revision FROM node WHERE type = ?1 ORDER BY id";
/// No index serves a type of edges: this reads all of them, once for a change of schema.
const EDGES: &str = "SELECT e.source, e.type, e.target, e.properties, s.type, t.type \
     FROM edge AS e CROSS JOIN node AS s ON s.id = e.source \
     CROSS JOIN node AS t ON t.id = e.target \
     WHERE e.type IN (SELECT value FROM json_each(?1)) ORDER BY e.source, e.type, e.target";
const FORGET_UNIQUE: &str = "DELETE FROM unique_value WHERE type = ?1";
pub(super) const KEEP_UNIQUE: &str =
    "INSERT INTO unique_value (type, property, value, node) VALUES (?1, ?2, ?3, ?4)";

/// The schema in force and its revision.
pub(super) fn in_force(db: &Connection) -> Result<(Schema, u64), Error> {
    let found = statement::rows(db, IN_FORCE, [], |row| {
        let schema: String = row.get(0).map_err(fault::error)?;
        Ok((schema, row.get::<_, u64>(1).map_err(fault::error)?))
    })?;
    let Some((schema, revision)) = found.into_iter().next() else {
        return Ok((Schema::default(), 0));
    };
    let schema: Schema = serde_json::from_str(&schema).map_err(|error| Error::Unavailable {
        reason: crate::Unavailable::Corrupt,
        message: format!("schema: {error}"),
    })?;
    let etag = plan::etag(revision);
    Ok((Schema { etag, ..schema }, revision))
}

pub(super) fn update(
    db: &Connection,
    caller: &Caller,
    request: &UpdateSchema,
    limits: &Limits,
) -> Result<Schema, Error> {
    let mut rehearsed = None;
    let done = mutate::transaction(db, caller, || {
        let schema = replace(db, &request.schema, limits)?;
        if request.validate_only {
            rehearsed = Some(schema);
            // Rolls back; this error goes nowhere.
            return Err(Error::Internal("a rehearsal".to_owned()));
        }
        Ok(schema)
    });
    rehearsed.map_or(done, Ok)
}

fn replace(db: &Connection, wanted: &Schema, limits: &Limits) -> Result<Schema, Error> {
    let (old, revision) = in_force(db)?;
    if !wanted.etag.is_empty() && wanted.etag != old.etag {
        return Err(Error::Aborted {
            index: 0,
            subject: "schema".to_owned(),
            problem: format!("the schema has been changed: its etag is {:?}", old.etag),
        });
    }
    if (&wanted.node_types, &wanted.edge_types) == (&old.node_types, &old.edge_types) {
        return Ok(old);
    }
    let mut check = Check {
        db,
        schema: wanted,
        violations: Vec::new(),
        most: limits.schema_violations,
    };
    let changed = |name: &str, one: &[NodeType], other: &[NodeType]| {
        let of = |types: &[NodeType]| types.iter().find(|it| it.name == name).cloned();
        of(one) != of(other)
    };
    for gone in &old.node_types {
        if changed(&gone.name, &old.node_types, &wanted.node_types) {
            statement::execute(db, FORGET_UNIQUE, [&gone.name])?;
        }
    }
    for node_type in &wanted.node_types {
        if changed(&node_type.name, &old.node_types, &wanted.node_types) {
            check.nodes(node_type)?;
        }
    }
    let edge_types = wanted.edge_types.iter();
    let edge_types: Vec<_> = edge_types
        .filter(|it| !old.edge_types.contains(it))
        .collect();
    if !edge_types.is_empty() {
        check.edges(&edge_types)?;
    }
    if !check.violations.is_empty() {
        let violations = check.violations;
        return Err(Error::Unfit { violations });
    }
    let revision = revision + 1;
    statement::execute(db, PUT_IN_FORCE, (node::json(wanted)?, revision))?;
    Ok(Schema {
        etag: plan::etag(revision),
        ..wanted.clone()
    })
}

/// What is there, against another schema.
struct Check<'a> {
    db: &'a Connection,
    schema: &'a Schema,
    violations: Vec<Violation>,
    most: usize,
}

impl Check<'_> {
    fn nodes(&mut self, node_type: &NodeType) -> Result<(), Error> {
        let mut owners: BTreeMap<(String, String), String> = BTreeMap::new();
        statement::visit(self.db, NODES, [&node_type.name], |row| {
            let node = node::read_node(row)?;
            let mut problem = fit::node(self.schema, &node);
            for (property, value) in fit::unique(self.schema, &node) {
                let at = (property.to_owned(), key(value)?);
                match owners.get(&at) {
                    Some(owner) => {
                        problem = problem.or_else(|| Some(shared(property, owner)));
                    }
                    None => drop(owners.insert(at, node.id.clone())),
                }
            }
            Ok(self.note(format!("node {:?}", node.id), problem))
        })?;
        if !self.violations.is_empty() {
            return Ok(());
        }
        let owners = owners.iter();
        statement::batch(self.db, KEEP_UNIQUE, owners, |((property, value), node)| {
            (&node_type.name, property, value, node)
        })
    }

    fn edges(&mut self, edge_types: &[&EdgeType]) -> Result<(), Error> {
        let names: Vec<_> = edge_types.iter().map(|it| &it.name).collect();
        statement::visit(self.db, EDGES, [node::json(&names)?], |row| {
            let edge = node::read_edge(row)?;
            let end = |at| row.get::<_, String>(at).map_err(fault::error);
            let problem = fit::edge(self.schema, &edge, &end(4)?, &end(5)?);
            let key = &edge.key;
            let subject = format!("edge {:?} -[{}]-> {:?}", key.from, key.edge_type, key.to);
            Ok(self.note(subject, problem))
        })
    }

    fn note(&mut self, subject: String, problem: Option<String>) -> ControlFlow<()> {
        if let Some(problem) = problem {
            if self.violations.len() >= self.most {
                return ControlFlow::Break(());
            }
            self.violations.push(Violation { subject, problem });
        }
        ControlFlow::Continue(())
    }
}
