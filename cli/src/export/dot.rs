//! Graphviz: `dot -Tsvg` draws it.

use std::io::{self, Write};

use throughline_api::graph::v1::{Edge, Node};

use super::Writer;

pub(super) struct Document<W>(W);

impl<W: Write> Document<W> {
    pub(super) fn new(mut out: W) -> io::Result<Self> {
        writeln!(
            out,
            "digraph throughline {{\n  rankdir=LR;\n  node [shape=box];"
        )?;
        Ok(Self(out))
    }
}

impl<W: Write> Writer for Document<W> {
    fn node(&mut self, node: &Node) -> io::Result<()> {
        let id = quoted(&node.id);
        let label = quoted(&format!("{}\n{}", node.id, node.r#type));
        writeln!(self.0, "  {id} [label={label}];")
    }

    fn edge(&mut self, edge: &Edge) -> io::Result<()> {
        let (from, to) = (quoted(&edge.from), quoted(&edge.to));
        writeln!(self.0, "  {from} -> {to} [label={}];", quoted(&edge.r#type))
    }

    fn end(&mut self) -> io::Result<()> {
        writeln!(self.0, "}}")?;
        self.0.flush()
    }
}

/// In quotes. A backslash stands for itself only when doubled, in labels.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", text.replace('\n', "\\n"))
}
