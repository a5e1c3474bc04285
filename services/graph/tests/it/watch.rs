//! WatchChanges: what was committed, in order, from now or from a token.

use std::time::Duration;

use throughline_api::graph::v1::{
    WatchChangesRequest, WatchChangesResponse, change, mutation::Change,
};
use throughline_graph::{Limits, WriteToken};
use throughline_graph_store::{
    GraphStore as _, PlainRunner, ReadChanges, SqliteOptions, SqliteStore,
};
use tokio_stream::StreamExt as _;
use tonic::{Code, Streaming};

use crate::{
    errors::{invalid, is, shown},
    harness::{Service, TOKEN, apply, node},
};

async fn watch(service: &Service, resume_token: &str) -> Streaming<WatchChangesResponse> {
    let request = WatchChangesRequest {
        resume_token: resume_token.into(),
        ..WatchChangesRequest::default()
    };
    service
        .client()
        .watch_changes(request)
        .await
        .unwrap()
        .into_inner()
}

async fn next(changes: &mut Streaming<WatchChangesResponse>) -> WatchChangesResponse {
    changes.next().await.unwrap().unwrap()
}

fn short(message: &WatchChangesResponse) -> String {
    let changes = message
        .changes
        .iter()
        .map(|it| match it.change.as_ref().unwrap() {
            change::Change::NodePut(node) => format!("+{}", node.id),
            change::Change::NodeDeleted(id) => format!("-{id}"),
            change::Change::EdgePut(edge) => format!("+{}>{}", edge.from, edge.to),
            change::Change::EdgeDeleted(edge) => format!("-{}>{}", edge.from, edge.to),
        });
    changes.collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn changes_come_as_they_are_committed() {
    let service = Service::start().await;
    service.draw("a>b").await;
    let mut changes = watch(&service, "").await;
    let begin = next(&mut changes).await;
    assert!(begin.changes.is_empty() && begin.commit_time.is_none());
    service.draw("b>c").await;
    let first = next(&mut changes).await;
    assert_eq!(short(&first), "+c +b>c");
    assert!(first.commit_time.is_some());
    let delete = apply([Change::DeleteNode("a".into())]);
    service.client().apply_mutations(delete).await.unwrap();
    assert_eq!(short(&next(&mut changes).await), "-a");

    // Another one goes on where this one was, and where it began.
    let mut again = watch(&service, &first.resume_token).await;
    assert_eq!(next(&mut again).await.resume_token, first.resume_token);
    assert_eq!(short(&next(&mut again).await), "-a");
    let mut again = watch(&service, &begin.resume_token).await;
    next(&mut again).await;
    assert_eq!(short(&next(&mut again).await), "+c +b>c");
    assert_eq!(short(&next(&mut again).await), "-a");
}

#[tokio::test]
async fn a_token_outlives_the_process_and_is_good_for_its_graph_alone() {
    let (one, other) = (Service::start().await, Service::start().await);
    let token = next(&mut watch(&one, "").await).await.resume_token;
    let request = WatchChangesRequest {
        resume_token: token.clone(),
        ..WatchChangesRequest::default()
    };
    assert_eq!(
        shown(other.client().watch_changes(request).await),
        invalid("resume_token")
    );
    one.draw("a>b").await;
    let file = one.folder.path().join("graph.db");
    let store = SqliteStore::open(&file, SqliteOptions::default(), PlainRunner).unwrap();
    let request = ReadChanges {
        resume_token: token,
        ..ReadChanges::default()
    };
    let part = store.read_changes(request).await.unwrap();
    assert_eq!(part.changes.len(), 3);
}

#[tokio::test]
async fn silence_is_broken_by_heartbeats() {
    let limits = Limits {
        heartbeat: Duration::from_millis(5),
        ..Limits::default()
    };
    let token = WriteToken::new(TOKEN);
    let service = Service::within(limits, token, SqliteOptions::default()).await;
    let mut changes = watch(&service, "").await;
    let begin = next(&mut changes).await;
    for _ in 0..3 {
        let heartbeat = next(&mut changes).await;
        assert!(heartbeat.changes.is_empty());
        assert_eq!(heartbeat.resume_token, begin.resume_token);
    }
}

#[tokio::test]
async fn a_token_that_is_too_old_is_out_of_range() {
    let mut options = SqliteOptions::default();
    options.limits.feed_changes = 2;
    let service = Service::with(WriteToken::new(TOKEN), options).await;
    let token = next(&mut watch(&service, "").await).await.resume_token;
    for id in ["a", "b", "c"] {
        let put = apply([Change::PutNode(node(id))]);
        service.client().apply_mutations(put).await.unwrap();
    }
    let request = WatchChangesRequest {
        resume_token: token,
        ..WatchChangesRequest::default()
    };
    let old = is(Code::OutOfRange, "FEED_TRIMMED", "resume_token");
    assert_eq!(shown(service.client().watch_changes(request).await), old);
}

#[tokio::test]
async fn a_reader_that_is_too_slow_is_told_so_and_can_go_on() {
    let limits = Limits {
        watch_lag: 3,
        ..Limits::default()
    };
    let token = WriteToken::new(TOKEN);
    let service = Service::within(limits, token, SqliteOptions::default()).await;
    let mut changes = watch(&service, "").await;
    let mut last = next(&mut changes).await.resume_token;
    // More than the connection takes up while nobody reads.
    let text = "x".repeat(400_000);
    for n in 0..60 {
        let mut large = node(&format!("n{n}"));
        let kind = throughline_api::graph::v1::value::Kind::StringValue(text.clone());
        large.properties.get_mut("name").unwrap().kind = Some(kind);
        let put = apply([Change::PutNode(large)]);
        service.client().apply_mutations(put).await.unwrap();
    }
    let mut seen = 0;
    let status = loop {
        match changes.next().await.unwrap() {
            Ok(message) => {
                seen += message.changes.len();
                last = message.resume_token;
            }
            Err(status) => break status,
        }
    };
    let slow = is(Code::ResourceExhausted, "WATCH_BEHIND", "watch_lag");
    assert_eq!(shown::<()>(Err(status)), slow);
    assert!(seen < 60);
    let mut changes = watch(&service, &last).await;
    next(&mut changes).await;
    while seen < 60 {
        let message = next(&mut changes).await;
        assert_eq!(short(&message), format!("+n{seen}"));
        seen += message.changes.len();
    }
}

#[tokio::test]
async fn a_reader_that_keeps_up_may_watch_for_ever() {
    const LAG: usize = 3;
    let limits = Limits {
        watch_lag: LAG,
        ..Limits::default()
    };
    let token = WriteToken::new(TOKEN);
    let service = Service::within(limits, token, SqliteOptions::default()).await;
    let mut changes = watch(&service, "").await;
    next(&mut changes).await;
    for n in 0..3 * LAG {
        let put = apply([Change::PutNode(node(&format!("n{n}")))]);
        service.client().apply_mutations(put).await.unwrap();
        assert_eq!(short(&next(&mut changes).await), format!("+n{n}"));
    }
}

#[tokio::test]
async fn fields_are_named() {
    let service = Service::start().await;
    let request = |token: &str, of: &str| WatchChangesRequest {
        resume_token: token.into(),
        node_types: of.split(',').map(str::to_owned).collect(),
    };
    let mut client = service.client();
    assert_eq!(
        shown(client.watch_changes(request("x", "T")).await),
        invalid("resume_token")
    );
    assert_eq!(
        shown(client.watch_changes(request("", "T,1")).await),
        invalid("node_types[1]")
    );
}
