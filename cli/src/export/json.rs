//! JSON lines: what `graph import --json FILE` reads.

use std::io::{self, Write};

use throughline_api::graph::v1::{Edge, Node};

use super::Writer;
use crate::json;

pub(super) struct Lines<W>(pub(super) W);

impl<W: Write> Writer for Lines<W> {
    fn node(&mut self, node: &Node) -> io::Result<()> {
        // An etag belongs to the place that it comes from.
        let node = Node {
            etag: String::new(),
            ..node.clone()
        };
        let line = json::brief("throughline.graph.v1.Node", &node).map_err(io::Error::other)?;
        writeln!(self.0, "{{\"node\":{line}}}")
    }

    fn edge(&mut self, edge: &Edge) -> io::Result<()> {
        let line = json::brief("throughline.graph.v1.Edge", edge).map_err(io::Error::other)?;
        writeln!(self.0, "{{\"edge\":{line}}}")
    }

    fn end(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
