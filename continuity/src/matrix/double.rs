//! A double of Dgraph that answers as one that holds the chain's letters: what is asked for by value is answered, and what
//! is written is acknowledged and forgotten. It lives in the driver, a process apart from every hop.

use std::collections::HashSet;

use serde_json::{Value, json};
use throughline_testkit::dgraph::{DgraphFault, FakeDgraph, Recorded};

/// `a`, `b` and `c`, each with the next one.
const LETTERS: [&str; 3] = ["a", "b", "c"];

const STATE: &str = r#"{"version":1,"identity":"i","writer":"w","revision":1,"place":0,"bytes":0,"schema":{"node_types":[],"edge_types":[]},"schema_revision":0,"nodes":{"Letter":3},"edges":{"NEXT":2}}"#;

/// In the one statement that does not end by itself.
const LONG: &str = "@recurse";
/// In the one that Dgraph refuses.
const REFUSED: &str = "eq(tl.properties";

/// Starts such a double of Dgraph.
pub async fn start() -> FakeDgraph {
    let double = FakeDgraph::start().await;
    double.answer(|request| {
        let asked: HashSet<&str> = request.vars.values().map(String::as_str).collect();
        Some(graph(&asked).to_string())
    });
    double.fail_if(|request| match request.query.as_str() {
        long if long.contains(LONG) => Some(DgraphFault::Hang),
        refused if refused.contains(REFUSED) => Some(DgraphFault::Unindexed),
        _ => None,
    });
    double
}

/// Whether the call is the statement that does not end.
pub(super) fn is_long(call: &Recorded) -> bool {
    let query = call.request.as_ref().map(|request| &request.query);
    query.is_some_and(|query| query.contains(LONG))
}

/// In a write that is done only if nothing is there of what it names: here something always is.
const GUESS: &str = "there as var";

/// Whether the call is a write that was done, committed at once.
pub(super) fn is_commit(call: &Recorded) -> bool {
    let request = call.request.as_ref();
    request.is_some_and(|it| it.commit_now && !it.query.contains(GUESS))
}

fn key(from: usize) -> String {
    format!("{}\u{1}NEXT\u{1}{}", LETTERS[from], LETTERS[from + 1])
}

fn edge(from: usize) -> Value {
    json!({"uid": format!("0x2{from}"), "tl.key": key(from)})
}

fn node(place: usize) -> Value {
    let mut node = json!({
        "uid": format!("0x1{place}"), "tl.id": LETTERS[place], "tl.type": "Letter", "tl.revision": 1,
    });
    if place + 1 < LETTERS.len() {
        node["out"] = json!([edge(place)]);
    }
    if place > 0 {
        node["into"] = json!([edge(place - 1)]);
    }
    node
}

/// All blocks that a statement may have; who asked reads its own.
fn graph(asked: &HashSet<&str>) -> Value {
    let nodes = (0..LETTERS.len()).filter(|place| asked.contains(LETTERS[*place]));
    let edges = (0..LETTERS.len() - 1).filter(|from| asked.contains(key(*from).as_str()));
    json!({
        "meta": [{"uid": "0x1", "tl.turn": 1, "tl.state": STATE}],
        "held": [{"uid": "0x1"}],
        "n": nodes.map(node).collect::<Vec<_>>(),
        "e": edges.map(edge).collect::<Vec<_>>(),
    })
}
