//! Listing: what a filter holds for, orders, and pages under writes.

use throughline_graph_store::{
    Change, Error, GraphStore, ListNodes, Node, NodePage, Timestamp, Value,
};

use super::{apply, limits, put, suite};

suite! {
    a_filter_compares_what_is_of_a_kind
    values_are_values_and_no_statement
    orders_hold_for_every_kind_of_value
    pages_hold_every_node_once
    pages_stay_right_while_others_write
    a_token_is_good_for_its_filter_and_order_alone
}

fn kinds() -> Vec<Node> {
    let node = |id: &str, value: Value| {
        let mut node = Node::new(id, "T").with("id", id);
        node.properties.insert("p".into(), value);
        node
    };
    let time = |seconds, nanos| Value::Timestamp(Timestamp { seconds, nanos });
    vec![
        Node::new("none", "U"),
        node("no", Value::Bool(false)),
        node("yes", Value::Bool(true)),
        node("minus", Value::Int(-5)),
        node("zero", Value::Int(0)),
        node("five", Value::Int(5)),
        node("huge", Value::Int(i64::MAX)),
        node("least", Value::Int(i64::MIN)),
        node("negative", Value::Double(-0.0)),
        node("fiveish", Value::Double(5.0)),
        node("tenth", Value::Double(0.1)),
        node("large", Value::Double(1e300)),
        node("empty", Value::from("")),
        node("digit", Value::from("5")),
        node("word", Value::from("red \"green\" \\ 100% _ ü")),
        node("accent", Value::from("é")),
        node("epoch", time(0, 0)),
        node("later", time(0, 1)),
        node("before", time(-1, 999_999_999)),
        node("first", time(-62_135_596_800, 0)),
        node("last", time(253_402_300_799, 999_999_999)),
    ]
}

async fn list(store: &impl GraphStore, filter: &str, order_by: &str) -> Result<NodePage, Error> {
    let request = ListNodes {
        filter: filter.into(),
        order_by: order_by.into(),
        ..ListNodes::default()
    };
    store.list_nodes(request).await
}

fn ids(page: &NodePage) -> String {
    let ids: Vec<_> = page.nodes.iter().map(|node| node.id.as_str()).collect();
    ids.join(" ")
}

async fn check(store: &impl GraphStore, filter: &str, order_by: &str, expected: &str) {
    let page = list(store, filter, order_by).await.unwrap();
    assert_eq!(ids(&page), expected, "{filter} by {order_by}");
    assert_eq!(page.next_page_token, "");
}

async fn a_filter_compares_what_is_of_a_kind(store: impl GraphStore) {
    apply(&store, kinds().into_iter().map(put).collect())
        .await
        .unwrap();
    for (filter, expected) in [
        ("type = U", "none"),
        ("type != T", "none"),
        ("id = five OR id = \"zero\"", "five zero"),
        ("properties.id = five", "five"),
        ("id : ive", "five fiveish negative"),
        ("id >= y", "yes zero"),
        ("type : * AND id < b", "accent"),
        ("p = 5", "five fiveish"),
        ("p = 5.0", "five fiveish"),
        ("p = \"5\"", "digit"),
        ("p = 0", "negative zero"),
        ("p = -0.0", "negative zero"),
        ("p = 0.1", "tenth"),
        ("p = 9223372036854775807", "huge"),
        ("p = 9223372036854775808", ""),
        ("p = true", "yes"),
        ("p = \"true\"", ""),
        ("p < 0", "least minus"),
        ("p <= 0", "least minus negative zero"),
        ("p > 5", "huge large"),
        ("p >= 5 AND p <= 5.5", "five fiveish"),
        ("p >= 1e300", "large"),
        ("p > \"5\"", "accent word"),
        ("p <= '5'", "digit empty"),
        ("p < 1970-01-01T00:00:00Z", "before first"),
        (
            "p >= \"1970-01-01T00:00:00.000000001Z\"",
            "accent digit last later word",
        ),
        ("p = '1970-01-01T01:00:00+01:00'", "epoch"),
        ("p : \"\" AND NOT p : e", "accent digit empty"),
        ("p : '\"green\" \\\\ 100% _ ü'", "word"),
        ("p : 5", "digit"),
        ("NOT p : *", "none"),
        ("-(p : *)", "none"),
        ("gone : *", ""),
        ("gone = 1 OR gone != 1 id = five", "five"),
    ] {
        let mut expected: Vec<_> = expected.split_whitespace().collect();
        expected.sort_unstable();
        check(&store, filter, "", &expected.join(" ")).await;
    }
    let page = list(&store, "id = five", "").await.unwrap();
    let etag = &page.nodes[0].etag;
    check(&store, &format!("etag = \"{etag}\""), "", "five").await;
    check(&store, &format!("etag = \"0{etag}\""), "", "").await;
    check(&store, "etag = nonsense", "", "").await;
}

async fn values_are_values_and_no_statement(store: impl GraphStore) {
    let odd = [
        "x' OR '1'='1",
        "\"; DROP TABLE node; --",
        "?1",
        ":a",
        "%",
        "$.\"p\"",
        "a\0b",
        "a\0c",
        "\u{202e}שלום🦀",
        "\\",
    ];
    let nodes = odd.iter().enumerate();
    let nodes = nodes.map(|(at, text)| put(Node::new(at.to_string(), "T").with("p", *text)));
    apply(&store, nodes.collect()).await.unwrap();
    for (at, text) in odd.iter().enumerate() {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
        check(&store, &format!("p = \"{escaped}\""), "", &at.to_string()).await;
        check(&store, &format!("id = \"{escaped}\""), "", "").await;
        let page = list(&store, &format!("p : \"{escaped}\""), "").await;
        assert!(ids(&page.unwrap()).contains(&at.to_string()), "{text:?}");
    }
}

async fn orders_hold_for_every_kind_of_value(store: impl GraphStore) {
    apply(&store, kinds().into_iter().map(put).collect())
        .await
        .unwrap();
    let order = "none least minus negative no zero tenth yes five fiveish huge large \
                 empty digit word accent first before epoch later last";
    check(&store, "", "p, id", order).await;
    let turned: Vec<_> = order.split_whitespace().rev().collect();
    check(&store, "", "p desc", &turned.join(" ")).await;
    check(&store, "p = 5", "id desc", "fiveish five").await;
    check(&store, "id < c", "type desc", "before accent").await;
    check(
        &store,
        "p=5 OR id=none",
        "type desc,id",
        "none five fiveish",
    )
    .await;
    check(
        &store,
        "p=5 OR id=none",
        "type,id desc",
        "fiveish five none",
    )
    .await;
}

async fn all(store: &impl GraphStore, order_by: &str, page_size: usize) -> (Vec<usize>, Vec<Node>) {
    let mut request = ListNodes {
        order_by: order_by.into(),
        page_size,
        ..ListNodes::default()
    };
    let (mut sizes, mut nodes) = (Vec::new(), Vec::new());
    loop {
        let page = store.list_nodes(request.clone()).await.unwrap();
        sizes.push(page.nodes.len());
        nodes.extend(page.nodes);
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return (sizes, nodes);
        }
    }
}

async fn pages_hold_every_node_once(store: impl GraphStore) {
    apply(&store, kinds().into_iter().map(put).collect())
        .await
        .unwrap();
    for order in [
        "",
        "id desc",
        "type",
        "type desc, id",
        "p",
        "p desc",
        "p, type desc",
        "q, p desc, id",
    ] {
        let (_, expected) = all(&store, order, 100).await;
        assert_eq!(expected.len(), 21);
        for size in [1, 2, 7, 20, 21] {
            let (sizes, got) = all(&store, order, size).await;
            assert_eq!(got, expected, "{order} {size}");
            assert_eq!(sizes.len(), 21_usize.div_ceil(size), "{sizes:?}");
        }
    }
}

async fn pages_stay_right_while_others_write(store: impl GraphStore) {
    let node = |id: &str, n: i64| put(Node::new(id, "T").with("n", n));
    for order_by in ["", "n"] {
        let nodes = [("b", 2), ("d", 4), ("f", 6), ("h", 8)];
        let nodes = nodes.map(|(id, n)| node(id, n));
        apply(&store, nodes.into()).await.unwrap();
        let mut request = ListNodes {
            order_by: order_by.into(),
            page_size: 2,
            ..ListNodes::default()
        };
        let page = store.list_nodes(request.clone()).await.unwrap();
        assert_eq!(ids(&page), "b d");
        // Before the place, at it, and behind it.
        let gone = ["b", "d", "h"].map(|id| Change::DeleteNode(id.into()).into());
        apply(&store, gone.into()).await.unwrap();
        let come = [node("a", 1), node("c", 3), node("e", 5), node("i", 9)];
        apply(&store, come.into()).await.unwrap();
        request.page_token = page.next_page_token;
        let page = store.list_nodes(request.clone()).await.unwrap();
        assert_eq!(ids(&page), "e f", "{order_by}");
        request.page_token = page.next_page_token;
        let page = store.list_nodes(request).await.unwrap();
        assert_eq!(
            (ids(&page).as_str(), page.next_page_token.as_str()),
            ("i", "")
        );
        let gone = ["a", "c", "e", "f", "i"].map(|id| Change::DeleteNode(id.into()).into());
        apply(&store, gone.into()).await.unwrap();
    }
}

async fn a_token_is_good_for_its_filter_and_order_alone(store: impl GraphStore) {
    super::draw(&store, "a b c", "").await;
    let request = |filter: &str, order_by: &str, page_token: &str| ListNodes {
        filter: filter.into(),
        order_by: order_by.into(),
        page_size: 1,
        page_token: page_token.into(),
    };
    let page = store.list_nodes(request("id : *", "type", "")).await;
    let token = page.unwrap().next_page_token;
    for (filter, order_by) in [("", "type"), ("id : *", ""), ("id : *", "type desc")] {
        match store.list_nodes(request(filter, order_by, &token)).await {
            Err(Error::Invalid { field, .. }) => assert_eq!(field, "page_token"),
            other => panic!("{other:?}"),
        }
    }
    let page = store.list_nodes(request("id : *", "type", &token)).await;
    assert_eq!(ids(&page.unwrap()), "b");
}
