//! Errors carry the details that the protocol promises.

use std::time::Duration;

use throughline_api::graph::v1::{
    ApplyMutationsRequest, BatchGetNodesRequest, FindPathRequest, GetNodeRequest, ListNodesRequest,
    Mutation, Node, NodeType, Precondition, PropertyType, Schema, SearchNodesRequest,
    TraverseRequest, UpdateSchemaRequest, Value, mutation::Change, precondition::Condition,
};
use throughline_graph::WriteToken;
use throughline_graph_store::{SqliteLimits, SqliteOptions};
use tonic::{Code, Response, Status, Streaming};
use tonic_types::StatusExt as _;

use crate::harness::{Service, TOKEN, apply, edge, node};

/// Code, reason and what the details name.
pub(crate) fn shown<T>(result: Result<Response<T>, Status>) -> (Code, String, String) {
    let status = result.err().expect("an error");
    let details = status.get_error_details();
    let info = details.error_info().expect("every error has an ErrorInfo");
    assert_eq!(info.domain, "throughline.graph.v1");
    assert!(!status.message().is_empty());
    let named = match status.code() {
        Code::InvalidArgument | Code::OutOfRange => details.bad_request().unwrap().field_violations
            [0]
        .field
        .clone(),
        Code::NotFound => details.resource_info().unwrap().resource_name.clone(),
        Code::FailedPrecondition | Code::Aborted => {
            details.precondition_failure().unwrap().violations[0]
                .subject
                .clone()
        }
        Code::ResourceExhausted => details.quota_failure().unwrap().violations[0]
            .subject
            .clone(),
        _ => String::new(),
    };
    (status.code(), info.reason.clone(), named)
}

/// The same of a stream, which may fail on its first message.
async fn first<T>(result: Result<Response<Streaming<T>>, Status>) -> (Code, String, String) {
    match result {
        Err(status) => shown::<T>(Err(status)),
        Ok(stream) => shown(stream.into_inner().message().await.map(Response::new)),
    }
}

pub(crate) fn is(code: Code, reason: &str, named: &str) -> (Code, String, String) {
    (code, reason.to_owned(), named.to_owned())
}

pub(crate) fn invalid(field: &str) -> (Code, String, String) {
    is(Code::InvalidArgument, "INVALID_FIELD", field)
}

#[tokio::test]
async fn fields_are_named() {
    let service = Service::start().await;
    let mut client = service.client();
    let get = |id: &str, max_edges| GetNodeRequest {
        id: id.into(),
        max_edges,
        ..GetNodeRequest::default()
    };
    assert_eq!(shown(client.get_node(get("", 0)).await), invalid("id"));
    assert_eq!(
        shown(client.get_node(get("a", -1)).await),
        invalid("max_edges")
    );
    let read_mask = Some(prost_types::FieldMask {
        paths: vec!["nonsense".into()],
    });
    let masked = GetNodeRequest {
        read_mask,
        ..get("a", 0)
    };
    assert_eq!(shown(client.get_node(masked).await), invalid("read_mask"));

    let batch = |ids: &[&str], path: &str| BatchGetNodesRequest {
        ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        read_mask: Some(prost_types::FieldMask {
            paths: vec![path.into()],
        }),
    };
    assert_eq!(
        shown(client.batch_get_nodes(batch(&["a", ""], "id")).await),
        invalid("ids[1]")
    );
    assert_eq!(
        shown(client.batch_get_nodes(batch(&["a"; 1_001], "id")).await),
        invalid("ids")
    );
    assert_eq!(
        shown(client.batch_get_nodes(batch(&["a"], "x")).await),
        invalid("read_mask")
    );

    let list = |filter: &str, order_by: &str, page_size, page_token: &str| ListNodesRequest {
        filter: filter.into(),
        order_by: order_by.into(),
        page_size,
        page_token: page_token.into(),
        read_mask: None,
    };
    for (request, field) in [
        (list("a.b = 1", "", 0, ""), "filter"),
        (list("p < true", "", 0, ""), "filter"),
        (list(&"(".repeat(9_000), "", 0, ""), "filter"),
        (list("", "name up", 0, ""), "order_by"),
        (list("", "", -1, ""), "page_size"),
        (list("", "", 0, "x"), "page_token"),
    ] {
        assert_eq!(shown(client.list_nodes(request).await), invalid(field));
    }
    let search = |page_size, page_token: &str| SearchNodesRequest {
        query: "x".into(),
        page_size,
        page_token: page_token.into(),
        ..SearchNodesRequest::default()
    };
    assert_eq!(
        shown(client.search_nodes(search(-1, "")).await),
        invalid("page_size")
    );
    assert_eq!(
        shown(client.search_nodes(search(0, "x")).await),
        invalid("page_token")
    );

    let walk = |start: &[&str]| TraverseRequest {
        start: start.iter().map(|id| (*id).to_owned()).collect(),
        ..TraverseRequest::default()
    };
    let kinds = || vec!["T".to_owned(), "no type".to_owned()];
    for (request, field) in [
        (walk(&[]), "start"),
        (walk(&["a"; 101]), "start"),
        (walk(&["a", ""]), "start[1]"),
        (
            TraverseRequest {
                edge_types: kinds(),
                ..walk(&["a"])
            },
            "edge_types[1]",
        ),
        (
            TraverseRequest {
                node_types: kinds(),
                ..walk(&["a"])
            },
            "node_types[1]",
        ),
        (
            TraverseRequest {
                direction: 9,
                ..walk(&["a"])
            },
            "direction",
        ),
        (
            TraverseRequest {
                max_depth: 17,
                ..walk(&["a"])
            },
            "max_depth",
        ),
        (
            TraverseRequest {
                max_depth: -1,
                ..walk(&["a"])
            },
            "max_depth",
        ),
        (
            TraverseRequest {
                max_fan_out: 1_001,
                ..walk(&["a"])
            },
            "max_fan_out",
        ),
        (
            TraverseRequest {
                max_fan_out: -1,
                ..walk(&["a"])
            },
            "max_fan_out",
        ),
        (
            TraverseRequest {
                max_nodes: 100_001,
                ..walk(&["a"])
            },
            "max_nodes",
        ),
        (
            TraverseRequest {
                max_nodes: -1,
                ..walk(&["a"])
            },
            "max_nodes",
        ),
    ] {
        assert_eq!(first(client.traverse(request).await).await, invalid(field));
    }
    let missing = is(Code::NotFound, "NOT_FOUND", "gone");
    assert_eq!(first(client.traverse(walk(&["gone"])).await).await, missing);

    let path = |direction, max_depth| FindPathRequest {
        from: "a".into(),
        to: "b".into(),
        direction,
        max_depth,
        ..FindPathRequest::default()
    };
    assert_eq!(
        shown(client.find_path(path(9, 0)).await),
        invalid("direction")
    );
    assert_eq!(
        shown(client.find_path(path(0, -1)).await),
        invalid("max_depth")
    );
    assert_eq!(
        shown(client.find_path(path(0, 65)).await),
        invalid("max_depth")
    );

    let unset = ApplyMutationsRequest {
        mutations: vec![Mutation::default()],
        ..ApplyMutationsRequest::default()
    };
    assert_eq!(
        shown(client.apply_mutations(unset).await),
        invalid("mutations[0].change")
    );
    let none = Node {
        properties: [("p".into(), Value::default())].into(),
        ..node("a")
    };
    let none = apply([Change::PutNode(node("a")), Change::PutNode(none)]);
    let field = "mutations[1].put_node.properties[\"p\"]";
    assert_eq!(shown(client.apply_mutations(none).await), invalid(field));
}

#[tokio::test]
async fn what_is_missing_or_does_not_hold_is_named() {
    let service = Service::start().await;
    let mut client = service.client();
    service.draw("a>b").await;
    let request = GetNodeRequest {
        id: "gone".into(),
        ..GetNodeRequest::default()
    };
    let missing = is(Code::NotFound, "NOT_FOUND", "gone");
    assert_eq!(shown(client.get_node(request).await), missing);

    let request = apply([
        Change::PutNode(node("a")),
        Change::PutEdge(edge("a", "gone")),
    ]);
    let unmet = is(Code::FailedPrecondition, "PRECONDITION", "mutations[1]");
    assert_eq!(shown(client.apply_mutations(request).await), unmet);

    let mut request = apply([Change::DeleteNode("a".into())]);
    let condition = Some(Condition::Etag("other".into()));
    request.mutations[0].precondition = Some(Precondition { condition });
    let outdated = is(Code::Aborted, "ETAG", "mutations[0]");
    assert_eq!(shown(client.apply_mutations(request).await), outdated);
}

#[tokio::test]
async fn what_would_break_under_a_schema_is_named() {
    let service = Service::start().await;
    let mut client = service.client();
    service.draw("a>b").await;
    let update = |properties: Vec<PropertyType>, etag: &str| UpdateSchemaRequest {
        schema: Some(Schema {
            node_types: vec![NodeType {
                name: "T".into(),
                properties,
                closed: false,
            }],
            edge_types: vec![],
            etag: etag.into(),
        }),
        validate_only: true,
    };
    let property = |value_type| PropertyType {
        name: "more".into(),
        value_type,
        required: true,
        unique: false,
    };
    let status = client.update_schema(update(vec![property(1)], "")).await;
    let status = status.unwrap_err();
    let details = status.get_error_details();
    let violations = &details.precondition_failure().unwrap().violations;
    let subjects: Vec<_> = violations.iter().map(|it| it.subject.as_str()).collect();
    assert_eq!(subjects, [r#"node "a""#, r#"node "b""#]);
    let unfit = is(Code::FailedPrecondition, "SCHEMA", r#"node "a""#);
    assert_eq!(shown::<()>(Err(status)), unfit);

    let outdated = is(Code::Aborted, "ETAG", "schema");
    assert_eq!(
        shown(client.update_schema(update(vec![], "99")).await),
        outdated
    );
    for (request, field) in [
        (UpdateSchemaRequest::default(), "schema"),
        (
            update(vec![property(9)], ""),
            "schema.node_types[0].properties[0].value_type",
        ),
        (
            update(vec![property(1), property(1)], ""),
            "schema.node_types[0].properties[1].name",
        ),
    ] {
        assert_eq!(shown(client.update_schema(request).await), invalid(field));
    }
}

#[tokio::test]
async fn a_bound_that_was_met_is_named() {
    let mut options = SqliteOptions::default();
    options.limits.path_edges = 0;
    let service = Service::with(WriteToken::new(TOKEN), options).await;
    service.draw("a>b").await;
    let request = FindPathRequest {
        from: "a".into(),
        to: "b".into(),
        ..Default::default()
    };
    let exhausted = is(Code::ResourceExhausted, "LIMIT", "path_edges");
    assert_eq!(shown(service.client().find_path(request).await), exhausted);
}

#[tokio::test]
async fn a_locked_store_is_worth_another_call() {
    let sqlite = SqliteLimits {
        busy_timeout: Duration::from_millis(20),
        ..SqliteLimits::default()
    };
    let options = SqliteOptions {
        sqlite,
        ..SqliteOptions::default()
    };
    let service = Service::with(WriteToken::new(TOKEN), options).await;
    let other = rusqlite::Connection::open(service.folder.path().join("graph.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let request = || apply([Change::PutNode(node("a"))]);
    let status = service
        .client()
        .apply_mutations(request())
        .await
        .unwrap_err();
    assert!(
        status.get_error_details().retry_info().is_some(),
        "{status:?}"
    );
    let locked = is(Code::Unavailable, "STORE_LOCKED", "");
    assert_eq!(shown::<()>(Err(status)), locked);
    other.execute_batch("ROLLBACK").unwrap();
    service.client().apply_mutations(request()).await.unwrap();
}
