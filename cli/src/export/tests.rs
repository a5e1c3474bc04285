//! What is exported can be imported again, and is what other programs read.

use proptest::prelude::*;

use super::*;
use crate::import::Format as Source;
use crate::import::{Graph, read_graph};
use crate::values;

fn value(kind: &str, text: &str) -> Value {
    values::typed(kind, text).unwrap()
}

fn node(id: &str, node_type: &str, properties: &[(&str, Value)]) -> Node {
    let pairs = properties.iter().cloned();
    Node {
        id: id.into(),
        r#type: node_type.into(),
        properties: pairs
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        etag: "x".into(),
    }
}

fn edge(from: &str, to: &str, properties: &[(&str, Value)]) -> Edge {
    Edge {
        from: from.into(),
        r#type: "KNOWS".into(),
        to: to.into(),
        properties: node("", "", properties).properties,
    }
}

fn written<'a>(
    format: Format,
    nodes: impl IntoIterator<Item = &'a Node>,
    edges: impl IntoIterator<Item = &'a Edge>,
) -> String {
    let mut out = Vec::new();
    let mut writer = format.writer(&mut out).unwrap();
    for node in nodes {
        writer.node(node).unwrap();
    }
    for edge in edges {
        writer.edge(edge).unwrap();
    }
    writer.end().unwrap();
    drop(writer);
    String::from_utf8(out).unwrap()
}

fn check(format: Format, expected: &str) {
    let nodes = [
        node(
            "a \"b\"",
            "T",
            &[
                ("n", value("int", "7")),
                ("name", value("string", "<Up>\n")),
                ("name__facet_by", value("string", "me")),
                ("name__fr", value("string", "Là")),
            ],
        ),
        node("c", "T", &[]),
    ];
    let edges = [edge("a \"b\"", "c", &[("w", value("double", "1"))])];
    assert_eq!(written(format, &nodes, &edges), expected);
}

#[test]
fn each_form_is_as_others_read_it() {
    check(
        Format::Nquads,
        r#"<a\u0020\u0022b\u0022> <dgraph.type> "T" .
<a\u0020\u0022b\u0022> <n> "7"^^<xs:int> .
<a\u0020\u0022b\u0022> <name> "<Up>\n" (by="me") .
<a\u0020\u0022b\u0022> <name> "Là"@fr .
<c> <dgraph.type> "T" .
<a\u0020\u0022b\u0022> <KNOWS> <c> (w=1.0) .
"#,
    );
    check(
        Format::Json,
        r#"{"node":{"id":"a \"b\"","properties":{"n":{"intValue":"7"},"name":{"stringValue":"<Up>\n"},"name__facet_by":{"stringValue":"me"},"name__fr":{"stringValue":"Là"}},"type":"T"}}
{"node":{"id":"c","type":"T"}}
{"edge":{"from":"a \"b\"","properties":{"w":{"doubleValue":1.0}},"to":"c","type":"KNOWS"}}
"#,
    );
    check(
        Format::Dot,
        r#"digraph throughline {
  rankdir=LR;
  node [shape=box];
  "a \"b\"" [label="a \"b\"\nT"];
  "c" [label="c\nT"];
  "a \"b\"" -> "c" [label="KNOWS"];
}
"#,
    );
    check(
        Format::Graphml,
        r#"<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
  <key id="edge..type.string" for="edge" attr.name="type" attr.type="string"/>
  <key id="edge.w.double" for="edge" attr.name="w" attr.type="double"/>
  <key id="node..type.string" for="node" attr.name="type" attr.type="string"/>
  <key id="node.n.long" for="node" attr.name="n" attr.type="long"/>
  <key id="node.name.string" for="node" attr.name="name" attr.type="string"/>
  <key id="node.name__facet_by.string" for="node" attr.name="name__facet_by" attr.type="string"/>
  <key id="node.name__fr.string" for="node" attr.name="name__fr" attr.type="string"/>
  <graph edgedefault="directed">
    <node id="a &quot;b&quot;">
      <data key="node..type.string">T</data>
      <data key="node.n.long">7</data>
      <data key="node.name.string">&lt;Up&gt;&#10;</data>
      <data key="node.name__facet_by.string">me</data>
      <data key="node.name__fr.string">Là</data>
    </node>
    <node id="c">
      <data key="node..type.string">T</data>
    </node>
    <edge id="e1" source="a &quot;b&quot;" target="c">
      <data key="edge..type.string">KNOWS</data>
      <data key="edge.w.double">1.0</data>
    </edge>
  </graph>
</graphml>
"#,
    );
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        ".*".prop_map(|text| value("string", &text)),
        any::<i64>().prop_map(|n| value("int", &n.to_string())),
        (-1e300..1e300f64).prop_map(|n| value("double", &n.to_string())),
        any::<bool>().prop_map(|b| value("bool", &b.to_string())),
        (-1_000_000_000..4_000_000_000i64, 0..1_000_000_000i32).prop_map(|(seconds, nanos)| {
            let at = prost_types::Timestamp { seconds, nanos };
            value("time", &at.to_string())
        }),
    ]
}

fn any_properties() -> impl Strategy<Value = HashMap<String, Value>> {
    let name = "[ab](_|__|__facet_)?(fr|x_1|zh_Hans|2|ab)?";
    prop::collection::hash_map(name, any_value(), 0..5)
}

proptest! {
    #[test]
    fn what_is_exported_is_imported_the_same(
        nodes in prop::collection::btree_map("[^\\p{Cc}]{1,8}", ("[A-C]", any_properties()), 1..5),
        edges in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any_properties()), 0..5),
    ) {
        let mut graph = Graph::default();
        let ids: Vec<_> = nodes.keys().cloned().collect();
        for (id, (node_type, properties)) in nodes {
            graph.node(&id, &node_type, properties);
        }
        for (from, to, properties) in edges {
            let end = |index: prop::sample::Index| ids[index.index(ids.len())].clone();
            graph.edge(&end(from), "E", &end(to), properties);
        }
        for (format, source) in [(Format::Nquads, Source::Rdf), (Format::Json, Source::Json)] {
            let text = written(format, graph.nodes.values(), graph.edges.values());
            let back = read_graph(source, text.as_bytes());
            prop_assert_eq!(back.as_ref(), Ok(&graph), "{}", text);
        }
    }
}
