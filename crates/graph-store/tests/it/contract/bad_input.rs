//! Each field out of its bounds is refused by its name, and nothing is changed.

use throughline_graph_store::{
    ApplyMutations, BatchGetNodes, Change, Edge, EdgeKey, EdgeType, Error, FindPath, GetNode,
    GraphStore, ImportBatch, Limits, ListNodes, Mutation, Node, NodeType, Precondition,
    PropertyType, Schema, SearchNodes, Stats, Timestamp, Traverse, UpdateSchema, Value,
};

use super::{levels, link, put, suite};

suite! {
    fields_of_get_node
    fields_of_batch_get_nodes
    fields_of_list
    fields_of_search
    fields_of_find_path
    fields_of_traverse
    fields_of_schema
    fields_of_mutations
    fields_of_a_batch
}

/// Small, so that the bounds are met with little data.
fn limits() -> Limits {
    Limits {
        string_bytes: 100,
        properties: 3,
        properties_bytes: 150,
        mutations: 4,
        ..Limits::default()
    }
}

#[track_caller]
fn refused<T>(result: Result<T, Error>, expected: &str) {
    match result.map(|_| ()) {
        Err(Error::Invalid { field, problem }) => {
            assert_eq!(field, expected, "{problem}");
            assert!(!problem.is_empty());
        }
        other => panic!("{expected}: {other:?}"),
    }
}

fn bad_ids() -> [String; 5] {
    ["", "a\0b", "a\nb", "\u{7f}", &"x".repeat(513)].map(str::to_owned)
}

fn bad_names() -> [String; 6] {
    ["", "1a", "_a", "a-b", "größe", &"x".repeat(65)].map(str::to_owned)
}

async fn fields_of_get_node(store: impl GraphStore) {
    for id in bad_ids() {
        let request = GetNode {
            id,
            ..GetNode::default()
        };
        refused(store.get_node(request).await, "id");
    }
    let request = GetNode {
        id: "a".into(),
        max_edges: 1_001,
        ..GetNode::default()
    };
    refused(store.get_node(request).await, "max_edges");
}

async fn fields_of_batch_get_nodes(store: impl GraphStore) {
    for id in bad_ids() {
        let ids = vec!["a".into(), id];
        refused(store.batch_get_nodes(BatchGetNodes { ids }).await, "ids[1]");
    }
    let ids = vec!["a".to_owned(); 1_001];
    refused(store.batch_get_nodes(BatchGetNodes { ids }).await, "ids");
}

async fn fields_of_list(store: impl GraphStore) {
    let long = format!("a = \"{}\"", "x".repeat(8_192));
    for filter in [
        "a", "a =", "(a = 1", "a.b = 1", "etag < 1", "p > true", &long,
    ] {
        let request = ListNodes {
            filter: filter.into(),
            ..ListNodes::default()
        };
        refused(store.list_nodes(request).await, "filter");
    }
    for order_by in [
        "a b",
        "a-b",
        "etag",
        "a, a",
        "a,",
        "a,b,c,d,e",
        &" ".repeat(1_025),
    ] {
        let request = ListNodes {
            order_by: order_by.into(),
            ..ListNodes::default()
        };
        refused(store.list_nodes(request).await, "order_by");
    }
    for page_token in ["x", "🦀", "AAAAAAAAAAAA", &"A".repeat(50_000)] {
        let request = ListNodes {
            page_token: page_token.into(),
            ..ListNodes::default()
        };
        refused(store.list_nodes(request).await, "page_token");
    }
}

async fn fields_of_search(store: impl GraphStore) {
    let many = "a ".repeat(33);
    for query in ["", " ", "!?", "🦀", &many, &"x".repeat(1_025)] {
        let request = SearchNodes {
            query: query.into(),
            ..SearchNodes::default()
        };
        refused(store.search_nodes(request).await, "query");
    }
    for name in bad_names() {
        let types = vec!["T".to_owned(), name];
        let request = SearchNodes {
            query: "a".into(),
            types,
            ..SearchNodes::default()
        };
        refused(store.search_nodes(request).await, "types[1]");
    }
    let types = vec!["T".to_owned(); 101];
    let request = SearchNodes {
        query: "a".into(),
        types,
        ..SearchNodes::default()
    };
    refused(store.search_nodes(request).await, "types");
    for page_token in ["x", "🦀", "AAAAAAAAAAAA", &"A".repeat(5_000)] {
        let request = SearchNodes {
            query: "a".into(),
            page_token: page_token.into(),
            ..SearchNodes::default()
        };
        refused(store.search_nodes(request).await, "page_token");
    }
}

async fn fields_of_find_path(store: impl GraphStore) {
    let good = || FindPath {
        from: "a".into(),
        to: "b".into(),
        ..FindPath::default()
    };
    for id in bad_ids() {
        refused(
            store
                .find_path(FindPath {
                    from: id.clone(),
                    ..good()
                })
                .await,
            "from",
        );
        refused(store.find_path(FindPath { to: id, ..good() }).await, "to");
    }
    for name in bad_names() {
        let types = vec![name];
        let request = FindPath {
            edge_types: types.clone(),
            ..good()
        };
        refused(store.find_path(request).await, "edge_types[0]");
        let request = FindPath {
            node_types: types,
            ..good()
        };
        refused(store.find_path(request).await, "node_types[0]");
    }
    let types = vec!["T".to_owned(); 101];
    refused(
        store
            .find_path(FindPath {
                edge_types: types.clone(),
                ..good()
            })
            .await,
        "edge_types",
    );
    refused(
        store
            .find_path(FindPath {
                node_types: types,
                ..good()
            })
            .await,
        "node_types",
    );
    refused(
        store
            .find_path(FindPath {
                max_depth: 65,
                ..good()
            })
            .await,
        "max_depth",
    );
}

async fn fields_of_traverse(store: impl GraphStore) {
    let good = || Traverse {
        start: vec!["a".into()],
        ..Traverse::default()
    };
    let start = |start| Traverse { start, ..good() };
    refused(levels(&store, start(vec![])).await, "start");
    let many = vec!["a".to_owned(); 101];
    refused(levels(&store, start(many)).await, "start");
    for id in bad_ids() {
        refused(
            levels(&store, start(vec!["a".into(), id])).await,
            "start[1]",
        );
    }
    for name in bad_names() {
        let types = vec!["T".to_owned(), name];
        let edge_types = Traverse {
            edge_types: types.clone(),
            ..good()
        };
        refused(levels(&store, edge_types).await, "edge_types[1]");
        let node_types = Traverse {
            node_types: types,
            ..good()
        };
        refused(levels(&store, node_types).await, "node_types[1]");
    }
    let many = vec!["T".to_owned(); 101];
    for (request, field) in [
        (
            Traverse {
                max_depth: 17,
                ..good()
            },
            "max_depth",
        ),
        (
            Traverse {
                max_fan_out: 1_001,
                ..good()
            },
            "max_fan_out",
        ),
        (
            Traverse {
                max_nodes: 100_001,
                ..good()
            },
            "max_nodes",
        ),
        (
            Traverse {
                edge_types: many.clone(),
                ..good()
            },
            "edge_types",
        ),
        (
            Traverse {
                node_types: many,
                ..good()
            },
            "node_types",
        ),
    ] {
        refused(levels(&store, request).await, field);
    }
}

async fn fields_of_schema(store: impl GraphStore) {
    let update = |node_types, edge_types| {
        let etag = String::new();
        let schema = Schema {
            node_types,
            edge_types,
            etag,
        };
        store.update_schema(UpdateSchema {
            schema,
            validate_only: false,
        })
    };
    let node = |name: &str| NodeType {
        name: name.into(),
        ..NodeType::default()
    };
    let edge = |name: &str| EdgeType {
        name: name.into(),
        ..EdgeType::default()
    };
    let property = |name: &str| PropertyType {
        name: name.into(),
        ..PropertyType::default()
    };
    for name in bad_names() {
        refused(
            update(vec![node(&name)], vec![]).await,
            "schema.node_types[0].name",
        );
        refused(
            update(vec![], vec![edge(&name)]).await,
            "schema.edge_types[0].name",
        );
        let properties = vec![property("a"), property(&name)];
        let typed = NodeType {
            properties: properties.clone(),
            ..node("T")
        };
        let field = "schema.node_types[0].properties[1].name";
        refused(update(vec![typed], vec![]).await, field);
        let typed = EdgeType {
            properties,
            ..edge("E")
        };
        let field = "schema.edge_types[0].properties[1].name";
        refused(update(vec![], vec![typed]).await, field);
        let ends = EdgeType {
            from_types: vec![name.clone()],
            ..edge("E")
        };
        refused(
            update(vec![], vec![ends]).await,
            "schema.edge_types[0].from_types[0]",
        );
        let ends = EdgeType {
            to_types: vec![name],
            ..edge("E")
        };
        refused(
            update(vec![], vec![ends]).await,
            "schema.edge_types[0].to_types[0]",
        );
    }
    refused(
        update(vec![node("T"), node("T")], vec![]).await,
        "schema.node_types[1].name",
    );
    refused(
        update(vec![node("T"); 501], vec![]).await,
        "schema.node_types",
    );
    refused(
        update(vec![], vec![edge("E"); 501]).await,
        "schema.edge_types",
    );
    let many = NodeType {
        properties: vec![property("p"); 4],
        ..node("T")
    };
    refused(
        update(vec![many], vec![]).await,
        "schema.node_types[0].properties",
    );
    let unique = PropertyType {
        unique: true,
        ..property("p")
    };
    let unique = EdgeType {
        properties: vec![unique],
        ..edge("E")
    };
    let field = "schema.edge_types[0].properties[0].unique";
    refused(update(vec![], vec![unique]).await, field);
}

async fn fields_of_mutations(store: impl GraphStore) {
    let apply = |mutations: Vec<Mutation>, key: &str| {
        store.apply_mutations(ApplyMutations {
            mutations,
            idempotency_key: key.into(),
        })
    };
    let good = || put(Node::new("a", "T"));
    refused(apply(vec![], "").await, "mutations");
    refused(apply(vec![good(); 5], "").await, "mutations");
    for key in ["ä", "a\n", &"k".repeat(129)] {
        refused(apply(vec![good()], key).await, "idempotency_key");
    }
    for id in bad_ids() {
        for (change, field) in [
            (Change::PutNode(Node::new(&id, "T")), "put_node.id"),
            (Change::DeleteNode(id.clone()), "delete_node"),
            (Change::PutEdge(Edge::new(&id, "E", "a")), "put_edge.from"),
            (Change::PutEdge(Edge::new("a", "E", &id)), "put_edge.to"),
            (
                Change::DeleteEdge(EdgeKey::new(&id, "E", "a")),
                "delete_edge.from",
            ),
            (
                Change::DeleteEdge(EdgeKey::new("a", "E", &id)),
                "delete_edge.to",
            ),
        ] {
            let field = format!("mutations[1].{field}");
            refused(apply(vec![good(), change.into()], "").await, &field);
        }
    }
    for name in bad_names() {
        let property = format!("properties[{name:?}]");
        for (change, field) in [
            (Change::PutNode(Node::new("a", &name)), "put_node.type"),
            (Change::PutEdge(Edge::new("a", &name, "a")), "put_edge.type"),
            (
                Change::DeleteEdge(EdgeKey::new("a", &name, "a")),
                "delete_edge.type",
            ),
            (
                Change::PutNode(Node::new("a", "T").with(&name, 1)),
                &format!("put_node.{property}"),
            ),
            (
                Change::PutEdge(Edge::new("a", "E", "a").with(&name, 1)),
                &format!("put_edge.{property}"),
            ),
        ] {
            let field = format!("mutations[0].{field}");
            refused(apply(vec![change.into()], "").await, &field);
        }
    }
    let second = |seconds, nanos| Value::Timestamp(Timestamp { seconds, nanos });
    for value in [
        Value::String("x".repeat(101)),
        Value::Double(f64::NAN),
        Value::Double(f64::INFINITY),
        Value::Double(f64::NEG_INFINITY),
        second(-62_135_596_801, 0),
        second(253_402_300_800, 0),
        second(0, -1),
        second(0, 1_000_000_000),
    ] {
        let mutation = put(Node::new("a", "T").with("p", value));
        refused(
            apply(vec![mutation], "").await,
            "mutations[0].put_node.properties[\"p\"]",
        );
    }
    let many = Node::new("a", "T")
        .with("a", 1)
        .with("b", 1)
        .with("c", 1)
        .with("d", 1);
    refused(
        apply(vec![put(many)], "").await,
        "mutations[0].put_node.properties",
    );
    let text = "x".repeat(99);
    let large = Node::new("a", "T")
        .with("a", text.as_str())
        .with("b", text.as_str());
    refused(
        apply(vec![put(large)], "").await,
        "mutations[0].put_node.properties",
    );
    let mutation = Mutation {
        precondition: Some(Precondition::Etag("1".into())),
        ..link(Edge::new("a", "E", "a"))
    };
    refused(
        apply(vec![mutation], "").await,
        "mutations[0].precondition.etag",
    );
    assert_eq!(store.stats().await.unwrap(), Stats::default());
}

async fn fields_of_a_batch(store: impl GraphStore) {
    let nodes = |ids: &[&str]| ids.iter().map(|id| Node::new(*id, "T")).collect::<Vec<_>>();
    let edge = |to: &str| Edge::new("a", "E", to);
    for (nodes, edges, field) in [
        (nodes(&["a", ""]), vec![], "nodes[1].id"),
        (nodes(&["a"]), vec![edge("a"), edge("")], "edges[1].to"),
        (nodes(&["a", "b", "c", "d", "e"]), vec![], "nodes"),
        (
            nodes(&["a", "b"]),
            vec![edge("a"), edge("b"), edge("a")],
            "edges",
        ),
    ] {
        let batch = ImportBatch {
            nodes,
            edges,
            step: None,
        };
        refused(store.import_batch(batch).await, field);
    }
    assert_eq!(store.stats().await.unwrap(), Stats::default());
}
