//! A graph in memory, on its way into the service: keyed as the service keys
//! it, and checked against the service's rules before any of it is sent.

use std::collections::{BTreeMap, HashMap};

pub(crate) use throughline_api::graph::v1::value::Kind;
use throughline_api::graph::v1::{Edge, Node, Value};

use super::Limits;
use crate::render::text::cut;

/// Properties by name.
pub(crate) type Properties = HashMap<String, Value>;

/// From, type, to.
pub(crate) type Key = (String, String, String);

/// Nodes by id and edges by key; the same thing put twice is there once.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Graph {
    pub(crate) nodes: BTreeMap<String, Node>,
    pub(crate) edges: BTreeMap<Key, Edge>,
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
        self.edges.insert(key(&edge), edge);
    }

    /// The end of the edge with this key that is not here.
    pub(crate) fn missing_end<'k>(&self, (from, _, to): &'k Key) -> Option<&'k str> {
        let mut ends = [from, to].into_iter();
        ends.find(|end| !self.nodes.contains_key(*end))
            .map(String::as_str)
    }

    /// The first thing in here that the service would refuse.
    pub(crate) fn check(&self, limits: &Limits) -> Result<(), String> {
        for node in self.nodes.values() {
            check_node(node, limits)?;
        }
        for (key, edge) in &self.edges {
            if let Some(end) = self.missing_end(key) {
                let (from, edge_type, to) = key;
                return Err(format!(
                    "the edge {from} {edge_type} {to} names `{end}`, which is not there"
                ));
            }
            check_edge(edge, limits)?;
        }
        Ok(())
    }
}

/// What an edge is known by.
pub(crate) fn key(edge: &Edge) -> Key {
    (edge.from.clone(), edge.r#type.clone(), edge.to.clone())
}

/// Why the service would refuse this node.
pub(crate) fn check_node(node: &Node, limits: &Limits) -> Result<(), String> {
    check_id(&node.id, limits)?;
    check_name("type", &node.r#type, limits)?;
    check_properties(&node.id, &node.properties, limits)
}

/// Why the service would refuse this edge, whether or not its nodes are there.
pub(crate) fn check_edge(edge: &Edge, limits: &Limits) -> Result<(), String> {
    check_id(&edge.from, limits)?;
    check_name("type", &edge.r#type, limits)?;
    check_id(&edge.to, limits)?;
    let name = format!("{} {} {}", edge.from, edge.r#type, edge.to);
    check_properties(&name, &edge.properties, limits)
}

fn check_id(id: &str, limits: &Limits) -> Result<(), String> {
    if id.is_empty() || id.len() > limits.id_bytes {
        let most = limits.id_bytes;
        let id = cut(id, 80);
        return Err(format!(
            "the id `{id}` is empty or has more than {most} bytes"
        ));
    }
    if id.chars().any(char::is_control) {
        return Err(format!("the id {id:?} has control characters"));
    }
    Ok(())
}

fn check_name(what: &str, name: &str, limits: &Limits) -> Result<(), String> {
    let mut chars = name.chars();
    let begins = chars.next().is_some_and(|c| c.is_ascii_alphabetic());
    let goes_on = chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
    if begins && goes_on && name.len() <= limits.name_bytes {
        return Ok(());
    }
    let most = limits.name_bytes;
    let name = cut(name, 80);
    Err(format!(
        "the {what} `{name}` is not an ASCII letter, then letters, digits and underscores, at most {most} bytes"
    ))
}

/// Why the service would refuse these properties of `owner`.
pub(crate) fn check_properties(
    owner: &str,
    properties: &Properties,
    limits: &Limits,
) -> Result<(), String> {
    if properties.len() > limits.properties {
        let most = limits.properties;
        return Err(format!("{owner} has more than {most} properties"));
    }
    let mut bytes = 0;
    for (name, value) in properties {
        check_name("property", name, limits)?;
        bytes += name.len();
        match &value.kind {
            Some(Kind::StringValue(text)) if text.len() > limits.text_bytes => {
                let most = limits.text_bytes;
                return Err(format!("{owner}: `{name}` has more than {most} bytes"));
            }
            Some(Kind::StringValue(text)) => bytes += text.len(),
            Some(Kind::DoubleValue(number)) if !number.is_finite() => {
                return Err(format!("{owner}: `{name}` is not finite"));
            }
            Some(_) => {}
            None => return Err(format!("{owner}: `{name}` has no value")),
        }
    }
    if bytes > limits.properties_bytes {
        let most = limits.properties_bytes;
        return Err(format!(
            "{owner}: names and texts have more than {most} bytes together"
        ));
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
        check(|g| g.node("a", "no-type", Properties::new()), Err("letter"));
        let odd = properties([("né", int(1))]);
        check(|g| g.node("a", "T", odd), Err("property `né`"));
        let infinite = Value {
            kind: Some(Kind::DoubleValue(f64::INFINITY)),
        };
        let infinite = properties([("n", infinite)]);
        check(|g| g.node("a", "T", infinite), Err("not finite"));
        let many = (0..257).map(|n| (format!("p{n}"), int(n))).collect();
        check(|g| g.node("a", "T", many), Err("256 properties"));
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
