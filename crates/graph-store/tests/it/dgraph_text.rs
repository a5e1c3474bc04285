//! Nothing that a caller sends reaches Dgraph as text: whatever is in the fields of every call, what leaves is made of
//! the backend's own words, and values are in variables and typed triples.

use std::collections::BTreeSet;

use proptest::prelude::*;
use throughline_dgraph_client::{Options, api::Request};
use throughline_graph_store::{
    ApplyMutations, BatchGetNodes, Change, DgraphOptions, DgraphStore, Direction, Edge, EdgeKey,
    EdgeType, ExportGraph, FindPath, GetNode, GraphStore, ImportBatch, ImportStep, ListNodes,
    Mutation, Node, NodeType, Precondition, PropertyType, ReadChanges, ReadImport, Schema,
    SearchNodes, Traverse, UpdateSchema,
};
use throughline_testkit::dgraph::FakeDgraph;

use crate::contract::levels;

/// The words of the backend's statements, predicates aside.
const WORDS: &str = "query q string int func eq has uid between gt lt le as var first orderasc orderdesc offset \
    filter and or not schema meta n e f gone kept out into held m p c b k x y z there hits named other owner graph \
    tl.source tl.target tl.feed.place";

/// What a request's text may not be, if it is anything that was not said by the backend itself.
fn check(request: &Request) -> Result<(), String> {
    let known: BTreeSet<&str> = WORDS.split_whitespace().collect();
    let mut rest = request.query.as_str();
    let mut open = Vec::new();
    while let Some(c) = rest.chars().next() {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        let end = rest.find(|c| !word(c)).unwrap_or(rest.len());
        match c {
            ' ' | ',' | ':' | '~' | '@' => rest = &rest[1..],
            '(' | '{' | '[' => {
                open.push(c);
                rest = &rest[1..];
            }
            ')' | '}' | ']' => {
                let begun = open.pop().ok_or("a bracket too many")?;
                if !matches!((begun, c), ('(', ')') | ('{', '}') | ('[', ']')) {
                    return Err(format!("{begun} and {c}"));
                }
                rest = &rest[1..];
            }
            '$' => {
                let digits = rest[1..]
                    .strip_prefix('v')
                    .ok_or("a variable of another name")?;
                let end = digits
                    .find(|c: char| !c.is_ascii_digit())
                    .unwrap_or(digits.len());
                let name = &rest[..end + 2];
                if !request.vars.contains_key(name) {
                    return Err(format!("{name} has no value"));
                }
                rest = &rest[end + 2..];
            }
            '"' => {
                rest = rest.strip_prefix("\"graph\"").ok_or("a text of its own")?;
            }
            _ if end > 0 => {
                let word = &rest[..end];
                let lower = word.to_lowercase();
                if !known.contains(lower.as_str()) && !word.starts_with("tl.") {
                    return Err(format!("the word {word:?}"));
                }
                if word.starts_with("tl.") && word.len() > 24 {
                    return Err(format!("the predicate {word:?}"));
                }
                rest = &rest[end..];
            }
            other => return Err(format!("the character {other:?}")),
        }
    }
    if !open.is_empty() {
        return Err("a bracket too few".to_owned());
    }
    for mutation in &request.mutations {
        let texts = [
            &mutation.set_json,
            &mutation.delete_json,
            &mutation.set_nquads,
            &mutation.del_nquads,
        ];
        if texts.iter().any(|it| !it.is_empty()) {
            return Err("triples as text".to_owned());
        }
        let conditions = [
            "@if(eq(len(m), 1))",
            "@if(eq(len(m), 0))",
            "@if(eq(len(m), 1) AND eq(len(there), 0))",
        ];
        if !conditions.contains(&mutation.cond.as_str()) {
            return Err(format!("the condition {:?}", mutation.cond));
        }
        for triple in mutation.set.iter().chain(&mutation.del) {
            let plain = |c: char| c.is_ascii_alphanumeric() || "_:.()".contains(c);
            let names = [&triple.subject, &triple.predicate, &triple.object_id];
            if !names.iter().all(|it| it.chars().all(plain)) || !triple.predicate.starts_with("tl.")
            {
                return Err(format!("the triple {names:?}"));
            }
        }
    }
    Ok(())
}

/// What somebody might send who means ill.
fn text() -> impl Strategy<Value = String> {
    let pieces = [
        "\"",
        "'",
        "\\",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "#",
        "# x",
        "@if(eq(len(v), 0))",
        "@en",
        "@filter(",
        "$v0",
        "$x",
        "uid(m)",
        "val(m)",
        "_:n0",
        "0x1",
        "_STAR_ALL",
        "* * *",
        "<tl.state>",
        " . ",
        "`",
        "/*",
        "drop",
        "name@en:fr:.",
        "\u{202e}",
        "ü",
        "a",
        " ",
        "~tl.source",
        ") { uid } }",
        "upsert { }",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 1..6).prop_map(|it| it.concat())
}

/// A name as callers may choose it, or one that is refused.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("Crate".to_owned()),
        Just("tl_state".to_owned()),
        text()
    ]
}

async fn call_everything(store: &DgraphStore, texts: &[String], names: &[String]) {
    let (id, other, words, key) = (&texts[0], &texts[1], &texts[2], &texts[3]);
    let (kind, property) = (&names[0], &names[1]);
    let node = Node::new(id, kind)
        .with(property, words.as_str())
        .with("p", words.as_str());
    let plain = Node::new(id, "T").with("p", words.as_str());
    let edge = Edge::new(id, kind, other).with("p", words.as_str());
    let plain_edge = Edge::new(id, "E", id).with("p", words.as_str());
    let change = |it: Change| Mutation {
        precondition: Some(Precondition::Exists(true)),
        change: it,
    };
    for changes in [
        vec![Change::PutNode(node.clone()).into()],
        vec![
            Change::PutNode(plain.clone()).into(),
            Change::PutEdge(plain_edge.clone()).into(),
        ],
        vec![Change::PutEdge(edge.clone()).into()],
        vec![change(Change::DeleteNode(id.clone()))],
        vec![change(Change::DeleteEdge(EdgeKey::new(id, kind, other)))],
        vec![Mutation {
            precondition: Some(Precondition::Etag(words.clone())),
            change: Change::DeleteNode(id.clone()),
        }],
    ] {
        for idempotency_key in [String::new(), key.clone()] {
            let request = ApplyMutations {
                mutations: changes.clone(),
                idempotency_key,
            };
            let _ = store.apply_mutations(request).await;
        }
    }
    let step = Some(ImportStep {
        import_id: key.clone(),
        sequence: 1,
    });
    let batch = ImportBatch {
        nodes: vec![plain],
        edges: vec![plain_edge, edge],
        step,
    };
    let _ = store.import_batch(batch).await;
    let _ = store
        .read_import(ReadImport {
            import_id: key.clone(),
        })
        .await;
    let _ = store
        .get_node(GetNode {
            id: id.clone(),
            include_edges: true,
            max_edges: 3,
        })
        .await;
    let _ = store
        .batch_get_nodes(BatchGetNodes {
            ids: texts.to_vec(),
        })
        .await;
    let quoted = words.replace('\\', "\\\\").replace('"', "\\\"");
    for filter in [
        words.clone(),
        format!("p = \"{quoted}\" OR id > \"{quoted}\" AND NOT type : \"{quoted}\""),
        format!("p : \"{quoted}\" AND q < \"{quoted}\" AND type = \"{quoted}\""),
        format!("{property} = 1"),
    ] {
        for order_by in ["", "p desc", "id desc", words] {
            let page_token = if order_by.is_empty() {
                String::new()
            } else {
                key.clone()
            };
            let request = ListNodes {
                filter: filter.clone(),
                order_by: order_by.into(),
                page_token,
                ..ListNodes::default()
            };
            let _ = store.list_nodes(request).await;
        }
    }
    let query = format!("{words} x");
    let types = vec![kind.clone()];
    for types in [Vec::new(), types.clone()] {
        let request = SearchNodes {
            query: query.clone(),
            types,
            ..SearchNodes::default()
        };
        let _ = store.search_nodes(request).await;
    }
    for types in [Vec::new(), types.clone(), vec!["T".to_owned()]] {
        let request = FindPath {
            from: id.clone(),
            to: other.clone(),
            edge_types: types.clone(),
            node_types: types.clone(),
            direction: Direction::Both,
            max_depth: 3,
        };
        let _ = store.find_path(request).await;
        let request = Traverse {
            start: vec![id.clone(), other.clone()],
            edge_types: types.clone(),
            node_types: types.clone(),
            direction: Direction::Both,
            ..Traverse::default()
        };
        let _ = levels(store, request).await;
        let request = ExportGraph {
            node_types: types.clone(),
            edge_types: types.clone(),
            resume_token: String::new(),
        };
        let _ = store.export_part(request.clone()).await;
        let _ = store
            .export_part(ExportGraph {
                resume_token: key.clone(),
                ..request
            })
            .await;
        for resume_token in [String::new(), key.clone()] {
            let _ = store
                .read_changes(ReadChanges {
                    resume_token,
                    node_types: types.clone(),
                })
                .await;
        }
    }
    let property = PropertyType {
        name: property.clone(),
        unique: true,
        ..PropertyType::default()
    };
    let schema = Schema {
        node_types: vec![NodeType {
            name: kind.clone(),
            properties: vec![property.clone()],
            closed: true,
        }],
        edge_types: vec![EdgeType {
            name: kind.clone(),
            properties: vec![property],
            ..EdgeType::default()
        }],
        etag: words.clone(),
    };
    let _ = store
        .update_schema(UpdateSchema {
            schema: schema.clone(),
            validate_only: true,
        })
        .await;
    let schema = Schema {
        etag: String::new(),
        ..schema
    };
    let _ = store
        .update_schema(UpdateSchema {
            schema,
            validate_only: false,
        })
        .await;
    let _ = store.schema().await;
    let _ = store.stats().await;
}

/// As an empty graph would, whose two nodes are always there.
fn answer(request: &Request) -> Option<String> {
    let state = "{\\\"version\\\":1,\\\"identity\\\":\\\"i\\\",\\\"writer\\\":\\\"w\\\",\\\"revision\\\":0,\\\"place\\\":0,\
        \\\"bytes\\\":0,\\\"schema\\\":{\\\"node_types\\\":[],\\\"edge_types\\\":[]},\\\"schema_revision\\\":0,\
        \\\"nodes\\\":{},\\\"edges\\\":{}}";
    let values: Vec<_> = request.vars.values().cloned().collect();
    let nodes: Vec<_> = values
        .iter()
        .filter(|_| request.query.contains(" n(func: eq(tl.id") || request.query.contains("{ n(func: eq(tl.id"))
        .enumerate()
        .map(|(at, id)| serde_json::json!({"uid": format!("{:#x}", at + 2), "tl.id": id, "tl.type": "T"}))
        .collect();
    let nodes = serde_json::to_string(&nodes).unwrap();
    Some(format!(
        "{{\"meta\":[{{\"uid\":\"0x1\",\"tl.turn\":1,\"tl.state\":\"{state}\"}}],\"held\":[{{\"uid\":\"0x1\"}}],\"n\":{nodes}}}"
    ))
}

#[test]
fn no_field_of_any_call_is_ever_text() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (fake, store) = runtime.block_on(async {
        let fake = FakeDgraph::start().await;
        fake.answer(answer);
        let store = DgraphStore::open(DgraphOptions::new(Options::new([fake.address()]))).await;
        (fake, store.unwrap())
    });
    let cases = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(6)
    };
    let mut runner = proptest::test_runner::TestRunner::new(cases);
    let fields = (
        prop::collection::vec(text(), 4),
        prop::collection::vec(name(), 2),
    );
    let mut shapes = BTreeSet::new();
    let seen = std::sync::Mutex::new(&mut shapes);
    let run = |(texts, names): (Vec<String>, Vec<String>)| {
        fake.forget();
        runtime.block_on(call_everything(&store, &texts, &names));
        for request in fake.recorded().iter().filter_map(|it| it.request.as_ref()) {
            if let Err(problem) = check(request) {
                return Err(TestCaseError::fail(format!(
                    "{problem} in {}",
                    request.query
                )));
            }
            let word = request
                .query
                .split_whitespace()
                .filter(|it| it.starts_with("tl."))
                .count();
            seen.lock().unwrap().insert((word, request.mutations.len()));
        }
        Ok(())
    };
    runner.run(&fields, run).unwrap();
    assert!(
        shapes.len() > 8,
        "so many kinds of statements were seen: {shapes:?}"
    );
}

#[test]
fn what_is_no_statement_of_ours_is_seen() {
    let bad = |query: &str| {
        check(&Request {
            query: query.to_owned(),
            ..Request::default()
        })
    };
    assert_eq!(bad("{ n(func: has(tl.id)) { uid } }"), Ok(()));
    for query in [
        "{ n(func: eq(tl.id, \"x\")) { uid } }",
        "{ n(func: has(name)) { uid } }",
        "{ n(func: has(tl.id)) { uid } } }",
        "{ n(func: eq(tl.id, $v0)) { uid } }",
        "{ n(func: has(tl.id)) # }",
        "{ n(func: has(tl.id)) { expand(_all_) } }",
    ] {
        assert!(bad(query).is_err(), "{query}");
    }
}
