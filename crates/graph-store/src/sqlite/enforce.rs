//! Holding writes to the schema: the graph must fit it after the call, so that a
//! call may pass through what does not.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::{fault, node, rules, statement};
use crate::{
    Change, EdgeKey, Error, Mutation, Node, Schema, fit,
    plan::{Plan, Stored},
};

const LEAVING: &str = "SELECT e.source, e.type, e.target, e.properties, s.type, t.type \
     FROM json_each(?1) AS wanted CROSS JOIN edge AS e ON e.source = wanted.value \
     CROSS JOIN node AS s ON s.id = e.source CROSS JOIN node AS t ON t.id = e.target";
const ENTERING: &str = "SELECT e.source, e.type, e.target, e.properties, s.type, t.type \
     FROM json_each(?1) AS wanted CROSS JOIN edge AS e ON e.target = wanted.value \
     CROSS JOIN node AS s ON s.id = e.source CROSS JOIN node AS t ON t.id = e.target";
const OWNERS: &str = "SELECT u.type, u.property, u.value, u.node \
     FROM json_each(?1) AS wanted CROSS JOIN unique_value AS u \
     ON u.type = wanted.value ->> 0 AND u.property = wanted.value ->> 1 \
     AND u.value = wanted.value ->> 2";
const FORGET_UNIQUE_OF: &str =
    "DELETE FROM unique_value WHERE node IN (SELECT value FROM json_each(?1))";

/// Checks what has just been written; the first mutation at fault is named.
pub(super) fn enforce(
    db: &Connection,
    plan: &Plan,
    stored: &Stored,
    mutations: &[Mutation],
    subject: impl Fn(usize) -> String,
) -> Result<(), Error> {
    let (schema, _) = rules::in_force(db)?;
    if schema.node_types.is_empty() && schema.edge_types.is_empty() {
        return Ok(());
    }
    let mut faults = nodes(&schema, plan, mutations);
    edges(db, &schema, plan, stored, mutations, &mut faults)?;
    unique(db, &schema, plan, mutations, &mut faults)?;
    match faults.into_iter().next() {
        None => Ok(()),
        Some((index, problem)) => Err(Error::FailedPrecondition {
            index,
            subject: subject(index),
            problem,
        }),
    }
}

/// By the index of the mutation at fault.
type Faults = BTreeMap<usize, String>;

/// The mutation that decided what the node is.
fn put_node(mutations: &[Mutation], id: &str) -> Option<usize> {
    let puts = |it: &Mutation| matches!(&it.change, Change::PutNode(node) if node.id == id);
    mutations.iter().rposition(puts)
}

fn nodes(schema: &Schema, plan: &Plan, mutations: &[Mutation]) -> Faults {
    let faults = plan.put_nodes.iter().filter_map(|node| {
        let problem = fit::node(schema, node)?;
        Some((put_node(mutations, &node.id)?, problem))
    });
    faults.collect()
}

fn edges(
    db: &Connection,
    schema: &Schema,
    plan: &Plan,
    stored: &Stored,
    mutations: &[Mutation],
    faults: &mut Faults,
) -> Result<(), Error> {
    if schema.edge_types.is_empty() {
        return Ok(());
    }
    let mut note = |key: &EdgeKey, problem: Option<String>| {
        let Some(problem) = problem else { return };
        let puts = |it: &Mutation| matches!(&it.change, Change::PutEdge(edge) if edge.key == *key);
        let put = mutations.iter().rposition(puts);
        let ends = [&key.from, &key.to].map(|id| put_node(mutations, id));
        let first = [put, ends[0], ends[1]].into_iter().flatten().min();
        faults.entry(first.unwrap_or(0)).or_insert(problem);
    };
    let put: BTreeMap<&str, &Node> = plan
        .put_nodes
        .iter()
        .map(|node| (node.id.as_str(), node))
        .collect();
    let type_of = |id: &String| {
        let node = put
            .get(id.as_str())
            .copied()
            .or_else(|| stored.nodes.get(id));
        node.map_or("", |node| node.node_type.as_str())
    };
    for edge in &plan.put_edges {
        let (from, to) = (type_of(&edge.key.from), type_of(&edge.key.to));
        note(&edge.key, fit::edge(schema, edge, from, to));
    }
    // A node of another type may not suit the edges that it has.
    let turned = plan.put_nodes.iter().filter(|node| {
        let before = stored.nodes.get(&node.id);
        before.is_some_and(|before| before.node_type != node.node_type)
    });
    let turned: Vec<_> = turned.map(|node| &node.id).collect();
    if turned.is_empty() {
        return Ok(());
    }
    let turned = node::json(&turned)?;
    for sql in [LEAVING, ENTERING] {
        statement::rows(db, sql, [&turned], |row| {
            let edge = node::read_edge(row)?;
            let end = |at| row.get::<_, String>(at).map_err(fault::error);
            note(&edge.key, fit::edge(schema, &edge, &end(4)?, &end(5)?));
            Ok(())
        })?;
    }
    Ok(())
}

fn unique(
    db: &Connection,
    schema: &Schema,
    plan: &Plan,
    mutations: &[Mutation],
    faults: &mut Faults,
) -> Result<(), Error> {
    let properties = &mut schema.node_types.iter().flat_map(|it| &it.properties);
    if !properties.any(|property| property.unique) {
        return Ok(());
    }
    let touched = plan.put_nodes.iter().map(|node| &node.id);
    let touched: BTreeSet<_> = touched.chain(&plan.drop_nodes).collect();
    statement::execute(db, FORGET_UNIQUE_OF, [node::json(&touched)?])?;
    let mut put: Vec<_> = plan.put_nodes.iter().collect();
    put.sort_by_key(|node| put_node(mutations, &node.id));
    let mut wanted = Vec::new();
    for node in put {
        for (property, value) in fit::unique(schema, node) {
            let value = rules::key(value)?;
            wanted.push((&node.node_type, property, value, &node.id));
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let mut owners: BTreeMap<(String, String, String), String> = BTreeMap::new();
    statement::rows(db, OWNERS, [node::json(&wanted)?], |row| {
        let column = |at| row.get::<_, String>(at).map_err(fault::error);
        owners.insert((column(0)?, column(1)?, column(2)?), column(3)?);
        Ok(())
    })?;
    for (node_type, property, value, id) in &wanted {
        let at = ((*node_type).clone(), (*property).to_owned(), value.clone());
        match owners.get(&at) {
            Some(owner) => {
                let index = put_node(mutations, id).unwrap_or(0);
                let shared = || rules::shared(property, owner);
                faults.entry(index).or_insert_with(shared);
            }
            None => drop(owners.insert(at, (*id).clone())),
        }
    }
    if faults.is_empty() {
        statement::batch(
            db,
            rules::KEEP_UNIQUE,
            wanted.iter(),
            |(kind, name, value, id)| (kind, name, value, id),
        )?;
    }
    Ok(())
}
