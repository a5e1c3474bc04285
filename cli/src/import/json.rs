//! JSON lines, as `graph export --format json` writes them: each line holds
//! one node or one edge. Pure.

use std::io::BufRead;

use serde::Deserialize;
use serde_json::value::RawValue;
use throughline_api::graph::v1::{Edge, Node};

use super::Limits;
use super::assembly::{Assembly, Fault};
use super::bytes;
use super::graph::Graph;
use crate::json;

/// `{"node": …}` or `{"edge": …}`, each as protobuf's JSON has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    node: Option<&'a RawValue>,
    #[serde(borrow)]
    edge: Option<&'a RawValue>,
}

/// The graph that the lines of `input` make.
pub(crate) fn read(input: impl BufRead, limits: &Limits) -> Result<Graph, Fault> {
    let mut assembly = Assembly::new(limits);
    bytes::lines(input, limits, |number, text| {
        if text.trim().is_empty() {
            return Ok(());
        }
        let fault = |why: String| Fault::new(number, why);
        let line: Line<'_> =
            serde_json::from_str(text).map_err(|error| fault(on_one_line(&error)))?;
        match (line.node, line.edge) {
            (Some(node), None) => {
                let node = json::read::<Node>("throughline.graph.v1.Node", node.get());
                let mut node = node.map_err(fault)?;
                node.etag.clear();
                assembly.node(number, node)
            }
            (None, Some(edge)) => {
                let edge = json::read::<Edge>("throughline.graph.v1.Edge", edge.get());
                assembly.edge(number, edge.map_err(fault)?)
            }
            _ => Err(fault("it holds neither one node nor one edge".to_owned())),
        }
    })?;
    assembly.finish()
}

/// The column without serde's own line, which is always 1.
fn on_one_line(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column", " at column")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(usize, usize), &str>) {
        let found = read(text.as_bytes(), &Limits::default());
        match (found, expected) {
            (Ok(graph), Ok(expected)) => {
                assert_eq!((graph.nodes.len(), graph.edges.len()), expected);
            }
            (Err(fault), Err(expected)) => {
                assert!(fault.to_string().starts_with(expected), "{fault}");
            }
            (found, expected) => panic!("{text}: {found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn lines_are_nodes_and_edges_or_faults() {
        let node =
            r#"{"node":{"id":"a","type":"T","properties":{"n":{"intValue":"7"}},"etag":"x"}}"#;
        let edge = r#"{"edge":{"from":"a","type":"E","to":"a"}}"#;
        check(&format!("{node}\n\n{edge}\n"), Ok((1, 1)));
        check(&format!("{edge}\n{node}"), Ok((1, 1)));
        check("", Ok((0, 0)));
        check(
            &format!("{node}\n{{"),
            Err("line 2: EOF while parsing an object at column 1"),
        );
        check(&format!("{node}\n{{}}"), Err("line 2: it holds neither"));
        check(
            r#"{"node":{"id":"a","kind":"T"}}"#,
            Err("line 1: unrecognized field name 'kind'"),
        );
        check(
            r#"{"node":{"id":"a","type":"T"},"x":1}"#,
            Err("line 1: unknown field `x`"),
        );
        check(edge, Err("line 1: the edge names the node `a`"));
        let odd = r#"{"node":{"id":"a","type":"T","properties":{"n":{"doubleValue":"NaN"}}}}"#;
        check(odd, Err("line 1: a: `n` is not finite"));
    }
}
