//! ImportGraph: batch by batch, resumable.

use throughline_api::graph::v1::{GetStatsRequest, ImportGraphRequest, ImportGraphResponse, Node};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::harness::{Service, edge, node};

fn batch(sequence: i64, nodes: &[&str], edges: &[(&str, &str)]) -> ImportGraphRequest {
    ImportGraphRequest {
        sequence,
        nodes: nodes.iter().map(|id| node(id)).collect(),
        edges: edges.iter().map(|(from, to)| edge(from, to)).collect(),
        import_id: String::new(),
    }
}

async fn import(
    service: &Service,
    batches: Vec<ImportGraphRequest>,
) -> Result<ImportGraphResponse, Status> {
    let stream = tokio_stream::iter(batches);
    Ok(service.client().import_graph(stream).await?.into_inner())
}

async fn counts(service: &Service) -> (i64, i64) {
    let stats = service
        .client()
        .get_stats(GetStatsRequest {})
        .await
        .unwrap()
        .into_inner();
    (stats.node_count, stats.edge_count)
}

#[tokio::test]
async fn batches_are_committed_one_by_one() {
    let service = Service::start().await;
    let batches = vec![
        batch(1, &["a", "b"], &[("a", "b")]),
        batch(2, &["c"], &[("a", "c"), ("c", "b")]),
        batch(3, &[], &[]),
    ];
    let done = import(&service, batches).await.unwrap();
    let expected = ImportGraphResponse {
        batch_count: 3,
        node_count: 3,
        edge_count: 3,
        last_sequence: 3,
    };
    assert_eq!(done, expected);
    assert_eq!(counts(&service).await, (3, 3));
    assert_eq!(
        import(&service, vec![]).await.unwrap(),
        ImportGraphResponse::default()
    );
}

#[tokio::test]
async fn an_error_names_the_batch_to_resume_at() {
    let service = Service::start().await;
    let bad_node = ImportGraphRequest {
        nodes: vec![node("x"), Node::default()],
        ..batch(2, &[], &[])
    };
    for (second, code, named) in [
        (bad_node, Code::InvalidArgument, "nodes[1].id"),
        (
            batch(2, &["x"], &[("a", "gone")]),
            Code::FailedPrecondition,
            "edges[0]",
        ),
        (batch(3, &["x"], &[]), Code::InvalidArgument, "sequence"),
    ] {
        let batches = vec![batch(1, &["a"], &[]), second, batch(3, &["y"], &[])];
        let status = import(&service, batches).await.unwrap_err();
        assert_eq!(status.code(), code);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().metadata["sequence"], "2");
        let field = details
            .bad_request()
            .map(|it| it.field_violations[0].field.clone());
        let subject = details
            .precondition_failure()
            .map(|it| it.violations[0].subject.clone());
        assert_eq!(field.or(subject).as_deref(), Some(named));
        assert!(status.message().starts_with("batch 2: "), "{status:?}");
        assert_eq!(counts(&service).await, (1, 0));
    }
    import(
        &service,
        vec![batch(2, &["b"], &[("a", "b")]), batch(3, &["c"], &[])],
    )
    .await
    .unwrap();
    assert_eq!(counts(&service).await, (3, 1));
    for first in [0, -1, i64::MIN] {
        let status = import(&service, vec![batch(first, &["z"], &[])])
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{first}");
    }
}

#[tokio::test]
async fn a_batch_is_on_disk_before_the_next_is_asked_for() {
    let service = Service::start().await;
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let mut client = service.client();
    let stream = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let importing =
        throughline_service_kit::spawn(async move { client.import_graph(stream).await });
    for n in 1..=3 {
        sender.send(batch(n, &[&n.to_string()], &[])).await.unwrap();
        // No answer yet, but the batch is there for everybody.
        while counts(&service).await.0 < n {
            tokio::task::yield_now().await;
        }
    }
    drop(sender);
    assert_eq!(
        importing.await.unwrap().unwrap().into_inner().batch_count,
        3
    );
}

/// One node, named as the batch's number, of the import `import_id`.
fn named(import_id: &str, sequence: i64) -> ImportGraphRequest {
    ImportGraphRequest {
        import_id: import_id.into(),
        ..batch(sequence, &[&sequence.to_string()], &[])
    }
}

/// How far an import has come, as one asks who knows no more than its name.
async fn last(service: &Service, import_id: &str) -> i64 {
    let asks = ImportGraphRequest {
        import_id: import_id.into(),
        ..ImportGraphRequest::default()
    };
    import(service, vec![asks]).await.unwrap().last_sequence
}

#[tokio::test]
async fn an_import_goes_on_by_its_name() {
    let service = Service::start().await;
    assert_eq!(last(&service, "x").await, 0);
    let done = import(&service, vec![named("x", 1), named("", 2)]).await;
    assert_eq!(done.unwrap().last_sequence, 2);
    assert_eq!(last(&service, "x").await, 2);
    assert_eq!(last(&service, "y").await, 0);
    // One too many, one again, one of an import of which nothing is known.
    for (batch, due) in [
        (named("x", 4), "3"),
        (named("x", 2), "3"),
        (named("y", 3), "1"),
    ] {
        let status = import(&service, vec![batch]).await.unwrap_err();
        assert_eq!(status.code(), Code::Aborted, "{status:?}");
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!(
            (&*info.reason, &*info.metadata["sequence"]),
            ("IMPORT_SEQUENCE", due)
        );
    }
    let mixed = vec![named("x", 3), named("y", 4)];
    let status = import(&service, mixed).await.unwrap_err();
    let details = status.get_error_details();
    let violation = &details.bad_request().unwrap().field_violations[0];
    assert_eq!(
        (status.code(), &*violation.field),
        (Code::InvalidArgument, "import_id")
    );
    assert_eq!(
        (last(&service, "x").await, counts(&service).await.0),
        (3, 3)
    );
    let long = "x".repeat(129);
    let status = import(&service, vec![named(&long, 1)]).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}
