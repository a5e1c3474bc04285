//! Dgraph's N-Quads, with facets and language tags, as a graph. Pure.
//!
//! | in the file | in the graph |
//! | --- | --- |
//! | `<0x1>`, `_:b`, `<any iri>` | the node `0x1`, `_:b`, `any iri` |
//! | `<0x1> <dgraph.type> "Film" .` | its type; without one it is `Node` |
//! | `<0x1> <name> "Up" .` | the property `name` |
//! | `<0x1> <name> "Là-haut"@fr .` | the property `name__fr` |
//! | `<0x1> <name> "Up" (origin="disc") .` | the properties `name` and `name__facet_origin` |
//! | a second value of one predicate | the property `name__2` |
//! | `<0x1> <genre> <0x2> (weight=0.5) .` | an edge, its facets as properties |
//!
//! A predicate that is no name here is made one: what it may not hold becomes
//! an underscore, and of an address only the last part is kept. Labels of other
//! graphs (`<0x0>` before the full stop) are left out.

mod facet;
mod names;
mod quad;
mod scanner;

use std::io::BufRead;

use throughline_api::graph::v1::Value;

pub(crate) use self::quad::is_language;

use self::names::Names;
use self::quad::{Object, Quad};
use super::Limits;
use super::assembly::Fault;
use super::bytes;
use super::graph::{self, Graph, Properties, text};

/// What a node is whose type the file does not say.
const UNTYPED: &str = "Node";

/// The graph that the quads of `input` make.
pub(crate) fn read(input: impl BufRead, limits: &Limits) -> Result<Graph, Fault> {
    let mut reader = Reader {
        limits,
        graph: Graph::default(),
        names: Names::new(limits),
    };
    bytes::lines(input, limits, |number, line| {
        let quad = quad::parse(line).map_err(|why| Fault::new(number, why))?;
        match quad {
            Some(quad) => reader.put(quad).map_err(|why| Fault::new(number, why)),
            None => Ok(()),
        }
    })?;
    reader.finish()
}

struct Reader<'a> {
    limits: &'a Limits,
    graph: Graph,
    names: Names<'a>,
}

impl Reader<'_> {
    fn put(&mut self, quad: Quad) -> Result<(), String> {
        if self.graph.nodes.len() + self.graph.edges.len() >= self.limits.items {
            return Err(format!(
                "there are more than {} nodes and edges",
                self.limits.items
            ));
        }
        self.node(&quad.subject)?;
        match quad.object {
            Object::Node(to) => {
                self.node(&to)?;
                let edge_type = self.names.of(&quad.predicate)?;
                let mut about = Properties::new();
                for (name, value) in quad.facets {
                    about.insert(self.names.of(&name)?, value);
                }
                self.graph.edge(&quad.subject, &edge_type, &to, about);
                let key = (quad.subject, edge_type, to);
                graph::check_edge(&self.graph.edges[&key], self.limits)
            }
            Object::Value { value, language } if quad.predicate == "dgraph.type" => {
                let _ = language;
                self.typed(&quad.subject, value)
            }
            Object::Value { value, language } => {
                let mut name = self.names.of(&quad.predicate)?;
                if let Some(language) = language {
                    name = format!("{name}__{}", language.replace('-', "_"));
                }
                self.property(&quad.subject, name, value, quad.facets)
            }
        }
    }

    fn node(&mut self, id: &str) -> Result<(), String> {
        if self.graph.nodes.contains_key(id) {
            return Ok(());
        }
        // Its type is not known yet; all else about it is checked as it comes.
        self.graph.node(id, "", Properties::new());
        let mut typed = self.graph.nodes[id].clone();
        typed.r#type = UNTYPED.to_owned();
        graph::check_node(&typed, self.limits)
    }

    /// A node has one type here: the first; further ones become properties.
    fn typed(&mut self, id: &str, value: Value) -> Result<(), String> {
        let Some(graph::Kind::StringValue(name)) = &value.kind else {
            return Err("a type is a text".to_owned());
        };
        let name = self.names.of(name)?;
        match self.graph.nodes.get_mut(id) {
            Some(node) if node.r#type.is_empty() => {
                node.r#type = name;
                Ok(())
            }
            Some(node) if node.r#type == name => Ok(()),
            _ => self.property(id, "type".to_owned(), text(name), Vec::new()),
        }
    }

    fn property(
        &mut self,
        id: &str,
        name: String,
        value: Value,
        facets: Vec<(String, Value)>,
    ) -> Result<(), String> {
        let facets = facets.into_iter().map(|(facet, value)| {
            let facet = self.names.of(&facet)?;
            Ok((format!("__facet_{facet}"), value))
        });
        let facets = facets.collect::<Result<Vec<_>, String>>()?;
        let Some(node) = self.graph.nodes.get_mut(id) else {
            return Ok(());
        };
        let about = &mut node.properties;
        let mut free = name.clone();
        let mut count = 1;
        while let Some(there) = about.get(&free) {
            if *there == value {
                return Ok(());
            }
            count += 1;
            free = format!("{name}__{count}");
        }
        let mut new = Properties::from([(free.clone(), value)]);
        new.extend(
            facets
                .into_iter()
                .map(|(facet, value)| (free.clone() + &facet, value)),
        );
        graph::check_properties(id, &new, self.limits)?;
        about.extend(new);
        if about.len() > self.limits.properties {
            return Err(format!(
                "`{id}` has more than {} properties",
                self.limits.properties
            ));
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Graph, Fault> {
        for node in self.graph.nodes.values_mut() {
            if node.r#type.is_empty() {
                node.r#type = UNTYPED.to_owned();
            }
        }
        self.graph
            .check(self.limits)
            .map_err(|why| Fault::new(0, why))?;
        Ok(self.graph)
    }
}

#[cfg(test)]
mod tests;
