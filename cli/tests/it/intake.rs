//! `trace intake`: a broken envelope and a client's report show in the counts.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::servers::{RunningInspector, nobody};
use crate::trace::trace;

/// Sends `body` as an SDK would, and waits for the answer.
async fn post(inspector: &RunningInspector, body: &str) {
    let address = inspector.inspector.local_addr();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST /api/1/envelope/?sentry_key=web HTTP/1.1\r\nhost: {address}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_in_broken_or_not_is_counted() {
    let inspector = RunningInspector::start().await;
    let url = inspector.url();
    let said = trace(&url, "intake").run().await.exits(0);
    let said = said.prints("0 envelopes");
    assert!(!said.stdout.contains("COULD NOT BE READ"), "{said:?}");

    post(&inspector, "{}\n{\"type\":\"transaction\"}\nno JSON\n").await;
    let report = r#"{"timestamp":1,"discarded_events":[{"reason":"queue_overflow","category":"span","quantity":7}]}"#;
    let report = format!("{{}}\n{{\"type\":\"client_report\"}}\n{report}\n");
    post(&inspector, &report).await;

    let said = trace(&url, "intake").run().await.exits(0);
    let said = said.prints("2 envelopes").prints("client_report      1");
    let said = said.prints("COULD NOT BE READ  COUNT\n");
    said.prints("web      queue_overflow  span          7");
    let said = trace(&url, "intake --json").run().await.exits(0);
    let intake: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(intake["envelopeCount"], "2");
    assert_eq!(intake["problems"][0]["count"], "1");
    assert_eq!(intake["losses"][0]["quantity"], "7");
}

#[tokio::test]
async fn an_inspector_that_is_not_there_is_named() {
    let nobody = nobody();
    let url = nobody.url();
    let said = trace(url, "intake").run().await.exits(1);
    said.says("UNAVAILABLE").says(url);
}
