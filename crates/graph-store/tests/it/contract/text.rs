//! Texts and values of every kind come back byte for byte, or are refused by a named bound.

use throughline_graph_store::{Edge, GetNode, GraphStore, Node, Timestamp, Value};

use super::{apply, limits, link, put, suite};

suite! {
    every_text_comes_back_byte_for_byte
    every_value_comes_back_bit_for_bit
}

async fn every_text_comes_back_byte_for_byte(store: impl GraphStore) {
    let megabyte = "x".repeat(1 << 20);
    for text in [
        "",
        "it's \"quoted\" `so`; DROP TABLE node; --",
        "🦀👩‍👩‍👧‍👦e\u{301}",
        "\u{202e}שלום עולם\u{202c}",
        "before\0after",
        "\u{1}\u{7f}\r\n\t\\",
        "{\"double\": \"1.5\"}",
        "\u{fffd}\u{10ffff}\u{feff}",
        &megabyte,
    ] {
        // An id may hold all but control characters.
        let id: String = text.chars().filter(|c| !c.is_control()).take(100).collect();
        let id = format!("id:{id}");
        let node = Node::new(&id, "T").with("name", text);
        let edge = Edge::new(&id, "E", &id).with("name", text);
        apply(&store, vec![put(node), link(edge.clone())])
            .await
            .unwrap();
        let request = GetNode {
            id: id.clone(),
            include_edges: true,
            max_edges: 0,
        };
        let found = store.get_node(request).await.unwrap();
        assert_eq!(found.node.id, id);
        assert_eq!(found.node.properties["name"], text.into());
        assert_eq!(found.outgoing, [edge]);
    }
}

async fn every_value_comes_back_bit_for_bit(store: impl GraphStore) {
    let values = [
        Value::Int(i64::MIN),
        Value::Int(i64::MAX),
        Value::Int(1),
        Value::Double(1.0),
        Value::Double(-0.0),
        Value::Double(0.1 + 0.2),
        Value::Double(f64::MAX),
        Value::Double(f64::MIN_POSITIVE / 3.0),
        Value::Bool(true),
        Value::Bool(false),
        Value::String("true".into()),
        Value::Timestamp(Timestamp {
            seconds: -62_135_596_800,
            nanos: 0,
        }),
        Value::Timestamp(Timestamp {
            seconds: 253_402_300_799,
            nanos: 999_999_999,
        }),
    ];
    for value in values {
        let mut node = Node::new("a", "T");
        node.properties.insert("value".into(), value.clone());
        apply(&store, vec![put(node)]).await.unwrap();
        let request = GetNode {
            id: "a".into(),
            ..GetNode::default()
        };
        let found = store.get_node(request).await.unwrap();
        assert_eq!(found.node.properties["value"], value);
    }
}
