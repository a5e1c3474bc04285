//! A graph in memory, on its way into the service: keyed as the service keys
//! it, and checked against the service's rules before any of it is sent.

use std::collections::{BTreeMap, HashMap};

use throughline_api::graph::v1::{Edge, Node, Value, value::Kind};

use super::Limits;

/// Properties by name.
pub(crate) type Properties = HashMap<String, Value>;

/// Nodes by id and edges by key; the same thing put twice is there once.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Graph {
    pub(crate) nodes: BTreeMap<String, Node>,
    pub(crate) edges: BTreeMap<(String, String, String), Edge>,
}

impl Graph {
    /// Puts a node; the first one put under an id stays.
    pub(crate) fn node(&mut self, id: &str, node_type: &str, properties: Properties) {
        self.nodes.entry(id.to_owned()).or_insert_with(|| Node {
            id: id.to_owned(),
            r#type: node_type.to_owned(),
            properties,
            etag: String::new(),
        });
    }

    /// Puts an edge in place of one with the same key.
    pub(crate) fn edge(&mut self, from: &str, edge_type: &str, to: &str, properties: Properties) {
        let edge = Edge {
            from: from.to_owned(),
            r#type: edge_type.to_owned(),
            to: to.to_owned(),
            properties,
        };
        let key = (edge.from.clone(), edge.r#type.clone(), edge.to.clone());
        self.edges.insert(key, edge);
    }

    /// The first thing in here that the service would refuse.
    pub(crate) fn check(&self, limits: &Limits) -> Result<(), String> {
        for (id, node) in &self.nodes {
            check_id(id, limits)?;
            check_properties(id, &node.properties, limits)?;
        }
        for ((from, edge_type, to), edge) in &self.edges {
            for end in [from, to] {
                if !self.nodes.contains_key(end) {
                    return Err(format!(
                        "the edge {from} {edge_type} {to} names `{end}`, which is not there"
                    ));
                }
            }
            let name = format!("{from} {edge_type} {to}");
            check_properties(&name, &edge.properties, limits)?;
        }
        Ok(())
    }
}

fn check_id(id: &str, limits: &Limits) -> Result<(), String> {
    if id.is_empty() || id.len() > limits.id_bytes {
        let most = limits.id_bytes;
        return Err(format!(
            "the id `{id}` is empty or has more than {most} bytes"
        ));
    }
    if id.chars().any(char::is_control) {
        return Err(format!("the id {id:?} has control characters"));
    }
    Ok(())
}

fn check_properties(owner: &str, properties: &Properties, limits: &Limits) -> Result<(), String> {
    for (name, value) in properties {
        if let Some(Kind::StringValue(text)) = &value.kind
            && text.len() > limits.text_bytes
        {
            let most = limits.text_bytes;
            return Err(format!("{owner}: `{name}` has more than {most} bytes"));
        }
    }
    Ok(())
}

/// A text value.
pub(crate) fn text(value: impl Into<String>) -> Value {
    Value {
        kind: Some(Kind::StringValue(value.into())),
    }
}

/// A truth value.
pub(crate) fn flag(value: bool) -> Value {
    Value {
        kind: Some(Kind::BoolValue(value)),
    }
}

/// A whole number.
pub(crate) fn int(value: i64) -> Value {
    Value {
        kind: Some(Kind::IntValue(value)),
    }
}

/// Properties from pairs.
pub(crate) fn properties<const N: usize>(pairs: [(&str, Value); N]) -> Properties {
    pairs
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(put: impl FnOnce(&mut Graph), expected: Result<(), &str>) {
        let mut graph = Graph::default();
        put(&mut graph);
        let found = graph.check(&Limits::default());
        match (found, expected) {
            (Ok(()), Ok(())) => {}
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (found, expected) => panic!("{found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn what_the_service_would_refuse_is_found_first() {
        check(|g| g.node("crate:a", "Crate", Properties::new()), Ok(()));
        check(
            |g| g.node("a\nb", "Crate", Properties::new()),
            Err("control"),
        );
        check(
            |g| g.node(&"x".repeat(513), "Crate", Properties::new()),
            Err("512"),
        );
        let long = properties([("description", text("x".repeat((1 << 20) + 1)))]);
        check(|g| g.node("a", "Crate", long), Err("`description`"));
        let dangling = |g: &mut Graph| {
            g.node("a", "Crate", Properties::new());
            g.edge("a", "DEPENDS_ON", "b", Properties::new());
        };
        check(dangling, Err("names `b`"));
    }

    #[test]
    fn the_same_key_is_there_once() {
        let mut graph = Graph::default();
        graph.node("a", "Crate", properties([("n", int(1))]));
        graph.node("a", "Crate", properties([("n", int(2))]));
        graph.edge("a", "T", "a", Properties::new());
        graph.edge("a", "T", "a", properties([("optional", flag(true))]));
        assert_eq!(graph.nodes["a"].properties["n"], int(1));
        assert_eq!(graph.edges.len(), 1);
        let key = ("a".to_owned(), "T".to_owned(), "a".to_owned());
        assert_eq!(graph.edges[&key].properties["optional"], flag(true));
    }
}
