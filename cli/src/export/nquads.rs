//! N-Quads: what `graph import --rdf FILE` reads, and Dgraph.

use std::io::{self, Write};

use throughline_api::graph::v1::{Edge, Node, Value, value::Kind};

use super::{Writer, sorted};
use crate::import::is_language;

pub(super) struct Lines<W>(pub(super) W);

impl<W: Write> Writer for Lines<W> {
    fn node(&mut self, node: &Node) -> io::Result<()> {
        let subject = iri(&node.id);
        writeln!(self.0, "{subject} <dgraph.type> {} .", quoted(&node.r#type))?;
        for (name, value) in sorted(&node.properties) {
            if facet(node, name).is_some() {
                continue;
            }
            let prefix = format!("{name}__facet_");
            let of_this = sorted(&node.properties).into_iter();
            let of_this = of_this
                .filter(|(other, _)| facet(node, other).is_some_and(|(base, _)| base == name));
            let facets = facets(of_this.map(|(other, value)| (&other[prefix.len()..], value)));
            let (predicate, object) = match (&value.kind, language(name)) {
                (Some(Kind::StringValue(text)), Some((base, language))) => {
                    (base, format!("{}@{language}", quoted(text)))
                }
                _ => (name.as_str(), literal(value)),
            };
            writeln!(self.0, "{subject} <{predicate}> {object}{facets} .")?;
        }
        Ok(())
    }

    fn edge(&mut self, edge: &Edge) -> io::Result<()> {
        let (from, to) = (iri(&edge.from), iri(&edge.to));
        let about = sorted(&edge.properties).into_iter();
        let facets = facets(about.map(|(name, value)| (name.as_str(), value)));
        writeln!(self.0, "{from} <{}> {to}{facets} .", edge.r#type)
    }

    fn end(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// `name` and `origin` of `name__facet_origin`, if `name` is there to have it.
fn facet<'a>(node: &Node, name: &'a str) -> Option<(&'a str, &'a str)> {
    let (base, facet) = name.split_once("__facet_")?;
    let is_name = facet.starts_with(|c: char| c.is_ascii_alphabetic());
    (is_name && node.properties.contains_key(base)).then_some((base, facet))
}

/// `name` and `zh-Hans` of `name__zh_Hans`.
fn language(name: &str) -> Option<(&str, String)> {
    let (base, language) = name.rsplit_once("__")?;
    let language = language.replace('_', "-");
    (!base.is_empty() && is_language(&language)).then_some((base, language))
}

fn facets<'a>(facets: impl Iterator<Item = (&'a str, &'a Value)>) -> String {
    let facets: Vec<_> = facets
        .map(|(name, value)| match &value.kind {
            Some(Kind::StringValue(text)) => format!("{name}={}", quoted(text)),
            _ => format!("{name}={}", plain(value)),
        })
        .collect();
    match facets.is_empty() {
        true => String::new(),
        false => format!(" ({})", facets.join(", ")),
    }
}

fn literal(value: &Value) -> String {
    let datatype = match &value.kind {
        Some(Kind::StringValue(text)) => return quoted(text),
        Some(Kind::IntValue(_)) => "int",
        Some(Kind::DoubleValue(_)) => "double",
        Some(Kind::BoolValue(_)) => "boolean",
        Some(Kind::TimestampValue(_)) => "dateTime",
        None => return "\"\"".to_owned(),
    };
    format!("\"{}\"^^<xs:{datatype}>", plain(value))
}

fn plain(value: &Value) -> String {
    match &value.kind {
        // With its point, so that it is read as what it was.
        Some(Kind::DoubleValue(number)) => format!("{number:?}"),
        Some(Kind::IntValue(number)) => number.to_string(),
        Some(Kind::BoolValue(truth)) => truth.to_string(),
        Some(Kind::TimestampValue(at)) => at.to_string(),
        Some(Kind::StringValue(text)) => text.clone(),
        None => String::new(),
    }
}

fn iri(id: &str) -> String {
    let mut text = String::from("<");
    for c in id.chars() {
        match c {
            c if c <= ' ' || "<>\"{}|^`\\".contains(c) => {
                text += &format!("\\u{:04X}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text + ">"
}

fn quoted(content: &str) -> String {
    let mut text = String::from("\"");
    for c in content.chars() {
        match c {
            '"' => text += "\\\"",
            '\\' => text += "\\\\",
            '\n' => text += "\\n",
            '\r' => text += "\\r",
            '\t' => text += "\\t",
            c if c.is_control() => text += &format!("\\u{:04X}", u32::from(c)),
            c => text.push(c),
        }
    }
    text + "\""
}
