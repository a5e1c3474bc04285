//! The forms in which a graph leaves: N-Quads, JSON lines, GraphML, Graphviz.
//! Pure but for where it is written to.

mod dot;
mod graphml;
mod json;
mod nquads;

use std::collections::HashMap;
use std::io::{self, Write};

use clap::ValueEnum;
use throughline_api::graph::v1::{Edge, Node, Value};

/// A form of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Dgraph's N-Quads, with facets and language tags
    Nquads,
    /// JSON lines, one node or edge on each
    #[value(alias = "jsonl")]
    Json,
    /// GraphML, as Gephi, yEd and networkx read it
    Graphml,
    /// Graphviz, to be drawn by `dot`
    #[value(alias = "graphviz")]
    Dot,
}

/// Writes one form; nodes come before edges.
pub(crate) trait Writer {
    fn node(&mut self, node: &Node) -> io::Result<()>;
    fn edge(&mut self, edge: &Edge) -> io::Result<()>;
    /// Writes what comes after everything else.
    fn end(&mut self) -> io::Result<()>;
}

impl Format {
    /// A writer of this form to `out`.
    pub(crate) fn writer<'a>(self, out: impl Write + 'a) -> io::Result<Box<dyn Writer + 'a>> {
        Ok(match self {
            Self::Nquads => Box::new(nquads::Lines(out)),
            Self::Json => Box::new(json::Lines(out)),
            Self::Graphml => Box::new(graphml::Document::new(out)?),
            Self::Dot => Box::new(dot::Document::new(out)?),
        })
    }
}

/// Properties in order of name, so that the same graph is the same text.
fn sorted(properties: &HashMap<String, Value>) -> Vec<(&String, &Value)> {
    let mut sorted: Vec<_> = properties.iter().collect();
    sorted.sort_by_key(|(name, _)| *name);
    sorted
}

#[cfg(test)]
mod tests;
