//! Nodes, values and paths as text. Pure.

use std::fmt::Write as _;

use throughline_api::graph::v1::{Edge, Node, Value, value::Kind};

use crate::render::Canvas;
use crate::render::palette::paint;
use crate::render::text::{clean, cut};

/// A value as a person reads it.
pub(crate) fn value(value: &Value) -> String {
    match &value.kind {
        Some(Kind::StringValue(text)) => clean(text),
        Some(Kind::IntValue(number)) => number.to_string(),
        Some(Kind::DoubleValue(number)) => number.to_string(),
        Some(Kind::BoolValue(truth)) => truth.to_string(),
        Some(Kind::TimestampValue(at)) => at.to_string(),
        None => "-".to_owned(),
    }
}

/// A longer value stands after the others.
const SHORT: usize = 24;

/// Properties in order of name: `kind: normal, req: ^1`. What is empty or false
/// says nothing and is left out.
pub(crate) fn brief(properties: &std::collections::HashMap<String, Value>) -> String {
    let mut pairs: Vec<_> = properties
        .iter()
        .map(|(name, of)| (name, value(of)))
        .filter(|(_, of)| !of.is_empty() && of != "false")
        .collect();
    pairs.sort_by_key(|(name, of)| (of.len() > SHORT, *name));
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|(name, of)| format!("{}: {of}", clean(name)))
        .collect();
    pairs.join(", ")
}

/// The step along an edge to `far`; one against its direction is drawn so.
pub(crate) fn step(edge: &Edge, far: &str) -> String {
    let name = clean(&edge.r#type);
    match edge.to == far {
        true => format!("{name} ─▶ "),
        false => format!("◀─ {name} ─ "),
    }
}

/// What is said of an edge, in brackets, if there is anything.
pub(crate) fn about(edge: &Edge) -> String {
    match brief(&edge.properties) {
        about if about.is_empty() => about,
        about => format!("  ({about})"),
    }
}

/// All properties of a node, one on a line.
pub(crate) fn properties(node: &Node, canvas: &Canvas) -> String {
    let mut names: Vec<_> = node.properties.iter().collect();
    names.sort_by_key(|(name, _)| *name);
    let widest = names.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, of) in names {
        let room = canvas
            .width
            .map_or(usize::MAX, |width| width.saturating_sub(widest + 4));
        let name = paint(
            canvas.palette.faint(),
            format_args!("{:widest$}", clean(name)),
        );
        let _ = writeln!(text, "  {name}  {}", cut(&value(of), room));
    }
    text
}

/// A path as a chain: each node one step further in.
pub(crate) fn path(nodes: &[Node], edges: &[Edge], canvas: &Canvas) -> String {
    let palette = canvas.palette;
    let mut text = String::new();
    for (index, node) in nodes.iter().enumerate() {
        let id = paint(palette.strong(), clean(&node.id));
        let Some(edge) = index.checked_sub(1).and_then(|before| edges.get(before)) else {
            let _ = writeln!(text, "{id}");
            continue;
        };
        let indent = "   ".repeat(index - 1);
        // As it always was: the arrow begins at the corner.
        let step = match edge.to == node.id {
            true => format!("─ {}", step(edge, &node.id)),
            false => step(edge, &node.id),
        };
        let step = paint(palette.faint(), format_args!("{indent}└{step}"));
        let about = paint(palette.faint(), about(edge));
        let _ = writeln!(text, "{step}{id}{about}");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    fn node(id: &str) -> Node {
        Node {
            id: id.into(),
            ..Default::default()
        }
    }

    fn edge(from: &str, to: &str, properties: &[(&str, Kind)]) -> Edge {
        let pair = |(name, kind): &(&str, Kind)| {
            (
                (*name).to_owned(),
                Value {
                    kind: Some(kind.clone()),
                },
            )
        };
        Edge {
            from: from.into(),
            r#type: "DEPENDS_ON".into(),
            to: to.into(),
            properties: properties.iter().map(pair).collect(),
        }
    }

    #[test]
    fn a_path_is_a_chain() {
        let nodes = [node("a"), node("b"), node("c")];
        let about = [
            ("req", Kind::StringValue("^1".into())),
            ("kind", Kind::StringValue("normal".into())),
            ("optional", Kind::BoolValue(false)),
        ];
        let edges = [edge("a", "b", &about), edge("c", "b", &[])];
        let expected = "\
a
└─ DEPENDS_ON ─▶ b  (kind: normal, req: ^1)
   └◀─ DEPENDS_ON ─ c
";
        assert_eq!(path(&nodes, &edges, &Canvas::PIPE), expected);
        assert_eq!(path(&nodes[..1], &[], &Canvas::PIPE), "a\n");
    }

    #[test]
    fn values_cannot_steer_the_terminal() {
        let nasty = Value {
            kind: Some(Kind::StringValue("a\u{1b}[2J".into())),
        };
        assert_eq!(value(&nasty), "a�[2J");
        assert_eq!(brief(&HashMap::from([("k".to_owned(), nasty)])), "k: a�[2J");
    }

    #[test]
    fn long_values_end_where_the_terminal_does() {
        let mut node = node("a");
        let long = Value {
            kind: Some(Kind::StringValue("x".repeat(50))),
        };
        node.properties.insert("text".into(), long);
        let canvas = Canvas {
            width: Some(20),
            ..Canvas::PIPE
        };
        assert_eq!(properties(&node, &canvas), "  text  xxxxxxxxxxx…\n");
    }
}
