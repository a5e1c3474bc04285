//! GraphML. Its head declares every property, which are known only at the
//! end: until then the body lies in a nameless file.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Seek as _, Write};

use throughline_api::graph::v1::{Edge, Node, Value, value::Kind};

use super::{Writer, sorted};
use std::collections::HashMap;

pub(super) struct Document<W> {
    out: W,
    body: BufWriter<File>,
    /// Of what (`node`, `edge`), name, type.
    keys: BTreeSet<(&'static str, String, &'static str)>,
    edges: u64,
}

impl<W: Write> Document<W> {
    pub(super) fn new(out: W) -> io::Result<Self> {
        Ok(Self {
            out,
            body: BufWriter::new(tempfile::tempfile()?),
            keys: BTreeSet::new(),
            edges: 0,
        })
    }

    fn data(
        &mut self,
        of: &'static str,
        type_name: &str,
        properties: &HashMap<String, Value>,
    ) -> io::Result<()> {
        // Not `type`: a property may be called so.
        self.datum(of, ":type", "string", type_name)?;
        for (name, value) in sorted(properties) {
            let (kind, text) = match &value.kind {
                Some(Kind::StringValue(text)) => ("string", text.clone()),
                Some(Kind::IntValue(number)) => ("long", number.to_string()),
                Some(Kind::DoubleValue(number)) => ("double", format!("{number:?}")),
                Some(Kind::BoolValue(truth)) => ("boolean", truth.to_string()),
                Some(Kind::TimestampValue(at)) => ("string", at.to_string()),
                None => continue,
            };
            self.datum(of, name, kind, &text)?;
        }
        Ok(())
    }

    fn datum(
        &mut self,
        of: &'static str,
        name: &str,
        kind: &'static str,
        text: &str,
    ) -> io::Result<()> {
        self.keys.insert((of, name.to_owned(), kind));
        let key = key(of, name, kind);
        writeln!(
            self.body,
            "      <data key=\"{key}\">{}</data>",
            escaped(text)
        )
    }
}

impl<W: Write> Writer for Document<W> {
    fn node(&mut self, node: &Node) -> io::Result<()> {
        writeln!(self.body, "    <node id=\"{}\">", escaped(&node.id))?;
        self.data("node", &node.r#type, &node.properties)?;
        writeln!(self.body, "    </node>")
    }

    fn edge(&mut self, edge: &Edge) -> io::Result<()> {
        let (from, to) = (escaped(&edge.from), escaped(&edge.to));
        self.edges += 1;
        let id = self.edges;
        writeln!(
            self.body,
            "    <edge id=\"e{id}\" source=\"{from}\" target=\"{to}\">"
        )?;
        self.data("edge", &edge.r#type, &edge.properties)?;
        writeln!(self.body, "    </edge>")
    }

    fn end(&mut self) -> io::Result<()> {
        let out = &mut self.out;
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        writeln!(
            out,
            "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">"
        )?;
        for (of, name, kind) in &self.keys {
            let id = key(of, name, kind);
            let name = name.trim_start_matches(':');
            writeln!(
                out,
                "  <key id=\"{id}\" for=\"{of}\" attr.name=\"{name}\" attr.type=\"{kind}\"/>"
            )?;
        }
        writeln!(out, "  <graph edgedefault=\"directed\">")?;
        self.body.flush()?;
        let body = self.body.get_mut();
        body.rewind()?;
        io::copy(body, out)?;
        writeln!(out, "  </graph>\n</graphml>")?;
        out.flush()
    }
}

/// Names are letters, digits and underscores, so a point divides them.
fn key(of: &str, name: &str, kind: &str) -> String {
    format!("{of}.{}.{kind}", name.replace(':', "."))
}

/// What XML cannot hold at all is replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\n' => escaped += "&#10;",
            '\t' => escaped += "&#9;",
            '\r' => escaped += "&#13;",
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c if c < ' ' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
