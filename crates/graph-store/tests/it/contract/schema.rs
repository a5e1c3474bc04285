//! What a schema refuses, on writing and on being put in force.

use throughline_graph_store::{
    Edge, EdgeType, Error, GraphStore, ImportBatch, Limits, Node, NodeType, PropertyType, Schema,
    UpdateSchema, Value, ValueType,
};

use super::{apply, draw, link, put, suite};

suite! {
    writes_must_leave_what_fits
    unique_values_have_one_owner
    unique_values_are_counted_anew_when_their_type_changes
    ends_are_of_their_types_also_when_a_node_changes_its_own
    a_schema_that_the_graph_does_not_fit_is_refused_with_what_would_break
    an_etag_guards_and_a_check_changes_nothing
}

fn limits() -> Limits {
    Limits {
        schema_violations: 3,
        ..Limits::default()
    }
}

fn property(name: &str, value_type: ValueType) -> PropertyType {
    PropertyType {
        name: name.into(),
        value_type,
        ..PropertyType::default()
    }
}

fn of_nodes(closed: bool, properties: Vec<PropertyType>) -> Schema {
    Schema {
        node_types: vec![NodeType {
            name: "T".into(),
            properties,
            closed,
        }],
        ..Schema::default()
    }
}

fn of_edges(from: &[&str], to: &[&str]) -> Schema {
    let types = |types: &[&str]| types.iter().map(|it| (*it).to_owned()).collect();
    Schema {
        edge_types: vec![EdgeType {
            name: "E".into(),
            from_types: types(from),
            to_types: types(to),
            properties: vec![property("n", ValueType::Int)],
        }],
        ..Schema::default()
    }
}

async fn update(store: &impl GraphStore, schema: Schema) -> Result<Schema, Error> {
    let validate_only = false;
    store
        .update_schema(UpdateSchema {
            schema,
            validate_only,
        })
        .await
}

/// The subject that is refused, or nothing.
async fn refused<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => String::new(),
        Err(Error::FailedPrecondition { subject, .. }) => subject,
        Err(Error::Aborted { subject, .. }) => format!("aborted {subject}"),
        Err(Error::Unfit { violations }) => {
            let subjects = violations.into_iter().map(|it| it.subject);
            subjects.collect::<Vec<_>>().join(", ")
        }
        Err(other) => panic!("{other:?}"),
    }
}

async fn writes_must_leave_what_fits(store: impl GraphStore) {
    let required = PropertyType {
        required: true,
        ..property("s", ValueType::String)
    };
    let all = [
        ("i", ValueType::Int),
        ("d", ValueType::Double),
        ("b", ValueType::Bool),
        ("t", ValueType::Timestamp),
        ("a", ValueType::Any),
    ];
    let mut properties = vec![required];
    properties.extend(all.map(|(name, value_type)| property(name, value_type)));
    update(&store, of_nodes(true, properties)).await.unwrap();
    let good = || Node::new("a", "T").with("s", "x");
    let time = Value::Timestamp(throughline_graph_store::Timestamp {
        seconds: 0,
        nanos: 0,
    });
    for (node, fits) in [
        (good(), true),
        (
            good()
                .with("i", 1)
                .with("a", 1)
                .with("b", Value::Bool(true)),
            true,
        ),
        (
            good()
                .with("d", Value::Double(1.0))
                .with("t", time)
                .with("a", "x"),
            true,
        ),
        (good().with("i", "x"), false),
        (good().with("i", Value::Double(1.0)), false),
        (good().with("d", 1), false),
        (good().with("b", 1), false),
        (good().with("t", "1970-01-01T00:00:00Z"), false),
        (good().with("s", 1), false),
        (good().with("more", 1), false),
        (Node::new("a", "T"), false),
        (Node::new("a", "Free").with("more", 1), true),
    ] {
        let other = put(Node::new("other", "Free"));
        let expected = if fits { "" } else { "mutations[1]" };
        let result = apply(&store, vec![other, put(node.clone())]).await;
        assert_eq!(refused(result).await, expected, "{node:?}");
        let batch = ImportBatch {
            nodes: vec![Node::new("other", "Free"), node],
            ..ImportBatch::default()
        };
        let expected = if fits { "" } else { "nodes[1]" };
        assert_eq!(refused(store.import_batch(batch).await).await, expected);
    }
    // Only how the graph is after the call matters.
    let through = vec![put(Node::new("a", "T")), put(good())];
    apply(&store, through).await.unwrap();
}

async fn unique_values_are_counted_anew_when_their_type_changes(store: impl GraphStore) {
    let unique = |unique| PropertyType {
        unique,
        ..property("u", ValueType::Any)
    };
    let node = |id: &str, value: &str| put(Node::new(id, "T").with("u", value));
    let with = |more: &[&str], is_unique| {
        let more = more.iter().map(|name| property(name, ValueType::Any));
        of_nodes(false, more.chain([unique(is_unique)]).collect())
    };
    update(&store, with(&[], true)).await.unwrap();
    apply(&store, vec![node("a", "1")]).await.unwrap();
    // Still unique, of a type that is otherwise another.
    update(&store, with(&["more"], true)).await.unwrap();
    let taken = apply(&store, vec![node("b", "1")]).await;
    assert_eq!(refused(taken).await, "mutations[0]");
    // Free for some time, in which values move.
    update(&store, with(&[], false)).await.unwrap();
    apply(&store, vec![node("b", "1"), node("a", "2")])
        .await
        .unwrap();
    update(&store, with(&[], true)).await.unwrap();
    let taken = apply(&store, vec![node("c", "2")]).await;
    assert_eq!(refused(taken).await, "mutations[0]");
    apply(&store, vec![node("c", "3")]).await.unwrap();
}

async fn unique_values_have_one_owner(store: impl GraphStore) {
    let unique = PropertyType {
        unique: true,
        ..property("u", ValueType::Any)
    };
    update(&store, of_nodes(false, vec![unique])).await.unwrap();
    let long = "x".repeat(1_000);
    let node = |id: &str, value: &str| put(Node::new(id, "T").with("u", value));
    let gone = |id: &str| throughline_graph_store::Change::DeleteNode(id.into()).into();
    for (mutations, expected) in [
        (vec![node("a", "1"), node("b", "2"), node("l", &long)], ""),
        (vec![node("c", "3"), node("d", "1")], "mutations[1]"),
        (vec![node("c", "3"), node("d", "3")], "mutations[1]"),
        (vec![node("c", &long)], "mutations[0]"),
        (vec![put(Node::new("c", "T").with("u", 1))], ""),
        (vec![put(Node::new("d", "Free").with("u", "1"))], ""),
        (vec![put(Node::new("e", "T")), put(Node::new("f", "T"))], ""),
        (vec![node("a", "2"), node("b", "1")], ""),
        (vec![node("e", "1"), gone("b")], ""),
        (vec![node("b", "1")], "mutations[0]"),
        (
            vec![put(Node::new("e", "Free").with("u", "1")), node("b", "1")],
            "",
        ),
    ] {
        let result = apply(&store, mutations.clone()).await;
        assert_eq!(refused(result).await, expected, "{mutations:?}");
    }
}

async fn ends_are_of_their_types_also_when_a_node_changes_its_own(store: impl GraphStore) {
    update(&store, of_edges(&["A", "C"], &["B"])).await.unwrap();
    let node = |id: &str, kind: &str| put(Node::new(id, kind));
    let edge = |from: &str, to: &str| link(Edge::new(from, "E", to));
    for (mutations, expected) in [
        (vec![node("a", "A"), node("b", "B"), edge("a", "b")], ""),
        (vec![edge("a", "b"), edge("b", "a")], "mutations[1]"),
        (vec![edge("a", "a")], "mutations[0]"),
        (vec![link(Edge::new("b", "Free", "a"))], ""),
        (
            vec![link(Edge::new("a", "E", "b").with("n", "x"))],
            "mutations[0]",
        ),
        (vec![node("c", "B"), node("a", "B")], "mutations[1]"),
        (vec![node("b", "A")], "mutations[0]"),
        (vec![node("a", "C")], ""),
        (
            vec![node("d", "B"), edge("a", "d"), node("d", "A")],
            "mutations[1]",
        ),
    ] {
        let result = apply(&store, mutations.clone()).await;
        assert_eq!(refused(result).await, expected, "{mutations:?}");
    }
}

async fn a_schema_that_the_graph_does_not_fit_is_refused_with_what_would_break(
    store: impl GraphStore,
) {
    draw(&store, "a b c d", "a>b b>a").await;
    let before = store.schema().await.unwrap();
    let required = |unique: bool| PropertyType {
        required: !unique,
        unique,
        ..property("p", ValueType::Any)
    };
    let all = r#"node "a", node "b", node "c""#;
    let schema = of_nodes(false, vec![required(false)]);
    assert_eq!(refused(update(&store, schema).await).await, all);
    let ends = r#"edge "a" -[E]-> "b", edge "b" -[E]-> "a""#;
    assert_eq!(
        refused(update(&store, of_edges(&["U"], &[])).await).await,
        ends
    );
    assert_eq!(
        refused(update(&store, of_edges(&["T"], &["T"])).await).await,
        ""
    );
    let same = ["a", "c"].map(|id| put(Node::new(id, "T").with("p", 1)));
    apply(&store, same.into()).await.unwrap();
    let schema = of_nodes(false, vec![required(true)]);
    assert_eq!(
        refused(update(&store, schema.clone()).await).await,
        r#"node "c""#
    );
    assert_ne!(store.schema().await.unwrap(), before);
    apply(&store, vec![put(Node::new("c", "T").with("p", 2))])
        .await
        .unwrap();
    update(&store, schema).await.unwrap();
    let again = vec![put(Node::new("d", "T").with("p", 2))];
    assert_eq!(refused(apply(&store, again).await).await, "mutations[0]");
}

async fn an_etag_guards_and_a_check_changes_nothing(store: impl GraphStore) {
    let first = store.schema().await.unwrap();
    assert!(first.node_types.is_empty() && !first.etag.is_empty());
    let closed = of_nodes(true, vec![]);
    let check = UpdateSchema {
        schema: closed.clone(),
        validate_only: true,
    };
    let checked = store.update_schema(check).await.unwrap();
    assert_eq!(store.schema().await.unwrap(), first);
    let wanted = Schema {
        etag: first.etag.clone(),
        ..closed.clone()
    };
    let second = update(&store, wanted.clone()).await.unwrap();
    assert_eq!(
        (&second, &second),
        (&checked, &store.schema().await.unwrap())
    );
    assert_ne!(second.etag, first.etag);
    assert_eq!(
        refused(update(&store, wanted).await).await,
        "aborted schema"
    );
    assert_eq!(update(&store, closed).await.unwrap(), second);
}
