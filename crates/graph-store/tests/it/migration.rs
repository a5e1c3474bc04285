//! Files of earlier versions, made by the statements of their time and filled as their programs filled them, open as ones of
//! this version with all that was in them.

use rusqlite::Connection;
use throughline_graph_store::{
    ApplyMutations, Change, Edge, EdgeType, ExportGraph, FindPath, GetNode, GraphStore,
    ImportBatch, ImportStep, ListNodes, Node, PlainRunner, ReadChanges, ReadImport, Schema,
    SearchNodes, SqliteOptions, UpdateSchema,
};

use crate::backends::Sqlite;

/// The first version: nodes, edges, words, tallies, kept answers.
const ONE: &str = "
    CREATE TABLE node (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        type TEXT NOT NULL,
        properties TEXT NOT NULL,
        revision INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX node_by_type ON node (type, id);
    CREATE TABLE edge (
        source TEXT NOT NULL REFERENCES node (id),
        type TEXT NOT NULL,
        target TEXT NOT NULL REFERENCES node (id),
        properties TEXT NOT NULL,
        PRIMARY KEY (source, type, target)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX edge_by_target ON edge (target, type, source);
    CREATE VIRTUAL TABLE node_text USING fts5 (
        id, properties,
        content = '', contentless_delete = 1, detail = full, tokenize = 'ascii'
    );
    CREATE TABLE tally (
        kind TEXT NOT NULL,
        type TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (kind, type)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE counter (revision INTEGER NOT NULL) STRICT;
    INSERT INTO counter VALUES (0);
    CREATE TABLE kept_answer (
        key TEXT PRIMARY KEY,
        digest BLOB NOT NULL,
        results TEXT NOT NULL,
        kept_since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX kept_answer_by_age ON kept_answer (kept_since);
";

/// What the second version has besides: the change feed.
const TWO: &str = "
    CREATE TABLE feed (
        place INTEGER PRIMARY KEY,
        first INTEGER NOT NULL,
        committed INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        changes TEXT NOT NULL
    ) STRICT;
    CREATE INDEX feed_by_age ON feed (committed);
    CREATE INDEX feed_by_bytes ON feed (bytes);
    CREATE TABLE feed_end (
        identity TEXT NOT NULL,
        place INTEGER NOT NULL,
        bytes INTEGER NOT NULL
    ) STRICT;
    INSERT INTO feed_end VALUES (lower(hex(randomblob(8))), 0, 0);
";

/// And the third: the schema.
const THREE: &str = r#"
    CREATE TABLE graph_schema (schema TEXT NOT NULL, revision INTEGER NOT NULL) STRICT;
    INSERT INTO graph_schema VALUES ('{"node_types":[],"edge_types":[]}', 0);
    CREATE TABLE unique_value (
        type TEXT NOT NULL,
        property TEXT NOT NULL,
        value TEXT NOT NULL,
        node TEXT NOT NULL,
        PRIMARY KEY (type, property, value)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX unique_value_by_node ON unique_value (node);
"#;

/// Two nodes and an edge, as any version wrote them.
const DATA: &str = r#"
    INSERT INTO node VALUES (1, 'a', 'T', '{"name":"red green"}', 1), (2, 'b', 'U', '{}', 2);
    INSERT INTO node_text (rowid, id, properties) VALUES (1, 'a ', 'red green '), (2, 'b ', '');
    INSERT INTO edge VALUES ('a', 'E', 'b', '{"n":7}');
    INSERT INTO tally VALUES ('node', 'T', 1), ('node', 'U', 1), ('edge', 'E', 1);
    UPDATE counter SET revision = 2;
"#;

async fn check(version: usize) {
    let backend = Sqlite::default();
    let file = Connection::open(backend.path()).unwrap();
    for step in [ONE, TWO, THREE].iter().take(version) {
        file.execute_batch(step).unwrap();
    }
    file.execute_batch(DATA).unwrap();
    file.pragma_update(None, "application_id", 0x7468_7267)
        .unwrap();
    file.pragma_update(None, "user_version", version).unwrap();
    drop(file);
    // The second time it is of this version already.
    for opened in 0..2 {
        let store = backend.open(SqliteOptions::default(), PlainRunner);
        whole(&store, opened).await;
    }
    let file = Connection::open(backend.path()).unwrap();
    let now: usize = file
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert!(now > version, "{now}");
}

/// Each call finds what was there, and writes go on from there.
async fn whole(store: &impl GraphStore, opened: u64) {
    let get = GetNode {
        id: "a".into(),
        include_edges: true,
        max_edges: 0,
    };
    let found = store.get_node(get).await.unwrap();
    let expected = Node {
        etag: "1".into(),
        ..Node::new("a", "T").with("name", "red green")
    };
    assert_eq!(found.node, expected);
    assert_eq!(found.outgoing, [Edge::new("a", "E", "b").with("n", 7)]);
    let stats = store.stats().await.unwrap();
    assert_eq!((stats.node_count, stats.edge_count), (2 + opened, 1));
    let page = store.list_nodes(ListNodes::default()).await.unwrap();
    assert_eq!(page.nodes.len() as u64, 2 + opened);
    let search = SearchNodes {
        query: "green".into(),
        ..SearchNodes::default()
    };
    assert_eq!(store.search_nodes(search).await.unwrap().hits.len(), 1);
    let path = FindPath {
        from: "a".into(),
        to: "b".into(),
        ..FindPath::default()
    };
    assert_eq!(store.find_path(path).await.unwrap().unwrap().edges.len(), 1);
    let part = store.export_part(ExportGraph::default()).await.unwrap();
    assert_eq!((part.edges.len(), part.last), (1, true));

    // What came later works on it too: the feed, the schema, imports by name.
    let mut changes = ReadChanges {
        resume_token: part.watch_token,
        ..ReadChanges::default()
    };
    let put = Change::PutNode(Node::new(format!("new {opened}"), "T"));
    let request = ApplyMutations {
        mutations: vec![put.into()],
        ..ApplyMutations::default()
    };
    let applied = store.apply_mutations(request).await.unwrap();
    assert_eq!(applied.results[0].etag, format!("{:x}", 3 + opened));
    let part = store.read_changes(changes.clone()).await.unwrap();
    assert_eq!(part.changes.len(), 1);
    changes.resume_token = part.resume_token;
    assert!(store.read_changes(changes).await.unwrap().caught_up);
    let edge_types = vec![EdgeType {
        name: "E".into(),
        from_types: vec!["T".into()],
        to_types: vec!["U".into()],
        ..EdgeType::default()
    }];
    let schema = Schema {
        edge_types,
        ..Schema::default()
    };
    let update = UpdateSchema {
        schema,
        validate_only: false,
    };
    assert_eq!(store.update_schema(update).await.unwrap().etag, "1");
    let step = Some(ImportStep {
        import_id: "x".into(),
        sequence: 1 + opened,
    });
    let batch = ImportBatch {
        step,
        ..ImportBatch::default()
    };
    store.import_batch(batch).await.unwrap();
    let request = ReadImport {
        import_id: "x".into(),
    };
    assert_eq!(store.read_import(request).await.unwrap(), 1 + opened);
}

#[tokio::test]
async fn the_first_version() {
    check(1).await;
}

#[tokio::test]
async fn the_second_version() {
    check(2).await;
}

#[tokio::test]
async fn the_third_version() {
    check(3).await;
}
