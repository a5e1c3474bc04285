//! ExportGraph: a snapshot in parts, resumable for a while.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use throughline_api::graph::v1::{ExportGraphRequest, ExportGraphResponse, mutation::Change};
use throughline_graph::WriteToken;
use throughline_graph_store::SqliteOptions;
use tokio_stream::StreamExt as _;
use tonic::{Code, Status};

use crate::{
    errors::{invalid, is, shown},
    harness::{Service, TOKEN, apply, edge, node},
};

async fn service(part: usize, now: fn() -> SystemTime) -> Service {
    let mut options = SqliteOptions::default();
    options.limits.export_part = part;
    options.now = now;
    Service::with(WriteToken::new(TOKEN), options).await
}

async fn export(
    service: &Service,
    request: ExportGraphRequest,
) -> Result<Vec<ExportGraphResponse>, Status> {
    let parts = service.client().export_graph(request).await?.into_inner();
    parts.collect().await
}

fn after(part: &ExportGraphResponse) -> ExportGraphRequest {
    ExportGraphRequest {
        resume_token: part.resume_token.clone(),
        ..ExportGraphRequest::default()
    }
}

/// The ids of the nodes, and the keys of the edges.
fn keys(parts: &[ExportGraphResponse]) -> String {
    let nodes = parts
        .iter()
        .flat_map(|it| &it.nodes)
        .map(|it| it.id.clone());
    let edges = parts.iter().flat_map(|it| &it.edges);
    let edges = edges.map(|it| format!("{}>{}", it.from, it.to));
    nodes.chain(edges).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_snapshot_comes_in_parts_and_can_be_taken_up_again_at_each() {
    let service = service(2, SystemTime::now).await;
    service.draw("a>b b>c c>a").await;
    let parts = export(&service, ExportGraphRequest::default())
        .await
        .unwrap();
    assert_eq!(keys(&parts), "a b c a>b b>c c>a");
    assert_eq!(parts.len(), 3);
    assert_eq!(parts[0].nodes[0].properties, node("a").properties);
    service.draw("d>a").await;
    let delete = apply([Change::DeleteNode("c".into())]);
    service.client().apply_mutations(delete).await.unwrap();
    for at in 0..3 {
        let rest = export(&service, after(&parts[at])).await.unwrap();
        assert_eq!(keys(&rest), keys(&parts[at + 1..]), "{at}");
    }
    let now = export(&service, ExportGraphRequest::default())
        .await
        .unwrap();
    assert_eq!(keys(&now), "a b d a>b d>a");
}

#[tokio::test]
async fn writes_go_on_while_a_snapshot_is_read() {
    let service = service(1, SystemTime::now).await;
    service.draw("a>b").await;
    let request = ExportGraphRequest::default();
    let mut parts = service
        .client()
        .export_graph(request)
        .await
        .unwrap()
        .into_inner();
    let first = parts.next().await.unwrap().unwrap();
    service.draw("b>c").await;
    let rest: Vec<_> = parts.map(Result::unwrap).collect().await;
    assert_eq!(keys(&[vec![first], rest].concat()), "a b a>b");
}

static CLOCK: AtomicU64 = AtomicU64::new(1_000_000);

fn clock() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(CLOCK.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_snapshot_that_has_gone_is_a_failed_precondition() {
    let service = service(1, clock).await;
    service.draw("a>b").await;
    let parts = export(&service, ExportGraphRequest::default())
        .await
        .unwrap();
    CLOCK.fetch_add(59, Ordering::Relaxed);
    export(&service, after(&parts[0])).await.unwrap();
    CLOCK.fetch_add(60, Ordering::Relaxed);
    let gone = service.client().export_graph(after(&parts[0])).await;
    let expected = is(Code::FailedPrecondition, "SNAPSHOT_GONE", "resume_token");
    assert_eq!(shown(gone), expected);
}

#[tokio::test]
async fn one_that_is_read_all_the_time_goes_after_an_hour_and_the_oldest_where_there_are_many() {
    static NOW: AtomicU64 = AtomicU64::new(1_000_000);
    let now = || SystemTime::UNIX_EPOCH + Duration::from_secs(NOW.load(Ordering::Relaxed));
    let service = service(1, now).await;
    service.draw("a>b").await;
    let parts = export(&service, ExportGraphRequest::default())
        .await
        .unwrap();
    for _ in 0..71 {
        NOW.fetch_add(50, Ordering::Relaxed);
        export(&service, after(&parts[0])).await.unwrap();
    }
    NOW.fetch_add(50, Ordering::Relaxed);
    assert_eq!(
        export(&service, after(&parts[0])).await.unwrap_err().code(),
        Code::FailedPrecondition
    );

    let oldest = export(&service, ExportGraphRequest::default())
        .await
        .unwrap();
    NOW.fetch_add(1, Ordering::Relaxed);
    for _ in 0..8 {
        export(&service, ExportGraphRequest::default())
            .await
            .unwrap();
    }
    assert_eq!(
        export(&service, after(&oldest[0]))
            .await
            .unwrap_err()
            .code(),
        Code::FailedPrecondition
    );
}

#[tokio::test]
async fn fields_are_named() {
    let service = service(1, SystemTime::now).await;
    let mut client = service.client();
    let request = ExportGraphRequest {
        resume_token: "x".into(),
        ..ExportGraphRequest::default()
    };
    assert_eq!(
        shown(client.export_graph(request).await),
        invalid("resume_token")
    );
    let request = ExportGraphRequest {
        node_types: vec!["no type".into()],
        ..ExportGraphRequest::default()
    };
    assert_eq!(
        shown(client.export_graph(request).await),
        invalid("node_types[0]")
    );
    let request = ExportGraphRequest {
        edge_types: vec![String::new()],
        ..ExportGraphRequest::default()
    };
    assert_eq!(
        shown(client.export_graph(request).await),
        invalid("edge_types[0]")
    );
    service
        .client()
        .apply_mutations(apply([
            Change::PutNode(node("a")),
            Change::PutEdge(edge("a", "a")),
        ]))
        .await
        .unwrap();
    let parts = export(&service, ExportGraphRequest::default())
        .await
        .unwrap();
    let other = ExportGraphRequest {
        node_types: vec!["T".into()],
        ..after(&parts[0])
    };
    assert_eq!(
        shown(client.export_graph(other).await),
        invalid("resume_token")
    );
}
