//! How SQLite runs each statement: by index, never by a scan of a large table.

use std::collections::BTreeSet;

use rusqlite::Connection;
use throughline_graph_store::{
    ApplyMutations, Change, Direction, Edge, EdgeKey, EdgeType, ExportGraph, FindPath, GetNode,
    GraphStore, ImportBatch, ImportStep, ListNodes, Mutation, Node, NodeType, PropertyType,
    ReadChanges, Schema, SearchNodes, SqliteOptions, Traverse, UpdateSchema,
};

use crate::{
    backends::{Inline, Sqlite},
    capture::captured,
    contract::levels,
};

/// What may be scanned: a statement's own parameters, a subquery (whose own steps are looked at, too), tables of one
/// row or of one row for each type, and the full-text table by a match or a row id.
fn harmless(step: &str) -> bool {
    let scanned = step.trim_start_matches("SCAN ");
    !step.starts_with("SCAN ")
        || scanned == "CONSTANT ROW"
        || scanned.starts_with("(subquery-")
        || ["wanted", "near", "json_each"]
            .iter()
            .any(|name| scanned.starts_with(name) && scanned.contains("VIRTUAL TABLE"))
        || (scanned.starts_with("node_text") && (scanned.contains(":M") || scanned.ends_with(":=")))
        || ["counter", "graph_schema", "tally", "feed_end"].contains(&scanned)
}

#[tokio::test]
async fn no_statement_scans_a_large_table() {
    let backend = Sqlite::default();
    let store = backend.open(SqliteOptions::default(), Inline);
    let ((), spans) = captured(every_statement(&store)).await;
    let statements: BTreeSet<_> = spans
        .into_iter()
        .map(|span| span["db.query.text"].clone())
        .collect();
    assert!(statements.len() > 35, "{statements:#?}");

    let connection = Connection::open(backend.path()).unwrap();
    let mut problems = Vec::new();
    for sql in statements {
        let explain = format!("EXPLAIN QUERY PLAN {sql}");
        let Ok(mut statement) = connection.prepare(&explain) else {
            assert!(
                ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"].contains(&sql.as_str()),
                "{sql}"
            );
            continue;
        };
        let steps = statement.raw_query().mapped(|row| row.get::<_, String>(3));
        let steps: Vec<_> = steps.map(Result::unwrap).collect();
        // A change of the schema may read all edges, in order.
        let whole = sql.contains("WHERE e.type IN (SELECT value FROM json_each(?1)) ORDER BY");
        let steps: Vec<_> = steps
            .into_iter()
            .filter(|step| !(whole && step == "SCAN e"))
            .collect();
        if steps.iter().any(|step| !harmless(step)) {
            problems.push(format!("{sql}\n  {}", steps.join("\n  ")));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// How the second page of a list is found, and whether it has to be sorted.
async fn page_plan(filter: &str, order_by: &str) -> String {
    let backend = Sqlite::default();
    let store = backend.open(SqliteOptions::default(), Inline);
    every_statement(&store).await;
    let mut request = ListNodes {
        filter: filter.into(),
        order_by: order_by.into(),
        page_size: 1,
        ..ListNodes::default()
    };
    let page = store.list_nodes(request.clone()).await.unwrap();
    request.page_token = page.next_page_token;
    assert!(!request.page_token.is_empty());
    let (page, spans) = captured(store.list_nodes(request)).await;
    page.unwrap();
    assert_eq!(spans.len(), 1, "{spans:?}");
    let sql = format!("EXPLAIN QUERY PLAN {}", spans[0]["db.query.text"]);
    let connection = Connection::open(backend.path()).unwrap();
    let mut statement = connection.prepare(&sql).unwrap();
    let steps = statement.raw_query().mapped(|row| row.get::<_, String>(3));
    steps.map(Result::unwrap).collect::<Vec<_>>().join("; ")
}

#[tokio::test]
async fn a_page_of_a_list_begins_where_an_index_says() {
    let by_id = "SEARCH n USING INDEX sqlite_autoindex_node_1 (id>?)";
    let back = "SEARCH n USING INDEX sqlite_autoindex_node_1 (id<?)";
    let by_type = "SEARCH n USING INDEX node_by_type (type=? AND id>?)";
    let types = "SEARCH n USING INDEX node_by_type ((type,id)>(?,?))";
    let sorted = "SCAN n; USE TEMP B-TREE FOR ORDER BY";
    for (filter, order_by, expected) in [
        ("", "", by_id),
        ("", "id desc", back),
        ("name : *", "", by_id),
        ("type = T", "", by_type),
        ("type = T AND name : *", "id", by_type),
        ("", "type", types),
        // No index serves a property: the page is sorted out of all nodes.
        ("", "name", sorted),
    ] {
        let plan = page_plan(filter, order_by).await;
        assert_eq!(plan, expected, "{filter} by {order_by}");
    }
}

/// Brings the store to run each statement that it has.
async fn every_statement(store: &impl GraphStore) {
    let put = |id: &str, name: &str| -> Mutation {
        Change::PutNode(Node::new(id, "T").with("name", name)).into()
    };
    let link = |from: &str, to: &str| Mutation::from(Change::PutEdge(Edge::new(from, "E", to)));
    let apply = async |mutations: Vec<Mutation>| {
        let idempotency_key = "key".repeat(mutations.len());
        let request = ApplyMutations {
            mutations,
            idempotency_key,
        };
        store.apply_mutations(request).await
    };
    let all = vec![
        put("a", "x"),
        put("b", "x"),
        put("c", "x"),
        link("a", "b"),
        link("b", "c"),
    ];
    apply(all).await.unwrap();
    apply(vec![put("a", "y"), Change::DeleteNode("c".into()).into()])
        .await
        .unwrap();
    apply(vec![link("a", "nobody")]).await.unwrap_err();
    apply(vec![put("c", "x"), link("b", "c"), link("c", "b")])
        .await
        .unwrap();
    let key = EdgeKey::new("c", "E", "b");
    apply(vec![Change::DeleteEdge(key).into()]).await.unwrap();
    let property = PropertyType {
        name: "name".into(),
        unique: true,
        ..PropertyType::default()
    };
    let node_type = NodeType {
        name: "U".into(),
        properties: vec![property],
        closed: false,
    };
    let edge_type = EdgeType {
        name: "E".into(),
        ..EdgeType::default()
    };
    for node_types in [vec![node_type.clone()], vec![], vec![node_type]] {
        let schema = Schema {
            node_types,
            edge_types: vec![edge_type.clone()],
            etag: String::new(),
        };
        let update = UpdateSchema {
            schema,
            validate_only: false,
        };
        store.update_schema(update).await.unwrap();
    }
    let turned = Node::new("a", "U").with("name", "x");
    // Each length is a key of its own.
    apply(vec![Change::PutNode(turned).into(); 17])
        .await
        .unwrap();
    apply(vec![put("a", "y"); 19]).await.unwrap();
    for sequence in [1, 2] {
        let step = Some(ImportStep {
            import_id: "x".into(),
            sequence,
        });
        let batch = ImportBatch {
            step,
            ..ImportBatch::default()
        };
        store.import_batch(batch).await.unwrap();
    }
    let get = GetNode {
        id: "a".into(),
        include_edges: true,
        max_edges: 0,
    };
    store.get_node(get).await.unwrap();
    store.stats().await.unwrap();
    for node_types in [vec![], vec!["T".to_owned()]] {
        for edge_types in [vec![], vec!["E".to_owned()]] {
            let request = ExportGraph {
                node_types: node_types.clone(),
                edge_types,
                ..ExportGraph::default()
            };
            store.export_part(request).await.unwrap();
        }
    }
    let mut changes = ReadChanges::default();
    changes.resume_token = store
        .read_changes(changes.clone())
        .await
        .unwrap()
        .resume_token;
    apply(vec![put("d", "x"); 4]).await.unwrap();
    assert!(
        !store
            .read_changes(changes)
            .await
            .unwrap()
            .changes
            .is_empty()
    );
    for types in [vec![], vec!["T".to_owned()]] {
        let query = "x".into();
        let search = SearchNodes {
            query,
            types: types.clone(),
            ..SearchNodes::default()
        };
        store.search_nodes(search).await.unwrap();
        for direction in [Direction::Out, Direction::In, Direction::Both] {
            for edge_types in [vec![], vec!["E".to_owned()]] {
                let request = FindPath {
                    from: "a".into(),
                    to: "c".into(),
                    node_types: types.clone(),
                    edge_types,
                    direction,
                    max_depth: 0,
                };
                let start = vec![request.from.clone()];
                let walk = Traverse {
                    start,
                    edge_types: request.edge_types.clone(),
                    node_types: types.clone(),
                    direction,
                    ..Traverse::default()
                };
                levels(store, walk).await.unwrap();
                store.find_path(request).await.unwrap();
            }
        }
    }
}
