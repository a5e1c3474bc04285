//! Each RPC once, as a client sees it.

use prost_types::FieldMask;
use throughline_api::graph::v1::{
    ApplyMutationsRequest, BatchGetNodesRequest, Direction, EdgeType, FindPathRequest,
    GetNodeRequest, GetSchemaRequest, GetStatsRequest, ListNodesRequest, Node, NodeType,
    PropertyType, Schema, SearchNodesRequest, TraverseRequest, TraverseSummary, TypeCount,
    UpdateSchemaRequest, Value, ValueType, mutation::Change, value::Kind,
};
use tokio_stream::StreamExt as _;
use tonic::Code;

use crate::harness::{Service, apply, edge, node};

#[tokio::test]
async fn every_kind_of_value_goes_there_and_back() {
    let service = Service::start().await;
    let time = prost_types::Timestamp {
        seconds: -1,
        nanos: 5,
    };
    let kinds = [
        (
            "text",
            Kind::StringValue("\"quoted\" 🦀 \u{202e}שלום\0".into()),
        ),
        ("int", Kind::IntValue(i64::MIN)),
        ("double", Kind::DoubleValue(0.1 + 0.2)),
        ("truth", Kind::BoolValue(true)),
        ("time", Kind::TimestampValue(time)),
    ];
    let properties = kinds.map(|(name, kind)| (name.to_owned(), Value { kind: Some(kind) }));
    let put = Node {
        properties: properties.into(),
        etag: "ignored".into(),
        ..node("a")
    };
    let request = apply([Change::PutNode(put.clone())]);
    let applied = service
        .client()
        .apply_mutations(request)
        .await
        .unwrap()
        .into_inner();
    let request = GetNodeRequest {
        id: "a".into(),
        ..GetNodeRequest::default()
    };
    let found = service
        .client()
        .get_node(request)
        .await
        .unwrap()
        .into_inner()
        .node;
    let etag = applied.results[0].etag.clone();
    assert_eq!(found, Some(Node { etag, ..put }));
}

#[tokio::test]
async fn a_node_comes_with_its_edges_and_under_its_mask() {
    let service = Service::start().await;
    service.draw("a>b c>a").await;
    let request = GetNodeRequest {
        id: "a".into(),
        include_edges: true,
        read_mask: Some(FieldMask {
            paths: vec!["id".into(), "properties.name".into()],
        }),
        ..GetNodeRequest::default()
    };
    let found = service
        .client()
        .get_node(request)
        .await
        .unwrap()
        .into_inner();
    let expected = Node {
        r#type: String::new(),
        ..node("a")
    };
    assert_eq!(found.node, Some(expected));
    assert_eq!(found.outgoing, [edge("a", "b")]);
    assert_eq!(found.incoming, [edge("c", "a")]);
    assert!(!found.edges_truncated);
}

#[tokio::test]
async fn many_nodes_come_in_the_order_of_the_ids() {
    let service = Service::start().await;
    service.draw("a>b").await;
    let mut client = service.client();
    let request = BatchGetNodesRequest {
        ids: ["b", "gone", "a"].map(str::to_owned).into(),
        read_mask: Some(FieldMask {
            paths: vec!["id".into()],
        }),
    };
    let found = client.batch_get_nodes(request).await.unwrap().into_inner();
    let only = |id: &str| Node {
        id: id.into(),
        ..Node::default()
    };
    assert_eq!(found.nodes, [only("b"), only("a")]);
    assert_eq!(found.missing, ["gone"]);
}

#[tokio::test]
async fn a_list_is_filtered_ordered_and_in_pages() {
    let service = Service::start().await;
    service.draw("a>b c>d").await;
    let mut client = service.client();
    let mut request = ListNodesRequest {
        filter: "type = T AND name : \"name of\" AND -id = b".into(),
        order_by: "name desc".into(),
        page_size: 2,
        read_mask: Some(FieldMask {
            paths: vec!["id".into()],
        }),
        ..ListNodesRequest::default()
    };
    let first = client.list_nodes(request.clone()).await.unwrap();
    let first = first.into_inner();
    let only = |id: &str| Node {
        id: id.into(),
        ..Node::default()
    };
    assert_eq!(first.nodes, [only("d"), only("c")]);
    request.page_token = first.next_page_token;
    let second = client.list_nodes(request).await.unwrap().into_inner();
    assert_eq!(second.nodes, [only("a")]);
    assert_eq!(second.next_page_token, "");
}

#[tokio::test]
async fn a_schema_goes_there_and_back_and_is_kept_to() {
    let service = Service::start().await;
    let mut client = service.client();
    let kinds = [
        ValueType::Unspecified,
        ValueType::String,
        ValueType::Int,
        ValueType::Double,
        ValueType::Bool,
        ValueType::Timestamp,
    ];
    let properties = kinds.map(|kind| PropertyType {
        name: format!("p{}", i32::from(kind)),
        value_type: kind.into(),
        required: kind == ValueType::Int,
        unique: kind == ValueType::String,
    });
    let schema = Schema {
        node_types: vec![NodeType {
            name: "T".into(),
            properties: properties.into(),
            closed: true,
        }],
        edge_types: vec![EdgeType {
            name: "E".into(),
            from_types: vec!["T".into()],
            to_types: vec!["U".into()],
            properties: vec![],
        }],
        etag: String::new(),
    };
    let request = UpdateSchemaRequest {
        schema: Some(schema.clone()),
        validate_only: false,
    };
    let updated = client.update_schema(request).await.unwrap().into_inner();
    let got = client.get_schema(GetSchemaRequest {}).await.unwrap();
    let got = got.into_inner().schema.unwrap();
    assert_eq!(updated.schema.as_ref(), Some(&got));
    assert!(!got.etag.is_empty());
    assert_eq!(
        Schema {
            etag: String::new(),
            ..got
        },
        schema
    );
    let refused = client
        .apply_mutations(apply([Change::PutNode(node("a"))]))
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn a_walk_comes_level_by_level_with_a_summary_at_the_end() {
    let service = Service::start().await;
    service.draw("a>b b>c c>d a>c").await;
    let request = TraverseRequest {
        start: vec!["a".into()],
        max_depth: 2,
        ..TraverseRequest::default()
    };
    let answer = service.client().traverse(request).await.unwrap();
    let parts: Vec<_> = answer.into_inner().map(Result::unwrap).collect().await;
    let shown: Vec<_> = parts
        .iter()
        .map(|part| {
            let ids: String = part.nodes.iter().map(|node| node.id.as_str()).collect();
            (part.level, ids, part.edges.clone())
        })
        .collect();
    let expected = [
        (0, "a".to_owned(), vec![]),
        (1, "bc".to_owned(), vec![edge("a", "b"), edge("a", "c")]),
        (2, "d".to_owned(), vec![edge("b", "c"), edge("c", "d")]),
        (2, String::new(), vec![]),
    ];
    assert_eq!(shown, expected);
    let summary = TraverseSummary {
        node_count: 4,
        edge_count: 4,
        levels: 3,
        ..TraverseSummary::default()
    };
    assert_eq!(parts[3].summary, Some(summary));
    assert!(parts[..3].iter().all(|part| part.summary.is_none()));
}

#[tokio::test]
async fn a_search_pages_through_ranked_hits_with_highlights() {
    let service = Service::start().await;
    service.draw("a>b c>d").await;
    let mut request = SearchNodesRequest {
        query: "name a".into(),
        ..SearchNodesRequest::default()
    };
    let page = service
        .client()
        .search_nodes(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(page.hits.len(), 1);
    let shown: Vec<_> = page.hits[0]
        .highlights
        .iter()
        .map(|it| (&*it.property, &*it.snippet))
        .collect();
    assert_eq!(shown, [("id", "a"), ("name", "name of a")]);
    let ranges: Vec<_> = page.hits[0].highlights[1]
        .ranges
        .iter()
        .map(|range| (range.start, range.end))
        .collect();
    assert_eq!(ranges, [(0, 4), (8, 9)]);

    request.query = "name".into();
    request.page_size = 3;
    let first = service
        .client()
        .search_nodes(request.clone())
        .await
        .unwrap()
        .into_inner();
    request.page_token = first.next_page_token;
    let second = service
        .client()
        .search_nodes(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((first.hits.len(), second.hits.len()), (3, 1));
    assert_eq!(second.next_page_token, "");
}

#[tokio::test]
async fn a_path_is_an_answer_and_so_is_none() {
    let service = Service::start().await;
    service.draw("a>b b>c").await;
    let mut request = FindPathRequest {
        from: "c".into(),
        to: "a".into(),
        direction: Direction::In.into(),
        ..FindPathRequest::default()
    };
    let path = service
        .client()
        .find_path(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert!(path.found);
    let ids: Vec<_> = path.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!(ids, ["c", "b", "a"]);
    assert_eq!(path.edges, [edge("b", "c"), edge("a", "b")]);
    request.direction = Direction::Out.into();
    let none = service
        .client()
        .find_path(request)
        .await
        .unwrap()
        .into_inner();
    assert!(!none.found && none.nodes.is_empty() && none.edges.is_empty());
}

#[tokio::test]
async fn mutations_with_a_key_are_replayed() {
    let service = Service::start().await;
    let request = ApplyMutationsRequest {
        idempotency_key: "key".into(),
        ..apply([Change::PutNode(node("a"))])
    };
    let first = service
        .client()
        .apply_mutations(request.clone())
        .await
        .unwrap()
        .into_inner();
    let again = service
        .client()
        .apply_mutations(request)
        .await
        .unwrap()
        .into_inner();
    assert!(first.results[0].changed && !first.replayed && again.replayed);
    assert_eq!(first.results, again.results);
}

#[tokio::test]
async fn stats_count_by_type() {
    let service = Service::start().await;
    service.draw("a>b b>a b>b").await;
    let stats = service
        .client()
        .get_stats(GetStatsRequest {})
        .await
        .unwrap()
        .into_inner();
    let of = |name: &str, count| TypeCount {
        r#type: name.into(),
        count,
    };
    assert_eq!((stats.node_count, stats.edge_count), (2, 3));
    assert_eq!(
        (stats.node_types, stats.edge_types),
        (vec![of("T", 2)], vec![of("E", 3)])
    );
}
